//! The eight hook executables.

mod ancestors;
#[cfg(freestanding)]
mod artefact;
mod bad_input;
mod behaviour;
#[cfg(freestanding)]
mod faults;
mod fixtures;
mod json;
#[cfg(freestanding)]
mod planted;
mod privileged;
mod races;
mod remnants;
mod signal_format;
