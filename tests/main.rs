//! One integration crate: the real executables, each test in a home directory of its own.

mod daemons;
mod docs;
mod hooks;
mod install;
mod real_cli;
#[cfg(freestanding)]
mod release;
mod sandbox;
mod serve;
mod sessions;
#[cfg(freestanding)]
mod strace;
mod workspace;
