//! What is wrong with the user files.

use std::path::Path;

use super::file_state::FileState;
use super::user_file_fault::UserFileFault;
use super::user_files_receipt::UserFilesReceipt;
use super::{completions, links, list_paths};
use crate::environment::Environment;

/// Finds what is missing or outdated of the links, the completions and the man pages.
#[must_use]
pub fn find_faults(env: &Environment) -> Vec<UserFileFault> {
    let receipt = UserFilesReceipt::load(env);
    if receipt == UserFilesReceipt::default() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let links::LinkPlan { links, needless, .. } = links::plan_links(env, &receipt.choice, &receipt);
    let is_named = |path: &Path| receipt.files.iter().any(|file| file.path == path);
    for link in links.iter().filter(|link| is_named(&link.path)) {
        let shown = env.short_path(&link.path);
        let sentence = match link.inspect(&receipt) {
            FileState::Missing => format!("{shown} is gone: it was a link to the installed program"),
            FileState::Outdated => format!("{shown} leads to where the installed program was before"),
            FileState::Current | FileState::Shared | FileState::Foreign => continue,
        };
        faults.push(UserFileFault::Link(sentence, link.path.clone()));
    }
    for file in receipt.files.iter().filter(|file| needless.contains(&file.path)) {
        if file.is_unchanged() {
            let shown = env.short_path(&file.path);
            let moved = links.iter().find(|link| link.path.file_name() == file.path.file_name());
            let sentence = match moved {
                Some(link) => {
                    format!("{shown} is no longer needed: you chose {} for it", env.short_path(link.folder()))
                }
                None => format!("{shown} is no longer needed: another program of that name is on the search path"),
            };
            faults.push(UserFileFault::Link(sentence, file.path.clone()));
        }
    }
    if receipt.choice.completions {
        faults.extend(find_outdated_completions(env, &receipt));
    }
    faults
}

fn find_outdated_completions(env: &Environment, receipt: &UserFilesReceipt) -> Option<UserFileFault> {
    let folder = completions::data_dir(env)?;
    let wanted = match completions::wanted_files(env) {
        Ok(wanted) => wanted,
        Err(refusal) => return Some(UserFileFault::Completions(refusal.reason, folder)),
    };
    let with_state = |state: FileState| {
        let files = wanted.iter().filter(|file| file.inspect(receipt) == state);
        list_paths(env, files.map(|file| &*file.path))
    };
    let parts = [(with_state(FileState::Missing), "missing"), (with_state(FileState::Outdated), "of another version")];
    let parts: Vec<String> =
        parts.iter().filter(|(names, _)| !names.is_empty()).map(|(names, what)| format!("{what}: {names}")).collect();
    (!parts.is_empty()).then(|| {
        let sentence = format!("the completions and man pages are not those of this `hooks`; {}", parts.join("; "));
        UserFileFault::Completions(sentence, folder)
    })
}
