//! What root made in a user's home, as `sudo hooks install` of earlier versions did: its user cannot remove it.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use super::{Finding, Fix};
use crate::environment::Environment;
use crate::executables::quote_word;
use crate::paths::Scope;
use crate::{file_owner, service};

/// One finding for all of it; and one that we are root ourselves, where that is the mistake.
pub fn check(env: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    let stranger = file_owner::foreign_owner(env);
    if let Some(stranger) = stranger {
        let (folder, owner, line) =
            (env.short_path(&env.config), file_owner::user_text(stranger), file_owner::run_as_owner(env, stranger));
        let sentence =
            format!("{folder} belongs to {owner}, and this is root: nothing there was tried out; type `{line}`");
        findings.push(Finding::new("run-by-root", sentence, Fix::ByHand).in_file(&env.config));
    }
    let user = stranger.unwrap_or(geteuid().as_raw());
    if user == 0 || env.force {
        return findings;
    }
    let roots = find_root_owned(env, user);
    if let Some(first) = roots.first() {
        let more = if roots.len() == 1 { String::new() } else { format!(" (and {} more)", roots.len() - 1) };
        // Where a directory is root's, all in it becomes the user's.
        let below = |path: &&PathBuf| !roots.iter().any(|other| path != &other && path.starts_with(other));
        let paths: Vec<String> = roots.iter().filter(below).map(|path| quoted_path(env, path)).collect();
        // A user that the system does not list has no group to be named by `USER:`.
        let owner = file_owner::user_name(user).map_or_else(|| user.to_string(), |name| format!("{name}:"));
        let sentence = format!(
            "{}{more} belongs to root, not to {}: type `sudo chown -R {owner} {}`",
            env.short_path(first),
            file_owner::user_text(user),
            paths.join(" ")
        );
        findings.push(Finding::new("owned-by-root", sentence, Fix::ByHand).in_file(first));
    }
    findings
}

/// Those of our files and directories that are root's, where they should be this user's; the widest first.
fn find_root_owned(env: &Environment, user: u32) -> Vec<PathBuf> {
    let (executables, backups) = (env.executables_dir(), env.backups_dir());
    let inside = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let mut paths = vec![env.config.clone(), env.config.join("hooks"), executables.clone()];
    paths.extend(inside(&executables));
    paths.push(backups.clone());
    paths.extend(inside(&backups));
    paths.push(env.settings_path(Scope::User));
    paths.push(env.daemons_config());
    // A project that is root's itself is nobody else's.
    if env.project.metadata().is_ok_and(|meta| meta.uid() == user) {
        paths.push(env.project.join(".claude"));
        paths.extend([Scope::Project, Scope::Local].map(|scope| env.settings_path(scope)));
    }
    if let Some(file) = service::service_path(env).filter(|file| file.exists()) {
        let is_in_home =
            |folder: &&Path| env.home.as_ref().is_some_and(|home| folder.starts_with(home) && folder != home);
        let mut folders: Vec<PathBuf> = file.ancestors().take_while(is_in_home).map(Path::to_owned).collect();
        folders.reverse();
        paths.extend(folders);
    }
    // The home may be the project, too.
    let mut met = HashSet::new();
    paths.retain(|path| path.symlink_metadata().is_ok_and(|meta| meta.uid() == 0) && met.insert(path.clone()));
    paths
}

/// A path as a shell takes it, with `~` where it can be.
fn quoted_path(env: &Environment, path: &Path) -> String {
    match env.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", quote_word(&rest.display().to_string()).0),
        None => quote_word(&path.display().to_string()).0,
    }
}
