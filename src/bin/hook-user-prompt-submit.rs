//! `UserPromptSubmit`: a turn begins.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals::entry!(session_signals::event::Hook::UserPromptSubmit);
