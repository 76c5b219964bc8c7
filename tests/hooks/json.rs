//! The JSON module of the protocol crate, compared with `serde_json`.

mod cases;
mod digest;
mod items;
mod members;
mod surrogates;
mod texts;
mod values;
mod walker;
