//! JSON without an allocator.
//!
//! Use [`Walker`] when text arrives in pieces and its end must be found. Use [`items`] on text that a walker has accepted.
//! Both return raw bytes: a number keeps its spelling, and a string keeps its escapes.

mod digest;
mod items;
mod surrogates;
mod text;
mod walker;
mod words;

pub use digest::digest;
pub use items::{Item, Items, items, last_member};
pub use surrogates::replace_lone_surrogates;
pub use text::{DecodedAscii, decode_ascii, spells, unquote};
pub use walker::{JsonError, MAX_DEPTH, Role, Walker};
