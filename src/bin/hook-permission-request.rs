//! Handles `PermissionRequest` and `Elicitation`: a call waits for the user's decision.
#![cfg_attr(freestanding, no_std, no_main)]

session_signals_protocol::entry!(session_signals_protocol::Hook::PermissionRequest);
