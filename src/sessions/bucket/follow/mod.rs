//! Reads what other machines publish in the bucket: `sessions --from` and `sessions serve --from`.
//!
//! The reader alone decides whether a machine can be reached. It counts by the clock of the server, as it was when the reading
//! began, and from then on by how much time has passed here.

mod bucket_follower;
mod bucket_reader;
mod followed_hosts;
#[cfg(test)]
mod tests;

pub use bucket_follower::{follow_bucket, read_bucket};
