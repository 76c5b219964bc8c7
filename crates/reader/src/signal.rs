//! The signals that the hooks left.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;
use session_signals_protocol::time::Time;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind, TaskKind};

use crate::lenient_json::{each, lenient, or_default};
use crate::regular_file;
use crate::timestamps;

/// A larger signal is passed over, in bytes: a permission may hold several payloads of 64 MiB.
pub const MAX_SIGNAL_LEN: u64 = 256 << 20;

/// A session's signals, indexed by `Kind as usize`. Shared, because there may be very many, and every look takes them.
#[derive(Clone, Debug, Default)]
pub struct SessionSignals(pub [Option<Arc<Signal>>; 4]);

impl SessionSignals {
    /// The signal of this kind.
    pub fn get(&self, kind: SignalKind) -> Option<&Signal> {
        self.0[kind as usize].as_deref()
    }

    /// The signals that stand.
    pub fn iter(&self) -> impl Iterator<Item = &Signal> {
        self.0.iter().flatten().map(Arc::as_ref)
    }

    /// Whether none stands.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The newest of them.
    pub fn newest(&self, now: SystemTime) -> Option<&Signal> {
        self.iter().max_by_key(|signal| signal.age_order(now))
    }

    /// The signal of this kind, unless a newer one overtook it: a crash, or somebody else's hook, left it.
    pub fn in_force(&self, kind: SignalKind, now: SystemTime) -> Option<&Signal> {
        let signal = self.get(kind)?;
        // Of those that say what the session does, the newest; of equals ended, then stop, then working.
        let state = [SignalKind::Working, SignalKind::Stop, SignalKind::Ended]
            .into_iter()
            .filter(|kind| self.get(*kind).is_some());
        let state = state.max_by_key(|kind| (self.get(*kind).map(|signal| signal.age_order(now)), *kind as usize));
        let newer =
            |other: SignalKind| self.get(other).is_some_and(|other| other.age_order(now) > signal.age_order(now));
        let overtaken = match kind {
            SignalKind::Permission => state.is_some_and(|state| newer(state) && self.answers_permission(state, signal)),
            SignalKind::Ended => state != Some(kind) || newer(SignalKind::Permission),
            _ => state != Some(kind),
        };
        (!overtaken).then_some(signal)
    }

    /// Whether this newer state answers the question: a turn's begin and end answer the main agent's calls;
    /// a subagent's outlive both. That a turn goes on, or is compacted, answers nobody's.
    fn answers_permission(&self, state: SignalKind, permission: &Signal) -> bool {
        let event = self.get(state).and_then(|signal| signal.members.hook_event_name.as_deref());
        // A script leaves no name, and publishes where a turn begins.
        let is_turn = state != SignalKind::Working || matches!(event, None | Some("UserPromptSubmit" | "Stop"));
        state == SignalKind::Ended || is_turn && !permission.asks_for_subagent()
    }
}

/// What a reader needs of one signal.
#[derive(Clone, Debug)]
pub struct Signal {
    /// When its event was: the file's modification time.
    pub at: SystemTime,
    /// Since when it says so: its stamp, or else `at`.
    pub since: SystemTime,
    /// The members of the file.
    pub members: SignalMembers,
}

impl Signal {
    /// Orders signals by age. One from the future is older than any other: the clock stepped back, as the hooks see it.
    pub fn age_order(&self, now: SystemTime) -> (bool, SystemTime) {
        (self.at <= now, self.at)
    }

    /// Whether a call of a subagent's, or of a teammate's, waits.
    pub fn asks_for_subagent(&self) -> bool {
        let calls = self.members.pending.as_deref().unwrap_or_default();
        calls.iter().any(|call| call.agent_id.is_some())
    }

    /// When the newest of the calls that wait was made. The file may be newer: a result of another call changes it, too.
    pub fn newest_call_at(&self, now: SystemTime) -> SystemTime {
        let calls = self.members.pending.iter().flatten().filter_map(|call| parse_stamp(&call.pending_since));
        let has_been = |since: &SystemTime| *since <= now;
        calls.filter(has_been).max().unwrap_or(Some(self.since).filter(has_been).unwrap_or(self.at))
    }
}

/// The members of a signal that a reader needs. One of another type than expected counts as missing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignalMembers {
    #[serde(deserialize_with = "lenient")]
    pub hook_event_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub cwd: Option<PathBuf>,
    #[serde(deserialize_with = "lenient")]
    pub transcript_path: Option<PathBuf>,
    #[serde(deserialize_with = "lenient")]
    pub prompt: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub last_assistant_message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub reason: Option<String>,
    #[serde(deserialize_with = "each")]
    pub background_tasks: Option<Vec<BackgroundTask>>,
    #[serde(deserialize_with = "each")]
    pub pending: Option<Vec<PendingCall>>,
    #[serde(deserialize_with = "lenient")]
    pub healed_by: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub claude_pid: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    pub claude_start: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub claude_host: Option<String>,
    #[serde(deserialize_with = "lenient")]
    working_since: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pending_since: Option<String>,
    #[serde(deserialize_with = "lenient")]
    stopped_at: Option<String>,
    #[serde(deserialize_with = "lenient")]
    ended_at: Option<String>,
}

impl SignalMembers {
    /// Whether a task that works by itself went on after the Stop. It may ask; a shell does not.
    pub fn has_delegated_task(&self) -> bool {
        let kind = |task: &BackgroundTask| TaskKind::classify(task.r#type.as_bytes(), task.status.as_bytes());
        self.background_tasks.iter().flatten().any(|task| kind(task) != TaskKind::Irrelevant)
    }
}

/// A task that went on after a Stop.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct BackgroundTask {
    #[serde(deserialize_with = "or_default")]
    pub r#type: String,
    #[serde(deserialize_with = "or_default")]
    pub status: String,
    #[serde(deserialize_with = "or_default")]
    pub description: String,
}

/// A call that waits for the user's word.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PendingCall {
    #[serde(deserialize_with = "lenient")]
    pub agent_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub tool_name: Option<String>,
    /// Null where it makes no sense, such as a number that is too large: the call waits all the same.
    #[serde(deserialize_with = "or_default")]
    pub tool_input: Value,
    #[serde(deserialize_with = "or_default")]
    pub hook_event_name: String,
    #[serde(deserialize_with = "lenient")]
    pub message: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub pending_since: String,
}

/// Where a session's signal of this kind lies in the spool at `folder`.
pub fn signal_path(folder: &Path, session: &str, kind: SignalKind) -> PathBuf {
    folder.join(format!("{session}.{}.json", kind.word()))
}

/// `<session>.<kind>.json`, apart; `None` for any other name.
pub fn parse_signal_name(name: &OsStr) -> Option<(&str, SignalKind)> {
    let (session, word) = name.to_str()?.strip_suffix(".json")?.rsplit_once('.')?;
    let kind = SIGNAL_KINDS.into_iter().find(|kind| kind.word() == word)?;
    is_session_id(session).then_some((session, kind))
}

/// Whether the hooks would take this for a session's id. Nothing else may reach a path or a terminal.
pub fn is_session_id(id: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=128).contains(&id.len()) && id.bytes().all(safe)
}

/// Reads one signal; `None` where it is not one.
///
/// # Errors
/// As for [`file::read`].
pub fn read_signal(path: &Path, kind: SignalKind) -> io::Result<Option<Arc<Signal>>> {
    let content = regular_file::read_regular(path, MAX_SIGNAL_LEN)?;
    Ok(parse_signal(&content.bytes, content.modified, kind))
}

/// A signal's text and its file's modification time, understood.
pub fn parse_signal(text: &[u8], at: SystemTime, kind: SignalKind) -> Option<Arc<Signal>> {
    // serde would take an array for a struct whose members are all optional.
    let text = text.trim_ascii_start().strip_prefix(b"{").and(Some(text))?;
    let mut members: SignalMembers = serde_json::from_slice(text).ok()?;
    // Taken, because there may be very many signals, and `since` is all that they are for.
    let SignalMembers { working_since, pending_since, stopped_at, ended_at, .. } = &mut members;
    let stamp = [working_since, pending_since, stopped_at, ended_at].map(Option::take);
    let since = stamp[kind as usize].as_deref().and_then(parse_stamp).unwrap_or(timestamps::clamp(at));
    Some(Arc::new(Signal { at: timestamps::clamp(at), since, members }))
}

/// A stamp as a moment.
pub fn parse_stamp(stamp: &str) -> Option<SystemTime> {
    let time = Time::parse_stamp(stamp.as_bytes())?;
    // Nine digits are less than a second.
    let since = std::time::Duration::new(time.seconds(), time.nanoseconds());
    timestamps::after_epoch(since)
}
