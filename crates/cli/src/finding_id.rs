//! The findings of `hooks doctor`.

/// Defines the enum, its list and its names from one list, so that none of the three can lack a finding.
macro_rules! finding_ids {
    ($($(#[$doc:meta])* $variant:ident = $id:literal,)+) => {
        /// One kind of finding of `hooks doctor`. `docs/troubleshooting.md` explains each of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FindingId {
            $($(#[$doc])* $variant,)+
        }

        /// All findings, in the order in which `docs/troubleshooting.md` explains them.
        pub const FINDING_IDS: &[FindingId] = &[$(FindingId::$variant,)+];

        impl FindingId {
            /// Returns the id as doctor prints it. Programs read it, so it never changes.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }
        }
    };
}

finding_ids! {
    /// No settings file registers the hooks.
    NotInstalled = "not-installed",
    /// The CLI is older than the oldest one whose hooks are known.
    ClaudeTooOld = "claude-too-old",
    /// A settings file cannot be read, or is not what the CLI accepts.
    SettingsUnusable = "settings-unusable",
    /// A setting turns all hooks off.
    HooksDisabled = "hooks-disabled",
    /// An event is not registered.
    EntryMissing = "entry-missing",
    /// An event is registered as another version of `hooks` registers it.
    EntryOutdated = "entry-outdated",
    /// An event is registered more than once in one file.
    EntryDuplicated = "entry-duplicated",
    /// The settings of a project register executables in another user's home.
    EntryOfAnotherHome = "entry-of-another-home",
    /// An event is registered in two settings files that apply at the same time.
    EntryInTwoScopes = "entry-in-two-scopes",
    /// The settings register an event that the CLI does not know.
    EntryUnknownEvent = "entry-unknown-event",
    /// A script that writes the same signals is registered, too.
    ScriptBeside = "script-beside",
    /// A registered executable does not exist.
    ExecutableGone = "executable-gone",
    /// A registered file may not be executed.
    ExecutableNotExecutable = "executable-not-executable",
    /// A registered executable cannot be read.
    ExecutableUnreadable = "executable-unreadable",
    /// A registered executable was built for another kind of computer.
    ExecutableForeign = "executable-foreign",
    /// A registered executable differs from the one beside this `hooks`.
    ExecutableStale = "executable-stale",
    /// A registered executable lies on a file system that is mounted `noexec`.
    ExecutableNoexec = "executable-noexec",
    /// A registered executable starts and fails.
    ExecutableFails = "executable-fails",
    /// Other users may write to the signal directory.
    SpoolOpen = "spool-open",
    /// Other users may read the signal directory.
    SpoolReadable = "spool-readable",
    /// The user cannot write to the signal directory, or cannot make it.
    SpoolUnwritable = "spool-unwritable",
    /// The path of the signal directory is taken by something else.
    SpoolNotADirectory = "spool-not-a-directory",
    /// The signal directory belongs to another user.
    SpoolNotOurs = "spool-not-ours",
    /// A session has two signals that cannot both be true.
    SignalConflict = "signal-conflict",
    /// A signal is empty or consists of NUL bytes.
    SignalEmpty = "signal-empty",
    /// A signal cannot be read, or is not a JSON object.
    SignalUnreadable = "signal-unreadable",
    /// A session ended longer ago than the CLI keeps its transcripts.
    SignalOld = "signal-old",
    /// A killed process left a temporary file.
    OrphanTemporary = "orphan-temporary",
    /// A killed hook left a signal under a temporary name.
    SignalAside = "signal-aside",
    /// A killed `hooks` left settings under a temporary name.
    SettingsLeftAside = "settings-left-aside",
    /// A program wrote to a backup after the backup was made.
    BackupWrittenLate = "backup-written-late",
    /// Files that should be this user's belong to root.
    OwnedByRoot = "owned-by-root",
    /// Root runs doctor on the directory of another user.
    RunByRoot = "run-by-root",
    /// The file that describes the service is not as this version writes it.
    ServiceOutdated = "service-outdated",
    /// The service is installed and does not run.
    ServiceNotRunning = "service-not-running",
    /// The service cannot do what its options for other machines ask for.
    ServiceNotSharing = "service-not-sharing",
    /// Files of the plugin are missing, or another version wrote them.
    PluginOutdated = "plugin-outdated",
    /// Somebody else wrote files that are in the place of the plugin.
    PluginForeign = "plugin-foreign",
    /// Claude Code does not load the plugin.
    PluginNotLoaded = "plugin-not-loaded",
    /// The stand-alone plugin is enabled beside the hooks in the settings.
    PluginBeside = "plugin-beside",
    /// A link to `sessions` or `hooks` is missing, leads to another place, or is not needed.
    LinkOutdated = "link-outdated",
    /// Completions or man pages are missing, or another version wrote them.
    CompletionsOutdated = "completions-outdated",
    /// A session runs and has no signal.
    SessionSilent = "session-silent",
}
