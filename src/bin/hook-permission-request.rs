//! `PermissionRequest`, `Elicitation`: a call waits for the user's word.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals::entry!(session_signals::event::Hook::PermissionRequest);
