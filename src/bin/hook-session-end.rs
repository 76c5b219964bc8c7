//! `SessionEnd`: the session is over.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals::entry!(session_signals::event::Hook::SessionEnd);
