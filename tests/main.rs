//! The integration tests: they run the real executables, each test in a home directory of its own.
//!
//! One crate holds all of them, so that they are linked once. `tests/README.md` says what is where.

mod daemons;
mod docs;
mod generate;
mod hooks;
mod install;
#[cfg(feature = "nats")]
mod machines;
mod packages;
mod real_cli;
#[cfg(freestanding)]
mod release;
mod sandbox;
mod serve;
mod sessions;
#[cfg(freestanding)]
mod strace;
mod workspace;
#[cfg(target_os = "linux")]
mod wsl;
