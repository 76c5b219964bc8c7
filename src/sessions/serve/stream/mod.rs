//! `/sessions`: the read side of the Durable Streams protocol, in JSON mode.

mod answer;
pub mod batch_text;
pub mod cursor;
mod handler;
pub mod offset;
mod sse;

pub use handler::read_stream;
