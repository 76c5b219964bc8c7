//! One integration crate: the real executables, each test in a home directory of its own.

mod bad_input;
mod behaviour;
mod fixtures;
mod json;
#[cfg(freestanding)]
mod planted;
mod privileged;
mod sandbox;
mod sessions;
