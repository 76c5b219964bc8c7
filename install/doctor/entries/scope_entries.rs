//! The entries in the settings of one scope.

use std::path::PathBuf;

use crate::desired_state::SettingsSubject;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor::{self, EditPlan, EditRefusal, HookOwner, OwnEntry, WrappedCommand};
use crate::settings_file::SettingsFile;
use crate::{shared_settings, supported_events};

/// The entries in the settings of one scope.
pub struct ScopeEntries {
    /// The scope.
    pub scope: Scope,
    /// The settings file.
    pub file: PathBuf,
    /// The content of the settings.
    pub text: Vec<u8>,
    /// Whether other homes may use the same settings.
    is_linked: bool,
    /// The entries that start executables of this home.
    pub entries: Vec<OwnEntry>,
    /// The entries that start executables of other homes.
    pub others: Vec<OwnEntry>,
    /// The user's own commands that start our executables.
    pub wrapped: Vec<WrappedCommand>,
    /// What install would change, if that was asked and the settings are not refused.
    pub plan: Option<EditPlan>,
}

impl ScopeEntries {
    /// Reads the entries.
    ///
    /// # Errors
    /// If the settings editor refuses the settings.
    pub fn read_scope(env: &Environment, scope: Scope, settings: &SettingsFile) -> Result<Self, EditRefusal> {
        let text = settings.bytes().to_vec();
        let entries = settings_editor::own_entries(&text, &supported_events::owned_names())?;
        let is_of_another = |entry: &OwnEntry| env.hook_owner(scope, &entry.path, !entry.exec) == HookOwner::Another;
        let (others, entries) = entries.into_iter().partition(is_of_another);
        let mut wrapped = settings_editor::find_wrapped(&text, &supported_events::owned_names());
        wrapped.retain(|line| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here);
        let (file, is_linked) = (settings.path.clone(), shared_settings::find_sharing(env, &settings.path).is_some());
        Ok(Self { scope, file, text, is_linked, entries, others, wrapped, plan: None })
    }

    /// Returns the settings as the desired state needs them. In the settings of a project, entries of other homes are kept.
    pub fn subject(&self) -> SettingsSubject<'_> {
        let Self { scope, is_linked, .. } = *self;
        SettingsSubject { scope, is_linked, text: &self.text, keep_others: scope == Scope::Project }
    }

    /// Returns whether the settings start executables of this home, or have entries that this home should repair.
    pub fn is_ours(&self) -> bool {
        let has_entries_to_repair = self.scope != Scope::Project && !self.others.is_empty();
        has_entries_to_repair || !self.entries.is_empty() || !self.wrapped.is_empty()
    }

    /// Returns whether these are the settings of `~/.claude` although another configuration directory is in use. In the home
    /// directory, they count as the settings of the project. Doctor does not judge their entries.
    pub fn is_of_another_config(&self, env: &Environment) -> bool {
        let default_dir = env.home.as_ref().map(|home| home.join(".claude"));
        self.scope != Scope::User
            && default_dir.is_some_and(|dir| self.file.parent() == Some(&dir) && env.config_dir != dir)
    }
}
