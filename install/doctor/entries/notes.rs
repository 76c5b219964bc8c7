//! What doctor says about entries that are not wrong.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::environment::Environment;
use crate::paths::SCOPES;
use crate::phrases::WrappedLines;
use crate::settings_editor::{self, HookOwner, WrappedCommand};
use crate::settings_file::SettingsFile;
use crate::{directory_mentions, supported_events};

/// Counts the events for which the settings of any scope have our entries.
pub fn count_events(env: &Environment) -> usize {
    let entries = SCOPES.into_iter().filter_map(|scope| {
        let settings = SettingsFile::read_settings(&env.settings_path(scope)).ok()?;
        settings_editor::own_entries(settings.bytes(), &supported_events::executable_names()).ok()
    });
    entries.flatten().map(|entry| entry.event).collect::<BTreeSet<_>>().len()
}

/// Names the user's own commands that start our executables, or may start them.
pub fn notes(env: &Environment) -> Vec<String> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut notes = Vec::new();
    for scope in SCOPES {
        let Ok(settings) = SettingsFile::read_settings(&env.settings_path(scope)) else { continue };
        if files.contains(&settings.real) {
            continue;
        }
        let file = env.short_path(&settings.path);
        let mentions = directory_mentions::mentions_of_scope(env, scope, settings.bytes());
        let lines = settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names());
        let is_here = |line: &&WrappedCommand| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here;
        let (here, elsewhere): (Vec<_>, Vec<_>) = lines.iter().partition(is_here);
        let is_mentioned = |line: &&WrappedCommand| mentions.iter().any(|mention| mention.command == line.command);
        let elsewhere: Vec<_> = elsewhere.into_iter().filter(|line| !is_mentioned(line)).collect();
        for (lines, addition) in [(here, ""), (elsewhere, ", but not that of this installation")] {
            notes.extend(WrappedLines::from_wrapped(&lines).map(|lines| {
                format!("{} in {file}: {}{addition}: {}", lines.events, lines.start_of_sentence(), lines.commands)
            }));
        }
        notes.extend(directory_mentions::list_mentions(&mentions).map(|commands| {
            format!(
                "{file} names the directory of the executables, and doctor cannot tell what that starts: {commands}"
            )
        }));
        files.push(settings.real);
    }
    notes
}
