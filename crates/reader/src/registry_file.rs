//! One file of the CLI's registry.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;
use session_signals_protocol::session_id::is_session_id;

use crate::host::{Host, is_process_alive};
use crate::lenient_json::lenient;
use crate::pid_domain::PidDomain;
use crate::process_state::ProcessState;
use crate::recorded_start::RecordedStart;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::timestamps::{after_epoch, clamp_to_rfc3339};

/// What a file of the registry is.
pub enum RegistryFile {
    /// The entry of a process that lives.
    Vouched(RegistryEntry),
    /// The entry of a process in another pid namespace. Nothing shows whether that process lives.
    Unproven(RegistryEntry),
    /// The entry of a process that the background service keeps ready. Nobody has used its session yet.
    Spare(RegistryEntry),
    /// The entry of a window that has handed its session over to the background.
    Parked(RegistryEntry),
    /// The file says nothing: its process has ended, or gives no status, or runs no session of its own.
    Silent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    pid: u32,
    session_id: String,
    /// Missing in the first second of a CLI, and always in a CLI before 2.1.139.
    #[serde(default, deserialize_with = "lenient")]
    status: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    waiting_for: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    proc_start: Option<Value>,
    #[serde(default, deserialize_with = "lenient")]
    pid_domain: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    status_updated_at: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    started_at: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    cwd: Option<PathBuf>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    /// What the process is for: `interactive`, `bg`, `daemon` or `daemon-worker`.
    #[serde(default, deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    spare: Option<bool>,
    /// The background session to which this window has handed its session over.
    #[serde(default, deserialize_with = "lenient")]
    parked_job_id: Option<String>,
}

impl RegistryFile {
    /// Parses the text of a file that was modified at `modified`. `file_pid` is the PID in its name. `None` if the file cannot
    /// be understood.
    pub fn parse(text: &[u8], modified: SystemTime, file_pid: &str, host: &Host) -> Option<Self> {
        let raw: RawEntry = serde_json::from_slice(text).ok()?;
        if raw.pid.to_string() != file_pid || !is_session_id(raw.session_id.as_bytes()) {
            return None;
        }
        let recorded = raw.proc_start.as_ref().and_then(RecordedStart::parse);
        let start = recorded.filter(|start| start.is_of_this_system()).map(|start| start.of_process(raw.pid));
        let domain = PidDomain::parse(raw.pid_domain.as_deref(), recorded);
        let other_domain = domain.filter(|domain| host.namespace().is_some_and(|ours| ours != domain.namespace));
        let time = |milliseconds: Option<u64>| after_epoch(Duration::from_millis(milliseconds?));
        let started_at = time(raw.started_at);
        let status = raw.status.as_deref();
        let entry = RegistryEntry {
            status: status
                .map_or(RegistryStatus::Other, |status| RegistryStatus::parse(status, raw.waiting_for.as_deref())),
            session: raw.session_id,
            status_changed_at: time(raw.status_updated_at).or(started_at)?,
            written_at: clamp_to_rfc3339(modified),
            started_at,
            pid: raw.pid,
            start,
            namespace: other_domain.map(|domain| domain.namespace.to_owned()),
            is_of_this_host: domain.is_some() && other_domain.is_none(),
            cwd: raw.cwd,
            name: raw.name,
        };
        // The CLI's own lists show these kinds only, and no window whose session goes on in the background.
        let is_session = matches!(raw.kind.as_deref(), None | Some("interactive" | "bg"));
        let process = match other_domain {
            Some(PidDomain { machine, namespace }) => host.state_by_registry(machine, namespace, raw.pid, start),
            None if is_process_alive(raw.pid, start) => ProcessState::Alive,
            None => ProcessState::Dead,
        };
        Some(match process {
            ProcessState::Dead => Self::Silent,
            // A process that is kept ready runs no session yet, so it does not matter whether it is alive.
            _ if raw.spare == Some(true) => Self::Spare(entry),
            _ if raw.parked_job_id.is_some() => Self::Parked(entry),
            _ if !is_session || status.is_none() => Self::Silent,
            ProcessState::Alive => Self::Vouched(entry),
            ProcessState::Unknown | ProcessState::Elsewhere => Self::Unproven(entry),
        })
    }
}
