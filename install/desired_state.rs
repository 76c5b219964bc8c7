//! What `hooks install` wants: decided once, for a dry run, a real one, and doctor.

use session_signals_protocol::EVENT_RULES;

use crate::cli_version::{self, CliVersion};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::script::{self, ScriptEffect};
use crate::settings_editor::{self, EditPlan, HookOwner, InstallRequest, OwnEntry, Registration, ReplacedScript};
use crate::{executables, supported_events};

/// Seconds that the CLI gives a hook. With none given it ends those of `SessionEnd` after 1.5 s.
const HOOK_TIMEOUT_SECONDS: u32 = 10;

/// What is to be installed: the same for a dry run, a real one, and doctor.
pub struct DesiredState {
    /// The CLI's version, or why it is unknown.
    pub claude: Result<CliVersion, String>,
    folder: String,
    /// Whether the scripts that the hooks replace stay.
    pub keep_scripts: bool,
    daemons: bool,
}

/// The settings that something is wanted of.
#[derive(Clone, Copy)]
pub struct SettingsSubject<'a> {
    /// Whose they are.
    pub scope: Scope,
    /// Whether they lie where other homes may have them, too.
    pub is_linked: bool,
    /// What they hold.
    pub text: &'a [u8],
    /// Whether the entries of other homes are left as they are.
    pub keep_others: bool,
}

impl SettingsSubject<'_> {
    /// Whether more homes than this one read them: then an entry names no home. A shell has to start it.
    fn is_shared(&self, env: &Environment) -> bool {
        let there = settings_editor::own_entries(self.text, &supported_events::owned_names()).unwrap_or_default();
        let is_of_another =
            |entry: &OwnEntry| env.hook_owner(self.scope, &entry.path, !entry.exec) == HookOwner::Another;
        let is_shared = |entry: &OwnEntry| !entry.exec && entry.command != entry.path && is_shared_line(entry);
        self.scope == Scope::Project
            || self.is_linked
            || there.iter().any(|entry| is_shared(entry) || !self.keep_others && is_of_another(entry))
    }
}

fn is_shared_line(entry: &OwnEntry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let args: Vec<&str> = entry.args.iter().map(String::as_str).collect();
    entry.command == settings_editor::shared_command(name, &args)
}

impl DesiredState {
    /// Asks the CLI, and decides.
    ///
    /// # Errors
    /// A CLI too old for any of it; a config dir that JSON cannot name.
    pub fn decide_desired(env: &Environment, keep_scripts: bool, daemons: bool) -> Result<Self, Refusal> {
        let claude = cli_version::installed_version(env);
        if let Some(version) = claude.as_ref().ok().filter(|version| **version < supported_events::OLDEST_CLI) {
            let oldest = supported_events::OLDEST_CLI;
            return Err(Refusal::new(format!(
                "claude {version} is older than {oldest}, the first whose hooks are known: one event too new would make it drop all of yours; `claude update`"
            )));
        }
        let folder = env.executables_dir();
        let not_text = || Refusal::new(format!("{} is not UTF-8, which JSON has to be", folder.display()));
        let folder = folder.to_str().ok_or_else(not_text)?.to_owned();
        Ok(Self { claude, folder, keep_scripts, daemons })
    }

    /// What is registered in these settings. Where the CLI's version is unknown, what an earlier run that knew it
    /// has registered stays; and so do daemons.
    #[must_use]
    pub fn registrations(&self, env: &Environment, subject: &SettingsSubject) -> Vec<Registration> {
        let text = subject.text;
        let is_shared = subject.is_shared(env);
        let version = self.claude.as_ref().ok().copied();
        let there = settings_editor::own_entries(text, &supported_events::owned_names()).unwrap_or_default();
        let stays = |event| version.is_none() && there.iter().any(|entry| entry.event == event);
        let registration = |event, name, args: &'static [&'static str]| {
            let (command, exec) = if is_shared {
                (settings_editor::shared_command(name, args), false)
            } else {
                executables::command_line(&format!("{}/{name}", self.folder), args)
            };
            Registration { event, command, args: exec.then_some(args), timeout: HOOK_TIMEOUT_SECONDS }
        };
        let known = EVENT_RULES
            .iter()
            .filter(|rule| supported_events::is_known_event(rule.event, version) || stays(rule.event));
        let hooks = known.map(|rule| registration(rule.event, rule.hook.executable(), &[]));
        let daemons = supported_events::DAEMON_EVENTS.into_iter().filter(|_| self.has_daemons(text));
        hooks
            .chain(daemons.map(|(event, args)| registration(event, supported_events::SESSIONS_EXECUTABLE, args)))
            .collect()
    }

    /// Whether daemons are to be started: they were asked for, now or when these settings were made.
    #[must_use]
    pub fn has_daemons(&self, text: &[u8]) -> bool {
        self.daemons || supported_events::has_daemon_entries(text)
    }

    /// The lines of these settings that run one of the scripts among other things: they are their owner's to change.
    #[must_use]
    pub fn compound_scripts(&self, env: &Environment, text: &[u8]) -> Vec<ReplacedScript> {
        if self.keep_scripts {
            return Vec::new();
        }
        settings_editor::compound_scripts(text, &|path| script::script_effect(env, path) == ScriptEffect::Writes)
    }

    /// The dashboards' scripts, by their names, of which their text does not tell whether they write signals.
    #[must_use]
    pub fn unclear_scripts(&self, env: &Environment, text: &[u8]) -> Vec<ReplacedScript> {
        if self.keep_scripts {
            return Vec::new();
        }
        settings_editor::find_scripts(text, &|path| script::script_effect(env, path) == ScriptEffect::Unclear)
    }

    /// What becomes of these settings.
    ///
    /// # Errors
    /// The editor's refusals.
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
