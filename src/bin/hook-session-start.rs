//! Handles `SessionStart`: the session waits for the user's first prompt.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::SessionStart);
