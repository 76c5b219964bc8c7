//! Tests of the hook executables and of the protocol crate.

mod ancestors;
#[cfg(freestanding)]
mod artefact;
mod bad_input;
mod calls;
#[cfg(freestanding)]
mod faults;
mod fixtures;
mod json;
mod late_events;
mod leftovers;
mod module;
mod payload_text;
#[cfg(freestanding)]
mod planted;
mod privileged;
mod races;
mod signal_directory;
mod signal_format;
pub mod steps;
mod turns;
