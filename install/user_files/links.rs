//! The links to `sessions` and `hooks` in a folder of the search path, so that a shell finds the installed copies.

use std::path::{Path, PathBuf};

use super::content_mark::ContentMark;
use super::file_state::FileState;
use super::user_file::UserFile;
use super::user_files_choice::UserFilesChoice;
use super::user_files_receipt::UserFilesReceipt;
use crate::environment::Environment;
use crate::executables::quote_path;
use crate::login_shell::LoginShell;
use crate::{search_path, supported_events};

/// The programs that a user types.
pub const PROGRAMS: [&str; 2] = [supported_events::SESSIONS_EXECUTABLE, supported_events::HOOKS_EXECUTABLE];

/// The folder of the user's own programs, below the home directory.
const DEFAULT_FOLDER: &str = ".local/bin";

/// Which links there should be.
pub struct LinkPlan {
    /// The links.
    pub links: Vec<UserFile>,
    /// The links of earlier installations that are not to stay. What this run cannot decide about stays.
    pub needless: Vec<PathBuf>,
    /// Sentences on why a program gets no link.
    pub notes: Vec<String>,
}

/// Returns the folder of the links; `None` if there are to be none. Without `--bin-dir` it is `~/.local/bin`, if that folder
/// exists, if it is on the search path, or if the user has a shell at all.
#[must_use]
pub fn folder_of_links(env: &Environment, choice: &UserFilesChoice) -> Option<PathBuf> {
    if choice.no_links {
        return None;
    }
    choice.bin_dir.clone().or_else(|| {
        let folder = env.home.as_ref()?.join(DEFAULT_FOLDER);
        let is_used = folder.is_dir() || search_path::holds(env, &folder) || LoginShell::of_user(env).is_some();
        is_used.then_some(folder)
    })
}

/// Decides which links there should be.
#[must_use]
pub fn plan_links(env: &Environment, choice: &UserFilesChoice, receipt: &UserFilesReceipt) -> LinkPlan {
    let mut plan = LinkPlan { links: Vec::new(), needless: Vec::new(), notes: Vec::new() };
    let laid = receipt.files.iter().filter(|file| file.content.is_link()).map(|file| &file.path);
    if choice.no_links {
        plan.needless = laid.cloned().collect();
        return plan;
    }
    let Some(folder) = folder_of_links(env, choice) else { return plan };
    let is_elsewhere =
        |path: &&PathBuf| path.parent().is_none_or(|parent| !search_path::is_same_folder(parent, &folder));
    plan.needless = laid.filter(is_elsewhere).cloned().collect();
    for program in PROGRAMS {
        // What is not beside this `hooks` cannot be copied.
        if [&env.source_dir, &env.executables_dir()].iter().all(|dir| !search_path::is_executable(&dir.join(program))) {
            continue;
        }
        let link = UserFile::link(folder.join(program), env.executables_dir().join(program));
        if let Some(elsewhere) = find_elsewhere(env, program, &link, receipt) {
            plan.notes.extend(note_on_program(env, program, &elsewhere, &link));
            plan.needless.push(link.path);
        } else if link.inspect(receipt) == FileState::Foreign {
            if let Some(note) = note_on_foreign(env, program, &link) {
                // The link in the folder of before is the only one that a shell finds.
                plan.needless.retain(|path| !path.ends_with(program));
                plan.notes.push(note);
            }
        } else {
            plan.links.push(link);
        }
    }
    plan
}

/// Returns the first program of this name on the search path that is no link of this installation. It must not be shadowed.
fn find_elsewhere(env: &Environment, program: &str, link: &UserFile, receipt: &UserFilesReceipt) -> Option<PathBuf> {
    let is_ours =
        |path: &Path| ContentMark::of_path(path).is_ok_and(|mark| mark.is_some_and(|mark| receipt.names(path, &mark)));
    let is_at_link =
        |path: &Path| path.parent().is_some_and(|parent| search_path::is_same_folder(parent, link.folder()));
    search_path::find_all(env, program).into_iter().find(|path| !is_at_link(path) && !is_ours(path))
}

/// Returns a note on a program that a shell finds already; `None` if it is one of ours.
fn note_on_program(env: &Environment, program: &str, found: &Path, link: &UserFile) -> Option<String> {
    (!is_beside(env, found) && !is_of_installation(found, program) && !is_script_of_package(env, found, program)).then(
        || {
            format!(
                "`{program}` is {} already, so {} gets no link of that name",
                env.short_path(found),
                env.short_path(link.folder())
            )
        },
    )
}

/// Returns whether a path leads to a program in the folder of this `hooks`. The install script and packages make such links.
fn is_beside(env: &Environment, path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path.parent() == Some(&env.source_dir))
}

/// Returns whether a program is the script of our npm package that starts the executable beside this `hooks`. The executables are in
/// a package of their own.
fn is_script_of_package(env: &Environment, found: &Path, program: &str) -> bool {
    let is_package = env.source_dir.ancestors().nth(2).is_some_and(|scope| scope.ends_with("@session-signals"));
    is_package && found.canonicalize().is_ok_and(|path| path.ends_with(Path::new("session-signals/bin").join(program)))
}

/// Returns a note on what lies in the place of a link; `None` if it leads to this `hooks` or to another installation of it.
fn note_on_foreign(env: &Environment, program: &str, link: &UserFile) -> Option<String> {
    if is_beside(env, &link.path) || is_of_installation(&link.path, program) {
        return None;
    }
    let shown = env.short_path(&link.path);
    let target = std::fs::read_link(&link.path).ok().filter(|target| is_named_like_ours(target, program));
    Some(if target.is_some() {
        format!(
            "{shown} is a link of another installation and leads nowhere: remove it with `rm {}`, and run `hooks install` again",
            quote_path(env, &link.path)
        )
    } else {
        format!("`hooks` did not make {shown}, or somebody changed it since, so it stays as it is")
    })
}

/// Returns whether a path leads to an executable of an installation, in whichever configuration directory.
fn is_of_installation(path: &Path, program: &str) -> bool {
    path.canonicalize().is_ok_and(|path| is_named_like_ours(&path, program))
}

fn is_named_like_ours(path: &Path, program: &str) -> bool {
    path.ends_with(Path::new("hooks/session-signals").join(program))
}
