//! Handles `PreCompact` and `PostCompact`: the session is working on a summary of its conversation.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::Compact);
