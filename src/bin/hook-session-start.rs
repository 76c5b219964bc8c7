//! `SessionStart`: the session waits for its user, and is not ended any more.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::SessionStart);
