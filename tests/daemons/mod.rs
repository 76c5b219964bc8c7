//! `sessions daemons`: processes that start and end with their session.
//!
//! Only Linux keeps every promise about the end of daemons, so the tests run on Linux only.
#![cfg(target_os = "linux")]

mod command_line;
pub mod daemon_sandbox;
mod environment;
mod example_config;
mod forged_files;
mod hook_events;
mod killed_processes;
mod registration;
mod restart;
mod several_sessions;
mod stubborn_daemons;
