//! Handles `SubagentStop`: a subagent has ended, so its calls no longer wait.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::SubagentStop);
