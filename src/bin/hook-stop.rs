//! Handles `Stop` and `StopFailure`: the turn has ended.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::Stop);
