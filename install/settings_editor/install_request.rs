//! What the editor is asked to do, and whose an entry is.

use super::{ownership, registration::Registration, settings_hook::SettingsHook};

/// Everything that the plan of an installation depends on, besides the text of the settings.
///
/// The editor reads no files. What it must know about files, it asks through `owner_of_path` and `writes_signals`.
pub struct InstallRequest<'a> {
    /// What is to be registered. At most one registration for each event and executable. Each of them must be ours by
    /// [`owned_executable`](ownership::owned_executable), or a later run could not recognise it.
    pub registrations: &'a [Registration],
    /// The file names of our executables, those of earlier versions included. If arguments follow a name, the
    /// executable is ours only with these arguments first: `sessions daemons start`.
    pub owned: &'a [&'a str],
    /// Whether the scripts of session dashboards stay registered.
    pub keep_scripts: bool,
    /// Returns whose installation the program at a path belongs to. The arguments are the path as its command spells
    /// it, and whether a shell reads that command.
    pub owner_of_path: &'a dyn Fn(&str, bool) -> HookOwner,
    /// Whether the entries of other homes stay as they are. If not, they are updated like our own.
    pub keep_others: bool,
    /// Returns whether the script at a path, as its command spells it, writes session signals. It is asked only about
    /// scripts with the names that we replace.
    pub writes_signals: &'a dyn Fn(&str) -> bool,
}

impl<'a> InstallRequest<'a> {
    /// Returns which of our executables a hook starts. `None` if the hook is not ours.
    pub fn executable_of(&self, hook: &SettingsHook) -> Option<&'a str> {
        ownership::owned_executable(&hook.command, self.owned)
    }

    /// Returns which of our executables a registration starts.
    pub fn registered_executable(&self, registration: &Registration) -> Option<&'a str> {
        ownership::owned_executable(&registration.parsed_command(), self.owned)
    }

    /// Returns whose installation the program of a hook belongs to.
    pub fn owner_of_hook(&self, hook: &SettingsHook) -> HookOwner {
        (self.owner_of_path)(&hook.command.program, !hook.is_exec())
    }

    /// Returns whether a hook belongs to another home and is to stay as it is.
    pub fn leaves_to_other_home(&self, hook: &SettingsHook) -> bool {
        self.keep_others && self.owner_of_hook(hook) == HookOwner::Another
    }
}

/// Whose an entry is. The location of the executable that the entry starts decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookOwner {
    /// The installation that is being made or removed.
    Here,
    /// An earlier installation of this home, or a checkout of the project.
    Former,
    /// An installation in another home: the entry is another user's, or another computer's.
    Another,
}
