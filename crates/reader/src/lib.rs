//! What every Claude Code session is doing.
#![allow(missing_docs)]
pub mod branch;
pub mod evidence;
pub mod heal;
pub mod session;
#[cfg(test)]
mod tests;
pub mod upkeep;
pub mod verdict;
pub mod watcher;
