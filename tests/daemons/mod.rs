//! `sessions daemons`: companions that live and die with their session.
//!
//! What ends with a guard, whatever it does, needs Linux.
#![cfg(target_os = "linux")]

mod command;
mod death;
mod environment;
mod examples;
mod hooks;
mod install;
mod naughty;
mod restart;
mod sets;
mod strangers;
mod world;
