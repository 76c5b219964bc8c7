//! `hooks`: what it does to the settings, and what it never does.

mod command_line;
mod doctor;
mod file_attributes;
mod interrupted_runs;

mod cleanup;
mod concurrent_changes;
mod file_owner;
mod install;
pub mod installation;
mod open_writers;
mod real_claude;
mod refusals;
mod release_versions;
mod replaced_files;
mod replaced_scripts;
mod service;
mod shared_settings;
mod supported_events;
mod uninstall;
mod wrapped_commands;
