//! The eight executables.

/// The executables, each named after the script or the event it stands for.
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
}

/// All executables.
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
    /// The executable's file name.
    #[must_use]
    pub fn executable(self) -> &'static str {
        match self {
            Self::SessionStart => "hook-session-start",
            Self::UserPromptSubmit => "hook-user-prompt-submit",
            Self::PermissionRequest => "hook-permission-request",
            Self::PostToolUse => "hook-post-tool-use",
            Self::SubagentStop => "hook-subagent-stop",
            Self::Compact => "hook-compact",
            Self::Stop => "hook-stop",
            Self::SessionEnd => "hook-session-end",
        }
    }
}
