//! One session as it is shown: the verdict, and what a person wants to know besides.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::Value;
use session_signals_protocol::SignalKind;

use crate::evidence::Evidence;
use crate::pending_call::PendingCall;
use crate::session_state::{DecidedState, STARTED_RULE, SessionState, decide_state};
use crate::signal::parse_stamp;
use crate::timestamps;

/// The version of the JSON of a session, which `sessions --json` and `sessions serve` write as the member `format`.
///
/// Members may be added without a new version; a program ignores members that it does not know. The version changes only if
/// a member that exists gets another meaning or is no longer written.
pub const JSON_FORMAT: u32 = 1;

/// One session. The JSON of `sessions --json` is this, and documented in the README.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the dashboards' names")]
pub struct Session {
    /// The version of this format: [`JSON_FORMAT`].
    pub format: u32,
    /// Its id.
    pub session_id: String,
    /// In the dashboards' words: working, waiting or idle.
    pub status: &'static str,
    /// In finer ones.
    pub state: SessionState,
    /// Whether its CLI lives, as far as can be told.
    pub has_process: bool,
    /// Whether a call waits for the user's word.
    pub has_pending_tool_use: bool,
    /// That call: the oldest one.
    pub pending_permission: Option<PendingPermission>,
    /// How many calls wait.
    pub pending_count: usize,
    /// Where it works.
    pub cwd: Option<PathBuf>,
    /// The last part of `cwd`.
    pub project: Option<String>,
    /// The branch that is checked out there.
    pub branch: Option<String>,
    /// The name that the CLI gave the session.
    pub name: Option<String>,
    /// When anything was last heard of it.
    #[serde(serialize_with = "rfc3339")]
    pub last_activity_at: SystemTime,
    /// Since when it is in this state.
    #[serde(serialize_with = "rfc3339")]
    pub since: SystemTime,
    /// Why it is in this state.
    pub reason: String,
    /// The rule that says so.
    pub rule: &'static str,
    /// What went on after the turn: shells and subagents.
    pub background: Vec<String>,
    /// The error that ended the last turn.
    pub error: Option<String>,
    /// Why the session ended, in the CLI's words.
    pub end_reason: Option<String>,
    /// The CLI's process.
    pub pid: Option<u32>,
    /// The host of that process, where it is another one.
    pub host: Option<String>,
    /// What was asked of it, while it works.
    pub prompt: Option<String>,
    /// What it said last, while it waits.
    pub last_message: Option<String>,
}

/// A call that waits for the user's word.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the dashboards' names")]
pub struct PendingPermission {
    /// The tool; `Elicitation` where an MCP server asks.
    pub tool_name: String,
    /// What it is to do.
    pub tool_input: Value,
    /// The subagent that asks.
    pub agent_id: Option<String>,
    /// Since when, where the signal says.
    #[serde(serialize_with = "rfc3339_option")]
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
}

impl Session {
    /// What the evidence says of `session_id` at `now`.
    pub fn from_evidence(session_id: &str, evidence: &Evidence, now: SystemTime) -> Self {
        let DecidedState { state, rule, reason, since } = decide_state(evidence, now);
        let signals = &evidence.signals;
        let newest = signals.newest(now);
        let registry = evidence.registry.as_ref();
        let stop = signals.in_force(SignalKind::Stop, now).filter(|_| state == SessionState::Waiting);
        let working = signals.in_force(SignalKind::Working, now).filter(|_| state == SessionState::Working);
        let permission = signals.get(SignalKind::Permission).filter(|_| state == SessionState::Permission);
        let calls = permission.and_then(|permission| permission.members.pending.as_deref()).unwrap_or_default();
        // After `/cd` the registry knows it first.
        let moved = registry.filter(|entry| newest.is_none_or(|newest| newest.time < entry.written_at));
        let said = newest.and_then(|signal| signal.members.cwd.as_ref());
        let told = registry.and_then(|entry| entry.cwd.as_ref());
        let cwd = moved.and_then(|entry| entry.cwd.as_ref()).or(said).or(told).cloned();
        let heard = [
            newest.map(|signal| signal.time),
            registry.map(|entry| entry.status_changed_at),
            transcript_written_at(evidence),
        ];
        let tasks = newest.and_then(|signal| signal.members.background_tasks.as_deref());
        let running =
            tasks.unwrap_or_default().iter().filter(|task| task.status == "running" && state != SessionState::Ended);
        let mut background: Vec<_> = running.map(|task| format!("{} {}", task.r#type, task.description)).collect();
        if rule == "background" && background.is_empty() {
            background.push("shell".to_owned());
        }
        let error = stop.and_then(|stop| stop.members.error.clone());
        let ended = signals.in_force(SignalKind::Ended, now).filter(|_| state == SessionState::Ended);
        let is_elsewhere = !evidence.is_of_this_host && registry.is_none_or(|entry| entry.namespace.is_some());
        let elsewhere = newest.filter(|_| is_elsewhere);
        let members = newest.map(|signal| &signal.members);
        Self {
            format: JSON_FORMAT,
            session_id: session_id.to_owned(),
            status: match state {
                SessionState::Working => "working",
                SessionState::Permission | SessionState::Waiting => "waiting",
                SessionState::Ended => "idle",
            },
            state,
            has_process: state != SessionState::Ended,
            has_pending_tool_use: state == SessionState::Permission,
            pending_permission: calls.first().map(PendingPermission::from_call),
            pending_count: if state == SessionState::Permission { calls.len().max(1) } else { 0 },
            project: cwd.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()),
            branch: None,
            cwd,
            name: registry.and_then(|entry| entry.name.clone()),
            last_activity_at: heard.into_iter().flatten().max().map_or(now, |heard| heard.min(now)),
            since,
            reason: if error.is_some() { "an error ended the turn".to_owned() } else { reason.to_owned() },
            rule,
            background,
            error,
            end_reason: ended.and_then(|ended| ended.members.reason.clone()),
            pid: registry.map(|entry| entry.pid).or_else(|| members?.claude_pid),
            host: elsewhere.and_then(|signal| signal.members.claude_host.clone()),
            prompt: working.and_then(|working| working.members.prompt.clone()),
            last_message: stop.and_then(|stop| stop.members.last_assistant_message.clone()),
        }
    }

    /// Whether the dashboards show it.
    pub fn is_open(&self) -> bool {
        self.state != SessionState::Ended
    }

    /// Who needs the user first comes first; of equals, who waits longest. Of those that ended, the last.
    pub fn sort_key(&self) -> (u8, Duration) {
        let rank = match self.state {
            SessionState::Permission => 0,
            SessionState::Waiting if self.rule != STARTED_RULE => 1,
            SessionState::Waiting => 2,
            SessionState::Working => 3,
            SessionState::Ended => 4,
        };
        let since = self.since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (rank, if self.state == SessionState::Ended { Duration::MAX.saturating_sub(since) } else { since })
    }
}

fn transcript_written_at(evidence: &Evidence) -> Option<SystemTime> {
    evidence.transcript.as_ref()?.written_at
}

fn rfc3339<S: serde::Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
    // It panics before 1970 and fails after 9999; one odd time must not cost all sessions.
    to.collect_str(&humantime::format_rfc3339_millis(timestamps::clamp_to_rfc3339(*time)))
}

#[expect(clippy::ref_option, reason = "as serde calls it")]
fn rfc3339_option<S: serde::Serializer>(time: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, to),
        None => to.serialize_none(),
    }
}
