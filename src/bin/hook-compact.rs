//! `PreCompact`, `PostCompact`: the session works on its own summary.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals::entry!(session_signals::event::Hook::Compact);
