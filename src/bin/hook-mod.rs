//! Handles what the module of the plugin tells, which no hook of `settings.json` can know.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::Mod);
