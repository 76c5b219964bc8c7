//! Handles `UserPromptSubmit`: a turn begins.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::UserPromptSubmit);
