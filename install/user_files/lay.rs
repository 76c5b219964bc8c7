//! Writes the user files.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::file_content::FileContent;
use super::file_state::FileState;
use super::laid_file::LaidFile;
use super::remove::remove_empty_folders;
use super::user_file::UserFile;
use super::user_files_choice::UserFilesChoice;
use super::user_files_receipt::UserFilesReceipt;
use super::{completions, links, list_paths};
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{atomic_file, file_access, search_path, settings_transaction};

/// Returns the names of the programs that have to be installed, because a link leads to one of them or because they were installed
/// before. `hooks` makes the completions of the `sessions` that is beside it, so both are installed.
#[must_use]
pub fn needed_programs(env: &Environment, choice: &UserFilesChoice) -> Vec<&'static str> {
    let is_in = |folder: &Path, program: &str| search_path::is_executable(&folder.join(program));
    let has_links = !links::plan_links(env, choice, &UserFilesReceipt::load(env)).links.is_empty();
    let is_needed =
        |program: &&str| is_in(&env.source_dir, program) && (has_links || is_in(&env.executables_dir(), program));
    links::PROGRAMS.into_iter().filter(is_needed).collect()
}

/// Refuses a folder in which links are missing and cannot be made. To be called if the user has chosen it now, and before anything is
/// changed.
///
/// # Errors
/// If that is so.
pub fn refuse_folder(env: &Environment, choice: &UserFilesChoice) -> Result<(), Refusal> {
    let Some(folder) = links::folder_of_links(env, choice) else { return Ok(()) };
    let receipt = UserFilesReceipt::load(env);
    let links = links::plan_links(env, choice, &receipt).links;
    // What is in a folder that may not be searched looks like something of somebody else.
    let is_hidden = |program: &str| {
        let looked = folder.join(program).symlink_metadata();
        looked.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    };
    if !links.iter().any(|link| link.inspect(&receipt).is_written()) && !links::PROGRAMS.into_iter().any(is_hidden) {
        return Ok(());
    }
    let Some((_, error)) = file_access::find_obstacle(&folder) else { return Ok(()) };
    Err(Refusal::new(format!(
        "no link can be made in {} ({error}): choose another folder with --bin-dir, or use --no-links",
        env.short_path(&folder)
    )))
}

/// Returns sentences on what would be written and removed. Changes nothing.
///
/// # Errors
/// If the completions and man pages cannot be made.
pub fn plan_files(env: &Environment, choice: &UserFilesChoice) -> Result<Vec<String>, Refusal> {
    let receipt = UserFilesReceipt::load(env);
    let completions = if choice.completions { completions::wanted_files(env)? } else { Vec::new() };
    let links::LinkPlan { links, needless, .. } = links::plan_links(env, choice, &receipt);
    let obsolete = [needless, obsolete_completions(&receipt, &completions)].concat();
    let wanted = [links, completions].concat();
    let is_written = |file: &&UserFile| file.inspect(&receipt).is_written();
    let written: Vec<&Path> = wanted.iter().filter(is_written).map(|file| &*file.path).collect();
    let is_removed = |path: &&Path| obsolete.iter().any(|other| other == *path);
    let removed: Vec<&Path> = receipt.files.iter().map(|file| &*file.path).filter(is_removed).collect();
    let sentence = |paths: &[&Path], what: &str| {
        (!paths.is_empty()).then(|| format!("{} would be {what}", list_paths(env, paths.iter().copied())))
    };
    Ok([sentence(&written, "written"), sentence(&removed, "removed")].into_iter().flatten().collect())
}

/// Writes the links, completions and man pages that the choice asks for, and removes those that it no longer asks for. What cannot
/// be written is a warning: the hooks work without it. If it is a link that was in another folder before, that one stays, and this is
/// a problem in the report. To be called without the lock.
///
/// # Errors
/// If the receipt cannot be written, and if the completions and man pages cannot be made.
pub fn lay_files(env: &Environment, choice: &UserFilesChoice, report: &mut Report) -> Result<(), Refusal> {
    let _lock = settings_transaction::wait_for_lock(env)?;
    let links::LinkPlan { links, needless, .. } = links::plan_links(env, choice, &UserFilesReceipt::load(env));
    let changed = lay_part(env, choice, &links, &needless, report)?;
    report.links.extend(changed);
    let completions = if choice.completions { completions::wanted_files(env)? } else { Vec::new() };
    let obsolete = obsolete_completions(&UserFilesReceipt::load(env), &completions);
    let changed = lay_part(env, choice, &completions, &obsolete, report)?;
    report.completions.extend(changed);
    Ok(())
}

/// Returns the completions and man pages of earlier installations that are no longer wanted.
fn obsolete_completions(receipt: &UserFilesReceipt, wanted: &[UserFile]) -> Vec<PathBuf> {
    let laid = receipt.files.iter().filter(|file| !file.content.is_link()).map(|file| &file.path);
    laid.filter(|path| wanted.iter().all(|file| file.path != **path)).cloned().collect()
}

/// Does this for the links, or for the completions and man pages. Returns the paths that have changed.
fn lay_part(
    env: &Environment,
    choice: &UserFilesChoice,
    wanted: &[UserFile],
    obsolete: &[PathBuf],
    report: &mut Report,
) -> Result<Vec<PathBuf>, Refusal> {
    let stored = UserFilesReceipt::load(env);
    let states: Vec<(&UserFile, FileState)> = wanted.iter().map(|file| (file, file.inspect(&stored))).collect();
    let with_state = |wanted: &[FileState]| -> Vec<&UserFile> {
        states.iter().filter(|(_, state)| wanted.contains(state)).map(|(file, _)| *file).collect()
    };
    let foreign = with_state(&[FileState::Foreign]);
    if !foreign.is_empty() {
        let names = list_paths(env, foreign.iter().map(|file| &*file.path));
        report
            .warnings
            .push(format!("`hooks` did not write {names}, or somebody changed it since, so it stays as it is"));
    }
    // The receipt comes first: after a kill it names whatever was written.
    let ours = with_state(&[FileState::Missing, FileState::Outdated, FileState::Current]);
    let intended = UserFilesReceipt { choice: choice.clone(), ..stored.with_files(&ours) };
    if intended != stored {
        intended.store(env)?;
    }
    let mut changed: Vec<PathBuf> = Vec::new();
    // A link is not removed before the one in its new folder is there.
    let mut kept: Vec<&Path> = Vec::new();
    for (file, state) in &states {
        if state.is_written() {
            let Err(error) = write_file(file, *state) else {
                changed.push(file.path.clone());
                continue;
            };
            let has_same_name = |laid: &&LaidFile| laid.path.file_name() == file.path.file_name();
            let is_old = |laid: &&LaidFile| laid.content.is_link() && obsolete.contains(&laid.path);
            let error = Refusal::from(error);
            match stored.files.iter().filter(is_old).find(has_same_name) {
                Some(old) => {
                    report.problems.push(format!("not written: {error}. {} stays", env.short_path(&old.path)));
                    kept.push(&old.path);
                }
                None => report.warnings.push(format!("not written: {error}")),
            }
        }
    }
    for file in intended.files.iter().filter(|file| obsolete.contains(&file.path) && !kept.contains(&&*file.path)) {
        if file.is_unchanged() {
            match atomic_file::delete_file(&file.path) {
                Ok(()) => changed.push(file.path.clone()),
                Err(error) => report.warnings.push(format!("not removed: {}", Refusal::from(error))),
            }
        }
    }
    remove_empty_folders(&intended);
    let present = intended.clone().of_present();
    if present != intended {
        present.store(env)?;
    }
    Ok(changed)
}

fn write_file(file: &UserFile, state: FileState) -> io::Result<()> {
    fs::create_dir_all(file.folder())?;
    match &file.content {
        FileContent::Link(target) => {
            if state == FileState::Outdated {
                atomic_file::delete_file(&file.path)?;
            }
            // This fails if another program has put something there.
            fs_err::os::unix::fs::symlink(target, &file.path)
        }
        FileContent::Bytes(bytes) => atomic_file::write_file(&file.path, bytes, 0o644),
    }
}
