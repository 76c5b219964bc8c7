//! One session, as it is shown to users and printed as JSON.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use session_signals_protocol::SignalKind;

use crate::call_target::call_target;
use crate::conversation::Conversation;
use crate::dashboard_members::DashboardMembers;
use crate::evidence::Evidence;
use crate::git_checkout::GitCheckout;
use crate::pending_call::PendingCall;
use crate::registry_entry::RegistryEntry;
use crate::session_json;
use crate::session_signals::SessionSignals;
use crate::session_state::{DecidedState, SessionState};
use crate::signal::{Signal, parse_stamp};
use crate::state_rules::{STARTED_RULE, decide_state};

/// The version of the JSON of a session, which `sessions --json` and `sessions serve` write as the member `format`.
///
/// Members may be added without a new version; a program ignores members that it does not know. The version changes only if
/// a member that exists gets another meaning or is no longer written.
pub const JSON_FORMAT: u32 = 1;

/// What stands in the place of a rule if the machine of a session cannot be reached.
pub const UNREACHABLE_RULE: &str = "unreachable";

/// A word of this crate. (serde would borrow a `&'static str` from what is read. It does not look behind this name.)
pub type FixedWord = &'static str;

/// What one session does, and what a user wants to know about it. `sessions --json` prints this as JSON: see `docs/json.md`. What
/// another machine has printed can be read again. Members that are not known here are ignored.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The version of this format: [`JSON_FORMAT`].
    pub format: u32,
    /// The id of the session.
    pub session_id: String,
    /// The state in the words of session dashboards: `working`, `waiting`, or `idle` for a session that has ended or whose machine
    /// cannot be reached.
    #[serde(deserialize_with = "session_json::status")]
    pub status: FixedWord,
    /// The state, with approval and waiting told apart.
    pub state: SessionState,
    /// Whether the session is open: its CLI is not known to have ended.
    pub has_process: bool,
    /// Whether a call waits for the user's approval.
    pub has_pending_tool_use: bool,
    /// The oldest call that waits. `None` also if it is not known which call waits.
    pub pending_permission: Option<PendingPermission>,
    /// How many calls wait.
    pub pending_count: usize,
    /// The working directory of the session. In JSON: an empty text if it is not known.
    #[serde(with = "session_json::path")]
    pub cwd: Option<PathBuf>,
    /// The last part of `cwd`.
    pub project: Option<String>,
    /// The branch that is checked out in `cwd`. [`Session::from_evidence`] leaves it empty, because it reads no files:
    /// [`Session::set_checkout`] sets it.
    pub branch: Option<String>,
    /// The name that the CLI gave the session.
    pub name: Option<String>,
    /// When any source last changed for the session. In JSON: RFC 3339 in UTC, with milliseconds.
    #[serde(with = "session_json::time")]
    pub last_activity_at: SystemTime,
    /// Since when the session is in this state. In JSON: RFC 3339 in UTC, with milliseconds.
    #[serde(with = "session_json::time")]
    pub since: SystemTime,
    /// Why the session is in this state, in a few words.
    pub reason: String,
    /// The id of the rule that decided the state: see [`STATE_RULES`](crate::STATE_RULES).
    #[serde(deserialize_with = "session_json::rule")]
    pub rule: FixedWord,
    /// The tasks that went on after the turn, such as `shell npm run dev`.
    pub background: Vec<String>,
    /// The error that ended the last turn.
    pub error: Option<String>,
    /// Why the session ended, in the CLI's words.
    pub end_reason: Option<String>,
    /// The PID of the CLI. It is a PID of another host if `host` is set.
    pub pid: Option<u32>,
    /// The host of the CLI, if it is another one than ours: `<nodename>/<inode of the pid namespace>`.
    pub host: Option<String>,
    /// The machine of the session, if it is another one than ours. `pid` is a PID of that machine then.
    pub machine: Option<String>,
    /// The prompt of the turn, while the session works.
    pub prompt: Option<String>,
    /// The last message of the agent, while the session waits.
    pub last_message: Option<String>,
    /// What the pages of session dashboards require.
    #[serde(flatten)]
    pub dashboard: DashboardMembers,
    /// The path of the transcript, if a signal names it. It is no member of the JSON.
    #[serde(skip)]
    pub transcript_path: Option<PathBuf>,
}

/// A call that waits for the user's approval.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingPermission {
    /// The name of the tool; `Elicitation` if an MCP server asks a question.
    pub tool_name: String,
    /// The input of the tool; `{"message": …}` for the question of an MCP server.
    pub tool_input: Value,
    /// The id of the subagent that asks; `None` for the main agent.
    pub agent_id: Option<String>,
    /// When the call was made, if the signal says so. In JSON: RFC 3339 in UTC, with milliseconds.
    #[serde(with = "session_json::optional_time")]
    pub pending_since: Option<SystemTime>,
}

impl PendingPermission {
    fn from_call(call: &PendingCall) -> Self {
        let message = call.message.as_ref().map_or(Value::Null, |message| serde_json::json!({ "message": message }));
        Self {
            tool_name: call.tool_name.clone().unwrap_or_else(|| call.hook_event_name.clone()),
            tool_input: if call.tool_input.is_null() { message } else { call.tool_input.clone() },
            agent_id: call.agent_id.clone(),
            pending_since: parse_stamp(&call.pending_since),
        }
    }

    /// Returns what the call is about: its command, its file, its pattern or its question, or else its whole input. Empty if there
    /// is no input.
    #[must_use]
    pub fn target(&self) -> Cow<'_, str> {
        call_target(&self.tool_input)
    }
}

impl Session {
    /// Decides what the session does at `now`, and collects what is shown about it. Reads nothing.
    #[must_use]
    pub fn from_evidence(session_id: &str, evidence: &Evidence, now: SystemTime) -> Self {
        let DecidedState { state, rule, reason, since } = decide_state(evidence, now);
        let signals = &evidence.signals;
        let registry = evidence.registry.as_ref();
        let newest = signals.newest(now);
        let members = newest.map(|signal| &signal.members);
        // The member of a signal counts only while the session does what the signal says.
        let in_force = |kind| signals.in_force(kind, now).filter(|_| state == SessionState::of_signal(kind));
        let stop = in_force(SignalKind::Stop);
        let working = in_force(SignalKind::Working);
        let ended = in_force(SignalKind::Ended);
        let permission = signals.get(SignalKind::Permission).filter(|_| state == SessionState::Permission);
        let calls = permission.and_then(|permission| permission.members.pending.as_deref()).unwrap_or_default();
        let cwd = current_dir(newest, registry).cloned();
        let activity = [
            newest.map(|signal| signal.time),
            registry.map(|entry| entry.status_changed_at),
            evidence.transcript.as_ref().and_then(|transcript| transcript.written_at),
        ];
        let tasks = members.and_then(|members| members.background_tasks.as_deref()).unwrap_or_default();
        let running = tasks.iter().filter(|task| task.status == "running" && state != SessionState::Ended);
        let mut background: Vec<_> = running.map(|task| format!("{} {}", task.r#type, task.description)).collect();
        if rule == "background" && background.is_empty() {
            background.push("shell".to_owned());
        }
        let error = stop.and_then(|stop| stop.members.error.clone());
        let pending_permission = calls.first().map(PendingPermission::from_call);
        let name = registry.and_then(|entry| entry.name.clone());
        let prompt = members.and_then(|members| members.prompt.as_deref());
        let dashboard = DashboardMembers::new(name.as_deref(), prompt, pending_permission.as_ref());
        let is_elsewhere = !evidence.is_of_this_host && registry.is_none_or(|entry| entry.namespace.is_some());
        Self {
            format: JSON_FORMAT,
            session_id: session_id.to_owned(),
            status: match state {
                SessionState::Working => "working",
                SessionState::Permission | SessionState::Waiting => "waiting",
                SessionState::Ended | SessionState::Unreachable => "idle",
            },
            state,
            has_process: state != SessionState::Ended,
            has_pending_tool_use: state == SessionState::Permission,
            pending_permission,
            pending_count: if state == SessionState::Permission { calls.len().max(1) } else { 0 },
            project: cwd.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()),
            branch: None,
            cwd,
            name,
            last_activity_at: activity.into_iter().flatten().max().map_or(now, |time| time.min(now)),
            since,
            reason: if error.is_some() { "an error ended the turn".to_owned() } else { reason.to_owned() },
            rule,
            background,
            error,
            end_reason: ended.and_then(|ended| ended.members.reason.clone()),
            pid: registry.map(|entry| entry.pid).or_else(|| members?.claude_pid),
            host: members.filter(|_| is_elsewhere).and_then(|members| members.claude_host.clone()),
            machine: None,
            prompt: working.and_then(|working| working.members.prompt.clone()),
            last_message: stop.and_then(|stop| stop.members.last_assistant_message.clone()),
            dashboard,
            transcript_path: transcript_path(signals, newest).cloned(),
        }
    }

    /// Adds what is known of the git checkout around `cwd`.
    pub fn set_checkout(&mut self, checkout: &GitCheckout) {
        self.branch.clone_from(&checkout.branch);
        self.dashboard.set_checkout(checkout);
    }

    /// Adds what is known of the conversation.
    pub fn set_conversation(&mut self, conversation: &Conversation) {
        self.dashboard.set_conversation(self.name.as_deref(), conversation);
    }

    /// Reads the transcript of the session, and adds what it shows: see [`set_conversation`](Self::set_conversation). Adds nothing if
    /// the transcript cannot be read.
    pub fn read_conversation(&mut self, config_dir: &Path) {
        let path = self.find_transcript(config_dir);
        if let Some(conversation) = path.and_then(|path| Conversation::read(&path).ok()) {
            self.set_conversation(&conversation);
        }
    }

    /// Returns where the transcript of the session should be: what a signal says, or else where the CLI puts the transcripts of
    /// sessions that are started in `cwd`.
    #[must_use]
    pub fn find_transcript(&self, config_dir: &Path) -> Option<PathBuf> {
        // A relative path would be looked up in the directory of the reader.
        if let Some(path) = self.transcript_path.as_ref().filter(|path| path.is_absolute()) {
            return Some(path.clone());
        }
        let keep = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let directory: String = self.cwd.as_ref()?.to_str()?.chars().map(keep).collect();
        Some(config_dir.join("projects").join(directory).join(format!("{}.jsonl", self.session_id)))
    }

    /// Returns what tells the session from all others, also from those of other machines: its id, after the machine if that is
    /// another one.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.machine {
            Some(machine) => format!("{machine}:{}", self.session_id),
            None => self.session_id.clone(),
        }
    }

    /// Returns the session as it is while its machine cannot be reached, which began at `since`. What it asked or did last is left
    /// out, because it may not be true any more. A session that has ended stays as it is.
    #[must_use]
    pub fn into_unreachable(mut self, since: SystemTime) -> Self {
        if self.state == SessionState::Ended {
            return self;
        }
        self.status = "idle";
        self.state = SessionState::Unreachable;
        self.has_pending_tool_use = false;
        self.pending_permission = None;
        self.pending_count = 0;
        self.since = since;
        "the machine cannot be reached".clone_into(&mut self.reason);
        self.rule = UNREACHABLE_RULE;
        self.background = Vec::new();
        self.error = None;
        self.prompt = None;
        self.last_message = None;
        self.dashboard.pending_tool = None;
        self
    }

    /// Returns whether the session is not known to have ended. Session dashboards show these sessions.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != SessionState::Ended
    }

    /// Returns whether the session needs its user: a call needs approval, or the session waits for the next prompt. A session that
    /// has had no prompt yet needs nobody.
    #[must_use]
    pub fn needs_user(&self) -> bool {
        match self.state {
            SessionState::Permission => true,
            SessionState::Waiting => self.rule != STARTED_RULE,
            SessionState::Working | SessionState::Ended | SessionState::Unreachable => false,
        }
    }

    /// Compares the places of two sessions in a list: by [`sort_key`](Self::sort_key), and then by their machines and ids.
    #[must_use]
    pub fn compare_places(&self, other: &Self) -> Ordering {
        let by_name = || (&self.machine, &self.session_id).cmp(&(&other.machine, &other.session_id));
        self.sort_key().cmp(&other.sort_key()).then_with(by_name)
    }

    /// Returns the key by which lists are sorted: sessions that need the user come first, and then those that have waited longest.
    /// Of sessions that ended, the one that ended last comes first.
    #[must_use]
    pub fn sort_key(&self) -> (u8, Duration) {
        let rank = match self.state {
            SessionState::Permission => 0,
            SessionState::Waiting if self.rule != STARTED_RULE => 1,
            SessionState::Waiting => 2,
            SessionState::Working => 3,
            SessionState::Unreachable => 4,
            SessionState::Ended => 5,
        };
        let since = self.since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (rank, if self.state == SessionState::Ended { Duration::MAX.saturating_sub(since) } else { since })
    }
}

/// Returns the working directory that the newer source names. After `/cd` the registry names it first, because `/cd` fires no hook.
fn current_dir<'a>(newest: Option<&'a Signal>, registry: Option<&'a RegistryEntry>) -> Option<&'a PathBuf> {
    let by_signal = newest.and_then(|signal| signal.members.cwd.as_ref());
    let by_registry = registry.and_then(|entry| entry.cwd.as_ref());
    let is_registry_newer = registry.is_some_and(|entry| newest.is_none_or(|newest| newest.time < entry.written_at));
    if is_registry_newer { by_registry.or(by_signal) } else { by_signal.or(by_registry) }
}

/// Returns the path that the newest signal names, or else any signal. A signal that a repair wrote may name none.
fn transcript_path<'a>(signals: &'a SessionSignals, newest: Option<&'a Signal>) -> Option<&'a PathBuf> {
    newest.into_iter().chain(signals.iter()).find_map(|signal| signal.members.transcript_path.as_ref())
}
