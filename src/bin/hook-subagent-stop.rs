//! `SubagentStop`: a subagent is over, so are its questions.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::SubagentStop);
