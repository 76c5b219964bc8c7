//! One integration crate: the real executables, each test in a home directory of its own.

mod ancestors;
#[cfg(freestanding)]
mod artefact;
mod bad_input;
mod behaviour;
mod daemons;
mod docs;
#[cfg(freestanding)]
mod faults;
mod fixtures;
mod install;
mod json;
#[cfg(freestanding)]
mod planted;
mod privileged;
mod races;
mod real;
#[cfg(freestanding)]
mod release;
mod remnants;
mod sandbox;
mod serve;
mod sessions;
#[cfg(freestanding)]
mod strace;
