//! Helpers that several test crates share: the integration tests, the unit tests of `sessions`, the benches, and the fuzz target.
#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "only tests call these functions, and a panic is how a test fails"
)]

pub mod claude;
pub mod json_oracle;
pub mod nats;
pub mod node;
pub mod sample_size;

use std::path::{Path, PathBuf};

/// Returns the root of the workspace.
fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
