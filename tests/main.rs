//! One integration crate: the real executables, each test in a home directory of its own.

mod bad_input;
mod behaviour;
mod fixtures;
mod install;
#[cfg(freestanding)]
mod planted;
mod privileged;
mod real;
mod sandbox;
