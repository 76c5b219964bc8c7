//! The settings editor. It takes the bytes of a `settings.json` and returns an [`EditPlan`]: the text before and after
//! the edit, and what happens to each hook. It reads no files, no clock and no environment, and writes nothing.
//!
//! # What is an edit?
//!
//! A list of [`Splice`](splice::Splice)s: at this offset, these bytes are taken out and those are put in. JSON values
//! are never written anew from a parsed form. The text is parsed with `serde_json`'s raw values, which are slices of
//! the text, and the splices are placed between these slices. So every byte outside the splices stays, however it is
//! spelled.
//!
//! # Which bytes may change?
//!
//! - The hooks under `hooks.EVENT[].hooks[]` that start one of our executables ([`ownership`]).
//! - The hooks that run a session dashboard's script which our executables replace ([`dashboard_scripts`]).
//! - The commas and the white space next to these hooks.
//! - Groups, events and `hooks` that have no hook left, or that are added for a new hook.
//!
//! If a key is written twice, the last one counts, as it does for the CLI. The other one is text that nobody reads, and
//! it stays.
//!
//! # What proves it?
//!
//! [`edit_check`] compares the text before with the text after, independently of the code that made the splices. A plan
//! that does not pass is refused, and nothing is written.
//!
//! # How is an uninstallation exact?
//!
//! An installation keeps an [`EditReceipt`]: its splices, and the SHA-256 of the text it left. If the settings still
//! have that hash, [`undo_edit`] applies the inverse splices, and the original comes back byte for byte. If somebody
//! has changed the settings since, [`plan_uninstall`](plan_uninstall()) removes our entries and leaves everything else.
//!
//! # Why not a library?
//!
//! The concrete syntax tree of `jsonc-parser` 0.34 was measured first, with its strict options. It accepts raw control
//! characters and white space that the CLI's parser refuses. It refuses a byte order mark and half surrogate pairs that
//! the CLI's parser accepts. It spreads a file of one line over many lines.

mod command_line;
mod container;
mod dashboard_scripts;
mod document;
mod edit_check;
mod edit_plan;
mod edit_receipt;
mod edit_refusal;
mod event_decisions;
mod existing_entries;
mod foreign_parts;
mod install_request;
mod json_value;
mod mentions;
mod own_entries;
mod ownership;
mod parsed_settings;
mod plan_install;
mod plan_uninstall;
mod registration;
mod settings_edit;
mod settings_hook;
mod shared_command;
mod shell_command;
mod shell_words;
mod splice;
#[cfg(test)]
mod tests;
mod text_style;
mod wrapped_commands;

pub use dashboard_scripts::{compound_scripts, find_scripts};
pub use edit_plan::{ChangeKind, EditPlan, HookChange, ReplacedScript};
pub use edit_receipt::{EditReceipt, sha256, undo_edit};
pub use edit_refusal::EditRefusal;
pub use install_request::{HookOwner, InstallRequest};
pub use mentions::{Mention, find_mentions};
pub use own_entries::{OwnEntry, own_entries};
pub use ownership::DIRECTORY;
pub use plan_install::{plan_install, settings_snippet};
pub use plan_uninstall::plan_uninstall;
pub use registration::Registration;
pub use shared_command::shared_command;
pub use wrapped_commands::{WrappedCommand, find_wrapped};
