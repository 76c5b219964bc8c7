//! `PostToolUse` and its kin: a call is over, so is its question.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::PostToolUse);
