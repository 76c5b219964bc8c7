//! The hook entries in the settings of all scopes, and the executables that they start.

mod differences;
mod notes;
mod overlaps;
mod programs;
mod scope_entries;

use std::path::{Path, PathBuf};

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use crate::desired_state::DesiredState;
use crate::disabled_hooks::{self, DisabledHooks};
use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::plugin;
use crate::settings_editor::EditRefusal;
use crate::settings_file::SettingsFile;
pub use notes::{count_events, notes};
use scope_entries::ScopeEntries;

/// Finds everything that is wrong with the entries, and with the executables that they start. `desired` is what install would
/// register; `None` if the CLI is too old for that.
pub fn check(env: &Environment, desired: Option<&DesiredState>) -> Vec<Finding> {
    let (mut scopes, mut findings) = read_scopes(env);
    // The stand-alone plugin needs no entries.
    let has_plugin = plugin::find_enabled(env).is_some();
    let mut disabled = disabled_hooks::find_disabled(env);
    disabled.retain(|disabled| !has_plugin || disabled.setting != disabled_hooks::PLUGINS_ONLY);
    findings.extend(disabled.iter().map(|disabled| disabled_finding(env, disabled)));
    // Install cannot repair settings that it would refuse.
    if let Some(desired) = desired {
        for entries in scopes.iter_mut().filter(|entries| entries.scope == Scope::User || entries.is_ours()) {
            match desired.plan_for(env, &entries.subject()) {
                Ok(plan) => entries.plan = Some(plan),
                Err(refusal) => findings.push(unusable_settings(&entries.file, &refusal)),
            }
        }
    }
    let of_this_config = scopes.iter().filter(|entries| !entries.is_of_another_config(env));
    findings.extend(of_this_config.filter_map(|entries| differences::find_foreign_entries(env, entries)));
    scopes.retain(|entries| entries.is_ours() || entries.is_of_another_config(env) && !entries.others.is_empty());
    let is_unusable = findings.iter().any(|finding| finding.id == FindingId::SettingsUnusable);
    if desired.is_some() && scopes.is_empty() && !is_unusable && !has_plugin {
        findings.push(Finding::new(
            FindingId::NotInstalled,
            "the hooks are not registered in any scope".to_owned(),
            Repair::Install(Scope::User),
        ));
    }
    for entries in scopes.iter().filter(|entries| !entries.is_of_another_config(env)) {
        findings
            .extend(desired.map(|desired| differences::find_differences(env, desired, entries)).unwrap_or_default());
        let dead = programs::find_dead_entries(env, entries);
        if dead.is_empty() {
            findings.extend(programs::find_failing_entries(env, entries));
        }
        findings.extend(dead);
    }
    findings.extend(overlaps::find_overlaps(env, &scopes));
    findings
}

/// Reads the entries of all scopes. Settings that cannot be read become findings.
fn read_scopes(env: &Environment) -> (Vec<ScopeEntries>, Vec<Finding>) {
    let (mut scopes, mut findings) = (Vec::<ScopeEntries>::new(), Vec::new());
    let mut seen: Vec<PathBuf> = Vec::new();
    for scope in SCOPES {
        let file = env.settings_path(scope);
        // In the home directory, the settings of the project are those of the user.
        let real = file.canonicalize().unwrap_or_else(|_| file.clone());
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        let settings = match SettingsFile::read_settings(&file) {
            Ok(settings) if settings.seen.is_some() => settings,
            Ok(_) => continue,
            Err(refusal) => {
                let finding = Finding::new(FindingId::SettingsUnusable, refusal.reason, Repair::ByHand);
                findings.push(finding.in_file(&file));
                continue;
            }
        };
        match ScopeEntries::read_scope(env, scope, &settings) {
            Ok(entries) => scopes.push(entries),
            Err(refusal) => findings.push(unusable_settings(&file, &refusal)),
        }
    }
    (scopes, findings)
}

fn disabled_finding(env: &Environment, disabled: &DisabledHooks) -> Finding {
    let who = match disabled.scope {
        None => "the administrator of this computer decided this",
        Some(Scope::Project) => "the people who share that file decided this",
        Some(Scope::User | Scope::Local) => "only you can change this",
    };
    let file = env.short_path(&disabled.file);
    let DisabledHooks { setting, says, .. } = disabled;
    let sentence = format!("{setting} {says} in {file}: none of your hooks run; {who}");
    Finding::new(FindingId::HooksDisabled, sentence, Repair::ByHand).in_file(&disabled.file)
}

fn unusable_settings(file: &Path, refusal: &EditRefusal) -> Finding {
    Finding::new(FindingId::SettingsUnusable, format!("{}: {refusal}", file.display()), Repair::ByHand).in_file(file)
}
