//! What an installation puts into folders of the user that other programs use, too: links to `sessions` and `hooks` on the search
//! path, completions of the shells, and man pages.
//!
//! A file of somebody else in such a folder is never replaced or removed. The receipt tells which files are ours.

mod completions;
mod content_mark;
mod faults;
mod file_content;
mod file_state;
mod laid_file;
mod lay;
mod links;
mod notes;
mod remove;
mod user_file;
mod user_file_fault;
mod user_files_choice;
mod user_files_receipt;

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::phrases;
use user_files_receipt::UserFilesReceipt;

pub use faults::find_faults;
pub use lay::{lay_files, needed_programs, plan_files, refuse_folder};
pub use notes::{link_notes, note_on_missing_link, note_on_search_path, notes_on_completions};
pub use remove::{plan_removal, remove_files};
pub use user_file_fault::UserFileFault;
pub use user_files_choice::UserFilesChoice;

/// Returns what the user has chosen in earlier installations.
#[must_use]
pub fn earlier_choice(env: &Environment) -> UserFilesChoice {
    UserFilesReceipt::load(env).choice
}

/// Lists what an installation put into folders of the user, for a message; `None` if it is nothing.
#[must_use]
pub fn list_files(env: &Environment) -> Option<String> {
    let receipt = UserFilesReceipt::load(env);
    (!receipt.files.is_empty()).then(|| list_paths(env, receipt.files.iter().map(|file| &*file.path)))
}

/// Returns the folders in which a killed run may have left temporary files.
#[must_use]
pub fn written_folders(env: &Environment) -> Vec<PathBuf> {
    folders_of_files(&UserFilesReceipt::load(env))
}

/// Returns the folders of the files that are no links. A link is made in one step, without a temporary file.
fn folders_of_files(receipt: &UserFilesReceipt) -> Vec<PathBuf> {
    let files = receipt.files.iter().filter(|file| !file.content.is_link());
    let mut folders: Vec<PathBuf> = files.filter_map(|file| file.path.parent()).map(Path::to_owned).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Returns the files and the folders that an installation made. A folder comes before what is in it.
#[must_use]
pub fn laid_paths(env: &Environment) -> Vec<PathBuf> {
    let receipt = UserFilesReceipt::load(env);
    receipt.folders.into_iter().chain(receipt.files.into_iter().map(|file| file.path)).collect()
}

/// Returns the executables to which the links lead.
#[must_use]
pub fn linked_executables(env: &Environment) -> Vec<PathBuf> {
    let receipt = UserFilesReceipt::load(env);
    let links = links::plan_links(env, &receipt.choice, &receipt).links;
    let laid = links.iter().filter(|link| receipt.names(&link.path, &link.content.mark()));
    laid.filter_map(|link| Some(env.executables_dir().join(link.path.file_name()?))).collect()
}

/// Lists paths for a message: the first two, and how many more there are.
fn list_paths<'a>(env: &Environment, paths: impl Iterator<Item = &'a Path>) -> String {
    let names: Vec<String> = paths.map(|path| env.short_path(path)).collect();
    phrases::list_some(names.iter().map(String::as_str))
}
