//! `SessionStart`: the session waits for its user, and is not ended any more.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals::entry!(session_signals::event::Hook::SessionStart);
