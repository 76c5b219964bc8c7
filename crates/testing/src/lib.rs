//! Helpers that several test crates share: the integration tests, the unit tests of `sessions`, and the fuzz target.

pub mod json_oracle;
pub mod node;
pub mod sample_size;
