//! The members of a signal that readers use.

use std::path::PathBuf;

use serde::Deserialize;
use session_signals_protocol::TaskKind;

use crate::lenient_json::{each, lenient, or_default};
use crate::pending_call::PendingCall;

/// The members of a signal that this library uses. A signal file has more: the whole payload of its event.
///
/// A member that is missing or has another type than expected is `None`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignalMembers {
    /// The event that wrote the signal, such as `UserPromptSubmit`. A repaired signal has none.
    #[serde(deserialize_with = "lenient")]
    pub hook_event_name: Option<String>,
    /// The working directory of the session at the event.
    #[serde(deserialize_with = "lenient")]
    pub cwd: Option<PathBuf>,
    /// The path of the session's transcript.
    #[serde(deserialize_with = "lenient")]
    pub transcript_path: Option<PathBuf>,
    /// The user's prompt, in a `working` signal.
    #[serde(deserialize_with = "lenient")]
    pub prompt: Option<String>,
    /// The last message of the agent, in a `stop` signal.
    #[serde(deserialize_with = "lenient")]
    pub last_assistant_message: Option<String>,
    /// The error that ended the turn, in a `stop` signal of the event `StopFailure`.
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
    /// Why the session ended, in an `ended` signal. Why the turn ended, in a `stop` signal of the module.
    #[serde(deserialize_with = "lenient")]
    pub reason: Option<String>,
    /// The tasks that were there when the turn ended.
    #[serde(deserialize_with = "each")]
    pub background_tasks: Option<Vec<BackgroundTask>>,
    /// The calls that wait, oldest first, in a `permission` signal. Empty if it is not known which call waits.
    #[serde(deserialize_with = "each")]
    pub pending: Option<Vec<PendingCall>>,
    /// The rule by which a repair wrote the signal; `None` if a hook wrote it.
    #[serde(deserialize_with = "lenient")]
    pub healed_by: Option<String>,
    /// The PID of the CLI, in the pid namespace of [`claude_host`](Self::claude_host).
    #[serde(deserialize_with = "lenient")]
    pub claude_pid: Option<u32>,
    /// When that process started, in clock ticks since the boot.
    #[serde(deserialize_with = "lenient")]
    pub claude_start: Option<u64>,
    /// Where that process runs: `<nodename>/<inode of the pid namespace>`.
    #[serde(deserialize_with = "lenient")]
    pub claude_host: Option<String>,
}

impl SignalMembers {
    /// Returns the rule of the state that the user brought about, if a `stop` signal says that the user did: by Esc, by a denial or by
    /// a prompt that was blocked. `None` if Claude Code ended the turn.
    ///
    /// The module of the plugin tells the end of a turn only if no `Stop` has told it, so an `answer` is the end after a denial.
    #[must_use]
    pub fn rule_of_users_act(&self) -> Option<&'static str> {
        match (self.hook_event_name.as_deref(), self.reason.as_deref(), self.healed_by.as_deref()) {
            (Some("TurnEnd" | "AgentEnd"), Some("aborted" | "answer"), _) | (Some("PromptDropped"), ..) => {
                Some("interrupted")
            }
            (None, _, Some("dialog" | "interrupted" | "marked")) => Some("interrupted"),
            (None, _, Some("denied")) => Some("denied"),
            _ => None,
        }
    }

    /// Returns whether a task that works by itself, such as a subagent, went on after the turn. Such a task may ask for
    /// permission; a background shell never does.
    #[must_use]
    pub fn has_delegated_task(&self) -> bool {
        let kind = |task: &BackgroundTask| TaskKind::classify(task.r#type.as_bytes(), task.status.as_bytes());
        self.background_tasks.iter().flatten().any(|task| kind(task) != TaskKind::Irrelevant)
    }
}

/// A task that was there when a turn ended. A member that is missing or has another type than expected is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackgroundTask {
    /// What the task is: `shell`, `subagent`, `teammate`, `workflow` or a word of a later CLI.
    #[serde(deserialize_with = "or_default")]
    pub r#type: String,
    /// What the task does, such as `running`.
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    /// The CLI's description of the task.
    #[serde(deserialize_with = "or_default")]
    pub description: String,
}
