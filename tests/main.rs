//! One integration crate: the real executables, each test in a home directory of its own.

mod behaviour;
mod fixtures;
mod install;
mod sandbox;
