//! Removes the user files.

use std::path::Path;

use super::laid_file::LaidFile;
use super::user_files_receipt::UserFilesReceipt;
use super::{folders_of_files, list_paths};
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{atomic_file, phrases};

/// Returns sentences on what [`remove_files`] would remove, and on what would stay. Changes nothing.
#[must_use]
pub fn plan_removal(env: &Environment) -> Vec<String> {
    let receipt = UserFilesReceipt::load(env);
    let (ours, changed) = split_files(env, &receipt);
    let names: Vec<String> = ours.iter().map(|file| env.short_path(&file.path)).collect();
    let removed = (!names.is_empty())
        .then(|| format!("{} would be removed", phrases::list_all(names.iter().map(String::as_str))));
    changed.into_iter().chain(removed).collect()
}

/// Returns the files that are as an installation put them there, and a sentence on those that somebody changed.
fn split_files<'a>(env: &Environment, receipt: &'a UserFilesReceipt) -> (Vec<&'a LaidFile>, Option<String>) {
    let (ours, others): (Vec<_>, Vec<_>) = receipt.files.iter().partition(|file| file.is_unchanged());
    let is_changed = |path: &&Path| path.symlink_metadata().is_ok() && ours.iter().all(|file| file.path != **path);
    let changed: Vec<&Path> = others.iter().map(|file| &*file.path).filter(is_changed).collect();
    let sentence = (!changed.is_empty()).then(|| {
        let names = list_paths(env, changed.into_iter());
        format!("{names} stays, because somebody else wrote or changed it")
    });
    (ours, sentence)
}

/// Removes what an installation put into folders of the user. What somebody else changed stays, and the report says so. To be
/// called under the lock.
///
/// # Errors
/// If the receipt cannot be written or removed. A file that cannot be removed is a problem in the report.
pub fn remove_files(env: &Environment, report: &mut Report) -> Result<(), Refusal> {
    let receipt = UserFilesReceipt::load(env);
    let (ours, changed) = split_files(env, &receipt);
    report.warnings.extend(changed);
    for file in ours {
        match atomic_file::delete_file(&file.path) {
            Ok(()) if file.content.is_link() => report.links.push(file.path.clone()),
            Ok(()) => report.completions.push(file.path.clone()),
            Err(error) => report.problems.push(Refusal::from(error).reason),
        }
    }
    for folder in folders_of_files(&receipt) {
        for left in atomic_file::files_with_prefix(&folder, atomic_file::TEMPORARY_PREFIX) {
            let _ = atomic_file::delete_file(&left);
        }
    }
    remove_empty_folders(&receipt);
    let left = receipt.of_present();
    if left.files.is_empty() {
        return Ok(atomic_file::delete_file(&UserFilesReceipt::path(env))?);
    }
    // The next uninstall tries again.
    Ok(left.store(env)?)
}

/// Removes the folders that an installation made, if they are empty.
pub fn remove_empty_folders(receipt: &UserFilesReceipt) {
    for folder in receipt.folders.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}
