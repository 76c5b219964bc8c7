//! What `hooks install` wants to register. It is decided once, and used by a dry run, a real run, and doctor.

use session_signals_protocol::EVENT_RULES;

use crate::cli_version::{self, CliVersion};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::script::{self, ScriptEffect};
use crate::settings_editor::{self, EditPlan, HookOwner, InstallRequest, OwnEntry, Registration, ReplacedScript};
use crate::{executables, supported_events};

/// How many seconds the CLI waits for a hook. Without this number it waits 1.5 s for a hook of `SessionEnd`.
const HOOK_TIMEOUT_SECONDS: u32 = 10;

/// What is to be registered, in any settings.
pub struct DesiredState {
    /// The version of the CLI, or the reason why it is unknown.
    pub claude: Result<CliVersion, String>,
    /// The directory of the executables, as JSON can contain it.
    executables_dir: String,
    /// Whether the scripts that the hooks replace stay registered.
    pub keep_scripts: bool,
    /// Whether `--daemons` was given.
    daemons: bool,
}

/// The settings to which a [`DesiredState`] is applied.
#[derive(Clone, Copy)]
pub struct SettingsSubject<'a> {
    /// The scope of the settings.
    pub scope: Scope,
    /// Whether other homes may use the same settings.
    pub is_linked: bool,
    /// The content of the settings.
    pub text: &'a [u8],
    /// Whether the entries of other homes stay as they are.
    pub keep_others: bool,
}

impl SettingsSubject<'_> {
    /// Returns whether more than one home uses the settings. `entries` are our entries in them. They then name no home, and a
    /// shell finds the executables.
    fn is_shared(&self, env: &Environment, entries: &[OwnEntry]) -> bool {
        let is_of_another =
            |entry: &OwnEntry| env.hook_owner(self.scope, &entry.path, !entry.exec) == HookOwner::Another;
        self.scope == Scope::Project
            || self.is_linked
            || entries.iter().any(|entry| entry.is_shared() || !self.keep_others && is_of_another(entry))
    }
}

impl DesiredState {
    /// Asks the CLI for its version, and decides what is to be registered.
    ///
    /// # Errors
    /// If the CLI is older than the oldest supported one, and if the configuration directory is not UTF-8.
    pub fn decide_desired(env: &Environment, keep_scripts: bool, daemons: bool) -> Result<Self, Refusal> {
        let claude = cli_version::installed_version(env);
        if let Some(version) = claude.as_ref().ok().filter(|version| **version < supported_events::OLDEST_CLI) {
            let oldest = supported_events::OLDEST_CLI;
            return Err(Refusal::new(format!(
                "claude {version} is older than {oldest}, the oldest version whose hooks are known. An event that it does not know would make it ignore all of your hooks. Update it with `claude update`"
            )));
        }
        let dir = env.executables_dir();
        let not_utf8 = || Refusal::new(format!("{} is not UTF-8, so JSON cannot contain it", dir.display()));
        let executables_dir = dir.to_str().ok_or_else(not_utf8)?.to_owned();
        Ok(Self { claude, executables_dir, keep_scripts, daemons })
    }

    /// Returns what is to be registered in these settings. If the version of the CLI is unknown, the events that an earlier run
    /// registered stay. Daemons stay in any case.
    #[must_use]
    pub fn registrations(&self, env: &Environment, subject: &SettingsSubject) -> Vec<Registration> {
        let entries = settings_editor::own_entries(subject.text, &supported_events::owned_names()).unwrap_or_default();
        let is_shared = subject.is_shared(env, &entries);
        let has_daemons = self.daemons || entries.iter().any(supported_events::is_daemon_entry);
        let version = self.claude.as_ref().ok().copied();
        let stays = |event| version.is_none() && entries.iter().any(|entry| entry.event == event);
        let registration = |event, name, args: &'static [&'static str]| {
            let (command, exec) = if is_shared {
                (settings_editor::shared_command(name, args), false)
            } else {
                executables::command_line(&format!("{}/{name}", self.executables_dir), args)
            };
            Registration { event, command, args: exec.then_some(args), timeout: HOOK_TIMEOUT_SECONDS }
        };
        let supported = EVENT_RULES
            .iter()
            .filter(|rule| supported_events::is_known_event(rule.event, version) || stays(rule.event));
        let hooks = supported.map(|rule| registration(rule.event, rule.hook.executable(), &[]));
        let daemons = supported_events::DAEMON_EVENTS.into_iter().filter(|_| has_daemons);
        hooks
            .chain(daemons.map(|(event, args)| registration(event, supported_events::SESSIONS_EXECUTABLE, args)))
            .collect()
    }

    /// Returns whether the settings start daemons: `--daemons` was given now, or in an earlier run.
    #[must_use]
    pub fn has_daemons(&self, text: &[u8]) -> bool {
        self.daemons || supported_events::has_daemon_entries(text)
    }

    /// Returns the commands of these settings that run a script to be replaced among other things. Only their owner can change
    /// them.
    #[must_use]
    pub fn compound_scripts(&self, env: &Environment, text: &[u8]) -> Vec<ReplacedScript> {
        if self.keep_scripts {
            return Vec::new();
        }
        settings_editor::compound_scripts(text, &|path| script::script_effect(env, path) == ScriptEffect::Writes)
    }

    /// Returns the scripts that have the names of a session dashboard's scripts, but whose text does not show whether they
    /// write signals.
    #[must_use]
    pub fn unclear_scripts(&self, env: &Environment, text: &[u8]) -> Vec<ReplacedScript> {
        if self.keep_scripts {
            return Vec::new();
        }
        settings_editor::find_scripts(text, &|path| script::script_effect(env, path) == ScriptEffect::Unclear)
    }

    /// Plans the change of these settings.
    ///
    /// # Errors
    /// If the settings editor refuses the settings.
    pub fn plan_for(
        &self,
        env: &Environment,
        subject: &SettingsSubject,
    ) -> Result<EditPlan, settings_editor::EditRefusal> {
        let request = InstallRequest {
            registrations: &self.registrations(env, subject),
            owned: &supported_events::owned_names(),
            owner_of_path: &|path, by_shell| env.hook_owner(subject.scope, path, by_shell),
            keep_others: subject.keep_others,
            keep_scripts: self.keep_scripts,
            writes_signals: &|path| script::script_effect(env, path) == ScriptEffect::Writes,
        };
        settings_editor::plan_install(subject.text, &request)
    }
}
