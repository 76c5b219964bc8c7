//! The signals of Claude Code sessions: small files that say what every session is doing.
#![cfg_attr(all(freestanding, not(test)), no_std)]

pub mod buffer;
pub mod calls;
pub mod error;
pub mod event;
pub mod hook;
pub mod json;
pub mod payload;
pub mod process;
pub mod spool;
pub mod start;
pub mod sys;
pub mod text;
pub mod time;
