//! What every Claude Code session is doing.
#![allow(missing_docs)]
pub mod cleanup;
pub mod evidence;
pub mod git_branch;
pub mod repair;
pub mod session;
pub mod session_state;
#[cfg(test)]
mod tests;
pub mod watch;
