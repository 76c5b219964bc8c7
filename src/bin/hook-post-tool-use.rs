//! Handles `PostToolUse` and the other events that end a call: the call no longer waits.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::PostToolUse);
