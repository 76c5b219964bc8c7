//! `sessions serve --publish`: keeps what the bucket has of this machine as its sessions are.
//!
//! The model tells [`Publisher`] of each change. `desired_sessions.rs` keeps the newest value of each session, and nothing more: so
//! what is not sent yet is bounded, and sending it twice does no harm. A thread of its own compares that with what the bucket holds
//! (`send_plan.rs`, pure) and sends the difference (`publish_worker.rs`, `value_sender.rs`). To begin, it takes the name of the machine
//! (`host_claim.rs`) and reads the keys of the machine (`held_keys.rs`). After a lost connection it goes on where it was
//! (`publication.rs`).

mod desired_sessions;
mod held_keys;
mod host_claim;
mod publication;
mod publish_trouble;
mod publish_worker;
mod publisher;
mod send_plan;
mod value_sender;

pub use publisher::Publisher;
