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

mod compound_commands;
mod container;
mod document;
mod edit_check;
mod edit_plan;
mod edit_receipt;
mod edit_refusal;
mod json_value;
mod kept_entries;
mod mentions;
mod ownership;
mod parsed_settings;
mod plan_install;
mod plan_uninstall;
mod settings_edit;
mod shared_command;
mod shell_command;
mod splice;
#[cfg(test)]
mod tests;
mod text_style;
mod wrapped_commands;

pub use compound_commands::{compound_scripts, find_scripts};
pub use edit_plan::{ChangeKind, EditPlan, HookChange, HookOwner, InstallRequest, Registration, ReplacedScript};
pub use edit_receipt::{EditReceipt, undo_edit};
pub use edit_refusal::EditRefusal;
pub use mentions::{Mention, find_mentions};
pub use ownership::DIRECTORY;
pub use plan_install::{plan_install, settings_snippet};
pub use plan_uninstall::{OwnEntry, own_entries, plan_uninstall};
pub use shared_command::shared_command;
pub use wrapped_commands::{WrappedCommand, find_wrapped};
