//! Root in another user's configuration directory: what it makes there, that user could not remove.

use std::os::unix::fs::MetadataExt;

use rustix::process::geteuid;

use crate::env::Env;
use crate::executables::quoted;
use crate::refusal::Refusal;

/// The owner of the configuration directory, or of the nearest directory where it is to be made; `None` where that
/// is us, where we are not root, and with `--force`.
#[must_use]
pub fn stranger(env: &Env) -> Option<u32> {
    let owner = env.config.ancestors().find_map(|folder| folder.metadata().ok())?.uid();
    (geteuid().is_root() && owner != 0 && !env.force).then_some(owner)
}

/// Refuses to change anything there.
///
/// # Errors
/// With the line to type instead.
pub fn check(env: &Env) -> Result<(), Refusal> {
    let Some(owner) = stranger(env) else { return Ok(()) };
    let (folder, owner) = (env.brief(&env.config), user(owner));
    Err(Refusal::new(format!(
        "{folder} belongs to {owner}, and this is root: type `{}`; --force goes on as root",
        as_owner(env)
    )))
}

/// The command line that does the same as the directory's owner.
#[must_use]
pub fn as_owner(env: &Env) -> String {
    let owner = env.config.ancestors().find_map(|folder| folder.metadata().ok()).map_or(0, |meta| meta.uid());
    let config = env.config_is_set.then(|| format!("CLAUDE_CONFIG_DIR={}", env.config.display()));
    let user = name(owner).unwrap_or_else(|| format!("#{owner}"));
    let words = ["sudo", "-H", "-u", &user].map(str::to_owned).into_iter();
    let words = words.chain(config.into_iter().flat_map(|config| ["env".to_owned(), config]));
    words.chain(env.line.iter().cloned()).map(|word| quoted(&word).0).collect::<Vec<_>>().join(" ")
}

/// A user, for people.
#[must_use]
pub fn user(id: u32) -> String {
    name(id).unwrap_or_else(|| format!("user {id}"))
}

/// What the system calls that user, where it has it in its own list.
#[must_use]
pub fn name(id: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let of_line = |line: &str| {
        let mut fields = line.split(':');
        let (name, _, found) = (fields.next()?, fields.next()?, fields.next()?);
        (found.parse() == Ok(id)).then(|| name.to_owned())
    };
    users.lines().find_map(of_line)
}
