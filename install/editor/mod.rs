//! The settings editor: `settings.json` as text in, a [`Plan`] of text edits out. No I/O, no clock.
//!
//! Values are never re-serialised. The text is validated and located with `serde_json`'s raw values, which
//! are slices of the text itself, and the edit is a list of [`Splice`](splice::Splice)s between those slices: every byte that
//! is not ours stays, whatever its spelling. A CST library was measured first and is not exact enough:
//! `jsonc-parser` 0.34 with strict options passes raw control characters and white space that the CLI's parser
//! refuses, refuses a byte order mark and lone surrogates that it accepts, and spreads a one-line file over many.
//!
//! What the editor knows of the file's shape is `hooks.EVENT[].hooks[]`. Where a key is written twice, the last
//! one counts, as it does for the CLI; the others are text that nobody reads, and stay.

mod command;
mod compound;
mod container;
mod document;
mod edit;
mod entry;
mod install;
mod mentioned;
mod owned;
mod plan;
mod proof;
mod receipt;
mod refusal;
mod render;
mod settings;
mod shared;
mod splice;
mod style;
mod uninstall;
mod wrapped;

pub use compound::{compound_scripts, scripts};
pub use install::{install, snippet};
pub use mentioned::{Mention, mentions};
pub use owned::DIRECTORY;
pub use plan::{Change, Plan, Registration, Replaced, Request, What, Whose};
pub use receipt::{Receipt, undo};
pub use refusal::Refusal;
pub use shared::shared;
pub use uninstall::{Entry, entries, uninstall};
pub use wrapped::{Wrapped, wrapped};
