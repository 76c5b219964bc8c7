//! Root in another user's directories: what it makes there, that user could not remove.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::environment::Environment;
use crate::executables::quote_word;
use crate::paths::Scope;
use crate::refusal::Refusal;

/// The owner of the configuration directory, or of the nearest directory where it is to be made; `None` where that
/// is us, where we are not root, and with `--force`.
#[must_use]
pub fn foreign_owner(env: &Environment) -> Option<u32> {
    foreign_owner_of(env, &env.config)
}

fn foreign_owner_of(env: &Environment, folder: &Path) -> Option<u32> {
    owner_of(folder).filter(|owner| geteuid().is_root() && *owner != 0 && !env.force)
}

/// Whose a directory is, or the nearest one where it is to be made.
fn owner_of(folder: &Path) -> Option<u32> {
    folder.ancestors().find_map(|folder| folder.metadata().ok()).map(|meta| meta.uid())
}

/// Refuses to change anything there, or where the settings of this scope lie: a project may be another user's.
///
/// # Errors
/// With the line to type instead.
pub fn refuse_foreign_owner(env: &Environment, scope: Scope) -> Result<(), Refusal> {
    let settings = env.settings_path(scope);
    let beside = settings.ancestors().skip(1).find(|folder| folder.exists()).map(Path::to_owned);
    let folders = [Some(env.config.clone()), beside.filter(|_| scope != Scope::User)].into_iter().flatten();
    let is_anothers = |folder: PathBuf| Some((foreign_owner_of(env, &folder)?, folder));
    let Some((owner, folder)) = folders.into_iter().find_map(is_anothers) else { return Ok(()) };
    Err(Refusal::new(format!(
        "{} belongs to {}, and this is root: type `{}`; --force goes on as root",
        env.short_path(&folder),
        user_text(owner),
        run_as_owner(env, owner)
    )))
}

/// The command line that does the same as this user.
#[must_use]
pub fn run_as_owner(env: &Environment, owner: u32) -> String {
    // Root's own is not for that user; and sudo takes the home that the system lists.
    let is_theirs = owner_of(&env.config) == Some(owner);
    let is_listed = user_home(owner).is_some_and(|home| env.home.as_deref() == Some(&*home));
    let set = match &env.home {
        _ if env.config_is_set => Some(format!("CLAUDE_CONFIG_DIR={}", env.config.display())),
        Some(home) if !is_listed => Some(format!("HOME={}", home.display())),
        _ => None,
    };
    let user = user_name(owner).unwrap_or_else(|| format!("#{owner}"));
    let words = ["sudo", "-H", "-u", &user].map(str::to_owned).into_iter();
    let words = words.chain(set.filter(|_| is_theirs).into_iter().flat_map(|set| ["env".to_owned(), set]));
    words.chain(env.line.iter().cloned()).map(|word| quote_word(&word).0).collect::<Vec<_>>().join(" ")
}

/// A user, for people.
#[must_use]
pub fn user_text(id: u32) -> String {
    user_name(id).unwrap_or_else(|| format!("user {id}"))
}

/// What the system calls that user, where it has it in its own list.
#[must_use]
pub fn user_name(id: u32) -> Option<String> {
    passwd_entry(id)?.into_iter().next()
}

/// Where that list says that the user's home is.
fn user_home(id: u32) -> Option<PathBuf> {
    passwd_entry(id)?.into_iter().nth(5).map(PathBuf::from)
}

/// The fields of the user's line in that list: name, password, id, group, comment, home, shell.
fn passwd_entry(id: u32) -> Option<Vec<String>> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = users.lines().map(|line| line.split(':').map(str::to_owned).collect::<Vec<_>>());
    lines.find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(id))
}
