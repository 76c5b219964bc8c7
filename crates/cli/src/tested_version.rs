//! The versions of Claude Code that session-signals was tested with.

/// The newest version of Claude Code that the tests in `tests/real_cli` were run against. `.ci/canary` reports when npm has a
/// newer one. A test compares this constant with the versions that those tests run.
pub const NEWEST_TESTED_CLI: &str = "2.1.330";
