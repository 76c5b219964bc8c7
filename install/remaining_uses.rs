//! What still uses an installation after our entries are removed from some settings. An uninstallation and its dry run decide by this
//! what else is removed.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::phrases::WrappedLines;
use crate::report::Report;
use crate::settings_editor::{self, HookOwner};
use crate::settings_file::SettingsFile;
use crate::{directory_mentions, plugin, receipt, shared_settings, supported_events, user_files};

/// Returns a sentence on each part of the installation that stays because it [is in use](is_in_use).
pub fn kept_parts(env: &Environment) -> impl Iterator<Item = String> {
    let plugin = plugin::is_installed(env).then(|| format!("{} stays,", env.short_path(&env.plugin_dir())));
    let parts = plugin.into_iter().chain(user_files::list_files(env).map(|files| format!("{files} stay,")));
    parts.map(|part| format!("{part} because other settings or lines of your own still start the hooks"))
}

/// Returns sentences on what of ours is left in the settings with this content, and why. `mentioned` is the result of [`scopes_with_mentions`].
#[must_use]
pub fn remaining_notes(
    env: &Environment,
    scope: Scope,
    report: &Report,
    text: &[u8],
    mentioned: &[(PathBuf, String)],
) -> Vec<String> {
    let wrapped = settings_editor::find_wrapped(text, &supported_events::owned_names()).into_iter();
    let wrapped: Vec<_> =
        wrapped.filter(|line| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here).collect();
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(WrappedLines::from_wrapped(&wrapped.iter().collect::<Vec<_>>()).map(|lines| {
        let WrappedLines { events, executables, commands, many } = lines;
        let (start, line) =
            if many { ("lines of your own start", "the lines") } else { ("your own line starts", "the line") };
        format!(
            "for {events} {start} {executables}, so {line} and the executables stay: {commands}. To remove the executables, remove {line} and run `hooks uninstall` again"
        )
    }));
    let entries = settings_editor::own_entries(text, &supported_events::owned_names()).unwrap_or_default();
    if let [first, more @ ..] = entries.as_slice() {
        let more = more.iter().filter(|entry| entry.path != first.path).count();
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        sentences.push(format!("{}{more} belongs to another home and stays registered", first.path));
    }
    for (file, commands) in mentioned {
        sentences.push(format!(
            "{} names the directory of the executables, so the executables stay: {commands}. To remove them, remove what names the directory and run `hooks uninstall` again",
            env.short_path(file)
        ));
    }
    if scope != Scope::Project
        && shared_settings::find_sharing(env, &report.file).is_some()
        && !report.events.is_empty()
    {
        sentences.push(format!(
            "{} is shared, so the entries are gone for every home that uses it",
            env.short_path(&report.file)
        ));
    }
    sentences
}

/// Returns the settings files of all scopes that name the directory of the executables, with the commands that do. `planned` is as for
/// [`is_in_use`].
#[must_use]
pub fn scopes_with_mentions(env: &Environment, planned: Planned) -> Vec<(PathBuf, String)> {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for scope in SCOPES {
        let file = env.settings_path(scope);
        let Some(text) = read_scope(env, scope, planned) else { continue };
        if let Some(commands) =
            directory_mentions::list_mentions(&directory_mentions::mentions_of_scope(env, scope, &text))
            && files.iter().all(|(other, _)| *other != file)
        {
            files.push((file, commands));
        }
    }
    files
}

/// A settings file after all symbolic links, and the content that it would get.
type Planned<'a> = Option<(&'a Path, &'a [u8])>;

/// Reads the settings of a scope. `planned` is as for [`is_in_use`].
fn read_scope(env: &Environment, scope: Scope, planned: Planned) -> Option<Vec<u8>> {
    let settings = SettingsFile::read_settings(&env.settings_path(scope)).ok()?;
    let text = planned.filter(|(real, _)| *real == settings.real).map_or(settings.bytes(), |(_, text)| text);
    Some(text.to_vec())
}

/// Returns whether other settings than `settings` still start the executables: settings of this project, or settings with a receipt.
/// If a file has a `planned` content, that one counts and not what is in the file.
#[must_use]
pub fn is_in_use(env: &Environment, settings: &Path, planned: Planned) -> bool {
    let starts_ours = |scope: &Scope| {
        let Some(text) = read_scope(env, *scope, planned) else { return false };
        let is_here = |path: &str, by_shell| env.hook_owner(*scope, path, by_shell) == HookOwner::Here;
        let entries = settings_editor::own_entries(&text, &supported_events::owned_names()).unwrap_or_default();
        entries.iter().any(|entry| is_here(&entry.path, !entry.exec))
            || settings_editor::find_wrapped(&text, &supported_events::owned_names())
                .iter()
                .any(|line| is_here(&line.path, line.by_shell))
    };
    receipt::has_other_receipts(env, settings) || SCOPES.iter().any(starts_ours)
}
