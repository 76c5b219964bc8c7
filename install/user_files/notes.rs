//! Sentences on what keeps a new shell from finding the programs, the completions and the man pages.

use session_signals_cli::generate::ZSH_FOLDER;

use super::file_state::FileState;
use super::user_files_receipt::UserFilesReceipt;
use super::{completions, earlier_choice, links};
use crate::environment::Environment;
use crate::login_shell::LoginShell;
use crate::search_path;

/// Says why a program has no link.
#[must_use]
pub fn link_notes(env: &Environment) -> Vec<String> {
    let receipt = UserFilesReceipt::load(env);
    links::plan_links(env, &receipt.choice, &receipt).notes
}

/// Says what makes a new shell find `sessions`; `None` if a shell finds it, if there is no link to it, and if the user has no
/// shell.
#[must_use]
pub fn note_on_search_path(env: &Environment) -> Option<String> {
    let [program, _] = links::PROGRAMS;
    let shell = LoginShell::of_user(env)?;
    let folder = links::folder_of_links(env, &earlier_choice(env))?;
    if !search_path::is_executable(&folder.join(program)) || !search_path::find_all(env, program).is_empty() {
        return None;
    }
    let shown = env.short_path(&folder);
    Some(if let Some(file) = shell.file_that_names(env, &folder) {
        let file = env.short_path(&file);
        format!("`{program}` is in {shown}, which {file} names: a shell finds it after your next login")
    } else {
        let line = shell.describe_path_line(env, &folder);
        format!("a new shell does not find `{program}`, which is in {shown}: {line}")
    })
}

/// Says that there is no link to `sessions` although a shell would need one.
#[must_use]
pub fn note_on_missing_link(env: &Environment) -> Option<String> {
    let [program, _] = links::PROGRAMS;
    LoginShell::of_user(env)?;
    let receipt = UserFilesReceipt::load(env);
    let plan = links::plan_links(env, &receipt.choice, &receipt);
    let link = plan.links.iter().find(|link| link.path.ends_with(program))?;
    let is_new =
        link.inspect(&receipt) == FileState::Missing && receipt.files.iter().all(|file| file.path != link.path);
    is_new.then(|| {
        let folder = env.short_path(link.folder());
        format!(
            "a new shell does not find `{program}`: `hooks install` makes a link in {folder}, or says why it cannot"
        )
    })
}

/// Says what makes zsh find the completions and `man` find the pages, if something has to be done for that.
#[must_use]
pub fn notes_on_completions(env: &Environment) -> Vec<String> {
    let choice = earlier_choice(env);
    let (Some(shell), true) = (LoginShell::of_user(env), choice.completions) else { return Vec::new() };
    let mut notes = Vec::new();
    if shell == LoginShell::Zsh
        && completions::zsh_dir(env).is_none()
        && let Some(data) = completions::data_dir(env)
    {
        let line = LoginShell::describe_zsh_line(env, &data.join(ZSH_FOLDER));
        notes.extend(line.map(|line| format!("to let zsh find the completions, {line}")));
    }
    let bin_dir = links::folder_of_links(env, &choice);
    notes.extend(
        completions::man_dir(env)
            .filter(|dir| !search_path::reaches_pages(env, dir, bin_dir.as_deref()))
            .map(|dir| format!("to let `man` find the pages, {}", shell.describe_man_line(env, &dir))),
    );
    notes
}
