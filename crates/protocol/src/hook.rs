//! The eight hook executables, and the one that the module starts.
//!
//! A new one also needs a file in `src/bin` and a `[[bin]]` section in the root `Cargo.toml`.

/// A hook executable. Most of them handle the event of the same name; [`crate::EVENT_RULES`] lists the others. `Mod` is not
/// registered in `settings.json`: the module of the plugin starts it. It handles [`crate::MODULE_EVENT_RULES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its name")]
pub enum Hook {
    SessionStart,
    UserPromptSubmit,
    PermissionRequest,
    PostToolUse,
    SubagentStop,
    Compact,
    Stop,
    SessionEnd,
    Mod,
}

/// The hook executables that `settings.json` registers.
pub const HOOKS: [Hook; 8] = [
    Hook::SessionStart,
    Hook::UserPromptSubmit,
    Hook::PermissionRequest,
    Hook::PostToolUse,
    Hook::SubagentStop,
    Hook::Compact,
    Hook::Stop,
    Hook::SessionEnd,
];

impl Hook {
    /// Returns the file name of the executable.
    #[must_use]
    pub const fn executable(self) -> &'static str {
        match self {
            Self::SessionStart => "hook-session-start",
            Self::UserPromptSubmit => "hook-user-prompt-submit",
            Self::PermissionRequest => "hook-permission-request",
            Self::PostToolUse => "hook-post-tool-use",
            Self::SubagentStop => "hook-subagent-stop",
            Self::Compact => "hook-compact",
            Self::Stop => "hook-stop",
            Self::SessionEnd => "hook-session-end",
            Self::Mod => "hook-mod",
        }
    }
}
