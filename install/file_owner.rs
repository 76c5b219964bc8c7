//! Whether root works in the directories of another user. That user could not remove the files that root makes there.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::environment::Environment;
use crate::executables::quote_word;
use crate::paths::Scope;
use crate::refusal::Refusal;

/// Returns the owner of the configuration directory if this process is root and the owner is another user. Returns `None` with
/// `--force`. If the directory does not exist, the nearest parent that exists counts.
#[must_use]
pub fn foreign_owner(env: &Environment) -> Option<u32> {
    foreign_owner_of(env, &env.config_dir)
}

fn foreign_owner_of(env: &Environment, folder: &Path) -> Option<u32> {
    owner_of(folder).filter(|owner| geteuid().is_root() && *owner != 0 && !env.force)
}

/// Returns the owner of a directory, or of its nearest parent that exists.
fn owner_of(folder: &Path) -> Option<u32> {
    folder.ancestors().find_map(|folder| folder.metadata().ok()).map(|meta| meta.uid())
}

/// Refuses a change by root if the configuration directory, or the directory of the settings of this scope, belongs to another
/// user.
///
/// # Errors
/// If that is so. The reason names the command line to use instead.
pub fn refuse_foreign_owner(env: &Environment, scope: Scope) -> Result<(), Refusal> {
    let settings = env.settings_path(scope);
    let settings_dir = settings.ancestors().skip(1).find(|folder| folder.exists()).map(Path::to_owned);
    let folders = [Some(env.config_dir.clone()), settings_dir.filter(|_| scope != Scope::User)].into_iter().flatten();
    let with_owner = |folder: PathBuf| Some((foreign_owner_of(env, &folder)?, folder));
    let Some((owner, folder)) = folders.into_iter().find_map(with_owner) else { return Ok(()) };
    Err(Refusal::new(format!(
        "{} belongs to {}, and this process is root: run `{}` instead, or add --force to continue as root",
        env.short_path(&folder),
        user_text(owner),
        run_as_owner(env, owner)
    )))
}

/// Returns the command line with which this user does the same.
#[must_use]
pub fn run_as_owner(env: &Environment, owner: u32) -> String {
    // A configuration directory of root is of no use to that user. sudo sets HOME to the home that the system lists.
    let is_their_config = owner_of(&env.config_dir) == Some(owner);
    let is_listed_home = user_home(owner).is_some_and(|home| env.home.as_deref() == Some(&*home));
    let variable = match &env.home {
        _ if env.config_dir_is_set => Some(format!("CLAUDE_CONFIG_DIR={}", env.config_dir.display())),
        Some(home) if !is_listed_home => Some(format!("HOME={}", home.display())),
        _ => None,
    };
    let user = user_name(owner).unwrap_or_else(|| format!("#{owner}"));
    let words = ["sudo", "-H", "-u", &user].map(str::to_owned).into_iter();
    let words =
        words.chain(variable.filter(|_| is_their_config).into_iter().flat_map(|variable| ["env".to_owned(), variable]));
    words.chain(env.command_line.iter().cloned()).map(|word| quote_word(&word).0).collect::<Vec<_>>().join(" ")
}

/// Returns the name of a user for a message; `user ID` if the system lists no name.
#[must_use]
pub fn user_text(id: u32) -> String {
    user_name(id).unwrap_or_else(|| format!("user {id}"))
}

/// Returns the name of a user in `/etc/passwd`.
#[must_use]
pub fn user_name(id: u32) -> Option<String> {
    passwd_entry(id)?.into_iter().next()
}

/// Returns the home directory of a user in `/etc/passwd`.
fn user_home(id: u32) -> Option<PathBuf> {
    passwd_entry(id)?.into_iter().nth(5).map(PathBuf::from)
}

/// Returns the fields of a user's line in `/etc/passwd`: name, password, id, group, comment, home, shell.
fn passwd_entry(id: u32) -> Option<Vec<String>> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = users.lines().map(|line| line.split(':').map(str::to_owned).collect::<Vec<_>>());
    lines.find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(id))
}
