//! What `hooks install` warns of.

use session_signals_cli::{NEWEST_TESTED_CLI, PrivateDirFault};

use crate::cli_version::CliVersion;
use crate::command_line::InstallOptions;
use crate::desired_state::DesiredState;
use crate::disabled_hooks::DisabledHooks;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::phrases::{self, WrappedLines};
use crate::report::Report;
use crate::write_fault::WriteFault;
use crate::{directory_mentions, plugin, shared_settings, signal_dir, supported_events, user_files};

/// Warns of what keeps the hooks from working, or lets them work only in part.
pub fn about_circumstances(
    env: &Environment,
    desired: &DesiredState,
    scope: Scope,
    disabled: &[DisabledHooks],
) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(reason) = &desired.claude {
        warnings.push(format!(
            "the version of Claude Code is unknown ({reason}): only the events that every version since {} knows are registered",
            supported_events::OLDEST_CLI
        ));
    }
    for disabled in disabled {
        let who = if disabled.scope.is_none() { " by the administrator of this computer" } else { "" };
        let file = env.short_path(&disabled.file);
        warnings.push(format!("{} is set{who} in {file}: the hooks will not run", disabled.setting));
    }
    if scope == Scope::Project {
        warnings.push(
            "everybody in this project gets these entries. They do nothing for people who have not run `hooks install`. `--scope local` registers the hooks for you alone"
                .to_owned(),
        );
    }
    let dir = env.short_path(&env.signal_dir());
    match signal_dir::find_fault(&env.signal_dir()) {
        Some(PrivateDirFault::NotADirectory) => {
            warnings.push(format!("{dir} is not a directory: the hooks will refuse it"));
        }
        Some(PrivateDirFault::NotOurs(owner)) => {
            warnings.push(format!("{dir} belongs to user {owner}: the hooks will refuse it"));
        }
        Some(PrivateDirFault::Writable(_) | PrivateDirFault::Readable(_)) | None => {
            // What the mode is the reason for, this run repairs.
            let fault = signal_dir::find_write_fault(&env.signal_dir());
            let fault = fault.filter(|fault| !matches!(fault, WriteFault::Mode(_)));
            warnings.extend(fault.map(|fault| fault.describe(env, &env.signal_dir())));
        }
    }
    warnings
}

/// Warns of what keeps Claude Code from loading the plugin, if the plugin is to stay, and of a version that was not tried.
pub fn about_plugin(env: &Environment, desired: &DesiredState, options: &InstallOptions) -> Vec<String> {
    if options.no_plugin || !options.plugin && !plugin::is_installed(env) {
        return Vec::new();
    }
    let mut warnings = Vec::new();
    if let Ok(claude) = desired.claude {
        if claude < plugin::FIRST_CLI {
            warnings.push(format!("Claude Code {claude} ignores the plugin: it is for {} or newer", plugin::FIRST_CLI));
        }
        warnings.extend(untried_plugin(env, claude).filter(|_| options.plugin));
    }
    // What turns all hooks off has a warning of its own.
    let obstacles = plugin::find_obstacles(env).into_iter().filter(|obstacle| !obstacle.stops_hooks);
    warnings.extend(obstacles.map(|obstacle| obstacle.sentence));
    warnings
}

/// Says why a program has no link, and what the user has to do so that a shell finds the links, the completions and the man
/// pages.
pub fn about_user_files(env: &Environment, options: &InstallOptions, report: &Report) -> Vec<String> {
    let mut warnings = user_files::link_notes(env);
    if options.dry_run {
        return warnings;
    }
    warnings.extend(user_files::note_on_search_path(env));
    if options.completions || !report.completions.is_empty() {
        warnings.extend(user_files::notes_on_completions(env));
    }
    warnings
}

/// Returns a sentence if the plugin is installed and the CLI is newer than the newest version that the plugin was tried with.
#[must_use]
pub fn untried_plugin(env: &Environment, claude: CliVersion) -> Option<String> {
    let tried = CliVersion::parse(NEWEST_TESTED_CLI)?;
    (plugin::is_installed(env) && claude > tried).then(|| {
        format!(
            "the plugin runs inside Claude Code and was tried with versions up to {tried}, not with {claude}. If Claude Code misbehaves, set SESSION_SIGNALS_MOD=off, or remove the plugin with `hooks install --no-plugin`"
        )
    })
}

/// Explains entries that differ from the usual ones: those of shared settings and of other homes, and those that the user's own
/// commands replace.
pub fn about_entries(env: &Environment, report: &Report) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(sharing) = shared_settings::find_sharing(env, &report.file).filter(|_| report.scope != Scope::Project) {
        warnings.push(format!(
            "{} {}: its entries name no home directory, so every home that shares the file can use them. Run `hooks install` once in each of these homes; in the others the entries do nothing",
            env.short_path(&report.file),
            sharing.describe_sharing(env)
        ));
    }
    if !report.of_others.is_empty() {
        let mut commands: Vec<&str> = report.of_others.iter().map(|entry| entry.command.as_str()).collect();
        commands.sort_unstable();
        commands.dedup();
        warnings.push(format!(
            "entries of another home were changed: they now work in every home where `hooks install` was run: `{}`",
            commands.join("`, `")
        ));
    }
    warnings.extend(WrappedLines::from_wrapped(&report.by_hand.iter().collect::<Vec<_>>()).map(|lines| {
        let WrappedLines { events, executables, commands, many } = lines;
        let (start, it) = if many { ("lines of your own start", "them") } else { ("your own line starts", "it") };
        format!("for {events} {start} {executables}: {commands}; no entry was added beside {it}")
    }));
    warnings
}

/// Warns of other commands in these settings that may write the same signals.
pub fn about_other_commands(env: &Environment, desired: &DesiredState, scope: Scope, text: &[u8]) -> Vec<String> {
    let unclear = phrases::describe_scripts(&desired.unclear_scripts(env, text)).map(|(commands, events)| {
        format!(
            "{commands} for {events} has the name of a script of a session dashboard such as claude-code-ui. Its text does not show whether it writes signals, so it stays registered. If it writes signals, remove it by hand"
        )
    });
    let compound = phrases::describe_scripts(&desired.compound_scripts(env, text)).map(|(commands, events)| {
        format!(
            "for {events}, a command still runs a script that writes the same signals: {commands}; remove the script from it by hand"
        )
    });
    let mentions = directory_mentions::mentions_of_scope(env, scope, text);
    let mentions = directory_mentions::list_mentions(&mentions).map(|commands| {
        format!(
            "these commands name the directory of the executables, and `hooks` cannot tell what they start, so the entries are registered as well: {commands}"
        )
    });
    [unclear, compound, mentions].into_iter().flatten().collect()
}
