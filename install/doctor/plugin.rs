//! The plugin: its files, its executable, whether Claude Code loads it, and the stand-alone plugin beside the hooks.

use std::time::SystemTime;

use session_signals_cli::FindingId;
use session_signals_protocol::MODULE_EVENT_RULES;
use session_signals_reader::{Collector, RegistryEntry};

use super::entries;
use super::finding::{Finding, Repair};
use super::registered_executables;
use crate::cli_version::CliVersion;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::plugin::{self, PluginFault};
use crate::{phrases, supported_events};

/// Finds everything that is wrong with the plugin. `claude` is the version of the CLI, if it is known.
pub fn check(env: &Environment, claude: Option<CliVersion>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = find_twofold(env).into_iter().collect();
    if !plugin::is_installed(env) {
        return findings;
    }
    let dir = env.plugin_dir();
    findings.extend(plugin::find_fault(env).map(|fault| match fault {
        PluginFault::Outdated(sentence) => {
            Finding::new(FindingId::PluginOutdated, sentence, Repair::LayPlugin).in_file(&dir)
        }
        PluginFault::Foreign(sentence) => {
            Finding::new(FindingId::PluginForeign, sentence, Repair::ByHand).in_file(&dir)
        }
    }));
    let executable = env.executables_dir().join(supported_events::MODULE_EXECUTABLE);
    let executable = registered_executables::check_role(env, &[executable], Scope::User, "is what the plugin starts");
    findings.extend(executable.into_iter().map(|finding| match finding.repair {
        // The scope in which the hooks are registered does not matter for the plugin.
        Repair::Install(_) => {
            Finding { path: finding.path, ..Finding::new(finding.id, finding.sentence, Repair::LayPlugin) }
        }
        _ => finding,
    }));
    let is_too_old = claude.filter(|claude| *claude < plugin::FIRST_CLI).map(|claude| {
        let sentence = format!(
            "Claude Code {claude} ignores the plugin: it is for {} or newer. Update Claude Code with `claude update`, or remove the plugin with `hooks install --no-plugin`",
            plugin::FIRST_CLI
        );
        Finding::new(FindingId::PluginNotLoaded, sentence, Repair::ByHand).in_file(&dir)
    });
    findings.extend(is_too_old);
    // What turns all hooks off is a finding of its own.
    let obstacles = plugin::find_obstacles(env).into_iter().filter(|obstacle| !obstacle.stops_hooks);
    findings.extend(obstacles.map(|obstacle| {
        Finding::new(FindingId::PluginNotLoaded, obstacle.sentence, Repair::ByHand).in_file(&obstacle.file)
    }));
    findings
}

/// Finds the stand-alone plugin beside the hooks or beside the plugin that `hooks` installed.
fn find_twofold(env: &Environment) -> Option<Finding> {
    let enabled = plugin::find_enabled(env)?;
    let effect = if entries::count_events(env) > 0 {
        "the settings register the hooks, too, so each event is told twice"
    } else if plugin::is_installed(env) {
        "Claude Code loads no other plugin of this name, so the one that `hooks` installed has no effect"
    } else {
        return None;
    };
    let sentence = format!(
        "the plugin {} is enabled in {}, and {effect}. Choose one of the two: to keep the plugin, run `hooks uninstall`; to keep what `hooks` installed, {}",
        enabled.id,
        env.short_path(&enabled.file),
        enabled.how_to_remove()
    );
    Some(Finding::new(FindingId::PluginBeside, sentence, Repair::ByHand).in_file(&enabled.file))
}

/// Says which plugin is in use, and what is known about the sessions that have loaded it.
pub fn notes(env: &Environment) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(plugin::find_enabled(env).map(|enabled| {
        format!("the plugin {} is enabled in {} and brings all hooks", enabled.id, env.short_path(&enabled.file))
    }));
    if !plugin::is_installed(env) {
        return notes;
    }
    notes.extend(plugin::module_switch(env).map(|place| {
        format!(
            "{} is off {place}: the module of the plugin does nothing in a session that gets this variable",
            plugin::MODULE_SWITCH
        )
    }));
    let mut collector = Collector::new(&env.config_dir);
    collector.read_all_signals();
    let sessions = collector.collect_evidence(SystemTime::now()).sessions;
    let is_of_module = |event: Option<&str>| MODULE_EVENT_RULES.iter().any(|rule| Some(rule.event) == event);
    let told = sessions.iter().find_map(|(session, evidence)| {
        let mut signals = evidence.signals.iter();
        let signal = signals.find(|signal| is_of_module(signal.members.hook_event_name.as_deref()))?;
        Some(format!("the plugin works: it told {} of session {session}", signal.members.hook_event_name.as_ref()?))
    });
    let has_told = told.is_some();
    notes.extend(told);
    let changed_at = plugin::changed_at(env);
    let is_older =
        |entry: &&RegistryEntry| entry.started_at.zip(changed_at).is_some_and(|(started, changed)| started < changed);
    let open = sessions.values().filter_map(|evidence| evidence.registry.as_ref());
    let (older, newer): (Vec<&RegistryEntry>, Vec<&RegistryEntry>) = open.partition(is_older);
    let list = |entries: &[&RegistryEntry]| {
        let names: Vec<String> =
            entries.iter().map(|entry| format!("session {} (process {})", entry.session, entry.pid)).collect();
        phrases::list_some(names.iter().map(String::as_str))
    };
    if !older.is_empty() {
        notes.push(format!(
            "a session loads the plugin when it starts, and the last change of the plugin was after the start of {}",
            list(&older)
        ));
    }
    if !newer.is_empty() && !has_told {
        notes.push(format!(
            "no signal shows yet that the plugin was loaded by {}; the plugin tells only what no hook tells, such as Esc",
            list(&newer)
        ));
    }
    notes
}
