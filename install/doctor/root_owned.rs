//! Files of root in the home directory of a user, which the user cannot remove. `sudo hooks install` of earlier versions made
//! such files.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use crate::environment::Environment;
use crate::executables::quote_path;
use crate::paths::Scope;
use crate::{file_owner, plugin, service, user_files};

/// Finds the files of root; all of them are one finding. If this process is root and the directory belongs to another user,
/// that is a finding, too.
pub fn check(env: &Environment) -> Vec<Finding> {
    let mut findings = Vec::new();
    let foreign_owner = file_owner::foreign_owner(env);
    if let Some(owner) = foreign_owner {
        let sentence = format!(
            "{} belongs to {}, and this process is root, so it did not start the executables to test them: run `{}` instead",
            env.short_path(&env.config_dir),
            file_owner::user_text(owner),
            file_owner::run_as_owner(env, owner)
        );
        findings.push(Finding::new(FindingId::RunByRoot, sentence, Repair::ByHand).in_file(&env.config_dir));
    }
    let user = foreign_owner.unwrap_or(geteuid().as_raw());
    if user == 0 || env.force {
        return findings;
    }
    let root_owned = find_root_owned(env, user);
    if let Some(first) = root_owned.first() {
        let more = if root_owned.len() == 1 { String::new() } else { format!(" (and {} more)", root_owned.len() - 1) };
        // `chown -R` changes all files in a directory, so they are not named.
        let is_topmost = |path: &&PathBuf| !root_owned.iter().any(|other| path != &other && path.starts_with(other));
        let paths: Vec<String> = root_owned.iter().filter(is_topmost).map(|path| quote_path(env, path)).collect();
        // `USER:` stands for the user and their group. It works only for users that the system lists.
        let owner = file_owner::user_name(user).map_or_else(|| user.to_string(), |name| format!("{name}:"));
        let sentence = format!(
            "{}{more} belongs to root, not to {}: run `sudo chown -R {owner} {}`",
            env.short_path(first),
            file_owner::user_text(user),
            paths.join(" ")
        );
        findings.push(Finding::new(FindingId::OwnedByRoot, sentence, Repair::ByHand).in_file(first));
    }
    findings
}

/// Returns the files and directories of an installation that belong to root instead of this user. A directory comes before the
/// files in it.
fn find_root_owned(env: &Environment, user: u32) -> Vec<PathBuf> {
    let (executables, backups) = (env.executables_dir(), env.backups_dir());
    let list_files = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let mut paths = vec![env.config_dir.clone(), env.config_dir.join("hooks"), executables.clone()];
    paths.extend(list_files(&executables));
    paths.push(backups.clone());
    paths.extend(list_files(&backups));
    paths.push(env.settings_path(Scope::User));
    paths.push(env.daemons_dir());
    if plugin::is_installed(env) {
        let dir = env.plugin_dir();
        paths.extend(dir.parent().map(Path::to_owned));
        paths.push(dir.clone());
        paths.extend(list_files(&dir));
        paths.extend(plugin::written_folders(env).iter().flat_map(|folder| list_files(folder)));
    }
    paths.extend(user_files::laid_paths(env));
    // If the project itself belongs to root, the settings in it may belong to root, too.
    if env.project_dir.metadata().is_ok_and(|meta| meta.uid() == user) {
        paths.push(env.project_dir.join(".claude"));
        paths.extend([Scope::Project, Scope::Local].map(|scope| env.settings_path(scope)));
    }
    if let Some(file) = service::service_path(env).filter(|file| file.exists()) {
        let is_in_home =
            |folder: &&Path| env.home.as_ref().is_some_and(|home| folder.starts_with(home) && folder != home);
        let mut folders: Vec<PathBuf> = file.ancestors().take_while(is_in_home).map(Path::to_owned).collect();
        folders.reverse();
        paths.extend(folders);
    }
    // If the home directory is the project, too, paths occur twice.
    let mut seen = HashSet::new();
    paths.retain(|path| path.symlink_metadata().is_ok_and(|meta| meta.uid() == 0) && seen.insert(path.clone()));
    paths
}
