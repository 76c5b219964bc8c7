//! The CLI's own account of its live sessions: `<config dir>/sessions/<pid>.json`, undocumented, since 2.1.139.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;
use session_signals_protocol::session_id::is_session_id;

use crate::host::{Host, is_process_alive};
use crate::lenient_json::lenient;
use crate::process_state::ProcessState;
use crate::regular_file;
use crate::signal::Signal;
use crate::timestamps;

/// The name of the CLI's registry in the configuration directory.
pub const REGISTRY_DIR: &str = "sessions";

/// A larger file is passed over, in bytes: they have some 700.
const MAX_LEN: u64 = 1 << 20;

/// What the CLI says its session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryStatus {
    /// A turn runs.
    Busy,
    /// The session waits for its user.
    Idle,
    /// It does, and a background shell runs.
    Shell,
    /// A call waits for the user's word.
    Permission,
    /// A question waits for an answer.
    Question,
    /// A dialog is open: the user opened it while no turn ran, or it is the CLI's own and holds the turn.
    Dialog,
    /// Anything else: it says nothing of the session.
    Other,
}

/// One process's account of its session.
#[derive(Clone, Debug)]
pub struct RegistryEntry {
    pub session: String,
    pub status: RegistryStatus,
    /// When `status` last changed.
    pub status_changed_at: SystemTime,
    /// When the file was written: what it says besides may be newer than `status`.
    pub written_at: SystemTime,
    /// When the process started.
    pub started_at: Option<SystemTime>,
    pub pid: u32,
    /// When the process started, in clock ticks since boot.
    pub start_ticks: Option<u64>,
    /// The pid namespace of the process, where it is another one than ours.
    pub namespace: Option<String>,
    /// Whether it says that the process is of this host.
    pub is_of_this_host: bool,
    pub cwd: Option<PathBuf>,
    pub name: Option<String>,
}

impl RegistryEntry {
    /// Whether a signal names this entry's process.
    pub fn is_process_of(&self, signal: &Signal) -> bool {
        let start = |start: u64| self.start_ticks.is_none_or(|ours| ours == start);
        signal.members.claude_pid == Some(self.pid) && signal.members.claude_start.is_none_or(start)
    }
}

/// What a file of the registry is.
pub enum RegistryFile {
    /// A process that lives says what its session does.
    Vouched(RegistryEntry),
    /// A process of another pid namespace says it, and nothing shows whether that process lives.
    Unproven(RegistryEntry),
    /// The background service keeps this process ready: nobody has taken its session yet.
    Spare(RegistryEntry),
    /// This process is a window that has handed its session over to the background.
    Parked(RegistryEntry),
    /// Its process ended, or says nothing, or runs no session of its own: as good as no file.
    Silent,
}

/// All accounts.
#[derive(Default)]
pub struct Registry {
    pub vouched: Vec<RegistryEntry>,
    pub unproven: Vec<RegistryEntry>,
    pub spare: Vec<RegistryEntry>,
    pub parked: Vec<RegistryEntry>,
    /// How many files make no sense.
    pub skipped_files: usize,
    /// What is there and could not be read, and why.
    pub unreadable: Vec<String>,
}

impl Registry {
    /// The accounts of live processes, and of those of which nobody knows.
    pub fn read(directory: &Path, host: &Host) -> Self {
        let mut accounts = Self::default();
        let files = regular_file::list_names(directory, &mut accounts.unreadable);
        for name in files {
            let Some(pid) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
            if pid.is_empty() || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
                continue;
            }
            let path = directory.join(&name);
            let content = match regular_file::read_regular(&path, MAX_LEN) {
                Ok(content) => content,
                Err(error) => {
                    match regular_file::describe_failure(&path, &error) {
                        Some(complaint) => accounts.unreadable.push(complaint),
                        // A process that ends takes its file away.
                        None => accounts.skipped_files += usize::from(error.kind() != io::ErrorKind::NotFound),
                    }
                    continue;
                }
            };
            match parse_registry_file(&content.bytes, content.modified, pid, host) {
                Some(RegistryFile::Vouched(entry)) => accounts.vouched.push(entry),
                Some(RegistryFile::Unproven(entry)) => accounts.unproven.push(entry),
                Some(RegistryFile::Spare(entry)) => accounts.spare.push(entry),
                Some(RegistryFile::Parked(entry)) => accounts.parked.push(entry),
                Some(RegistryFile::Silent) => {}
                None => accounts.skipped_files += 1,
            }
        }
        accounts
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    pid: u32,
    session_id: String,
    /// Missing in a CLI's first second, and in older CLIs for good.
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
    /// What the process is there for.
    #[serde(default, deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    spare: Option<bool>,
    /// The background session to which this window has handed its session over.
    #[serde(default, deserialize_with = "lenient")]
    parked_job_id: Option<String>,
}

/// What a file is that was written at `written`; `None` where it makes no sense.
pub fn parse_registry_file(text: &[u8], written: SystemTime, file_pid: &str, host: &Host) -> Option<RegistryFile> {
    let raw: RawEntry = serde_json::from_slice(text).ok()?;
    if raw.pid.to_string() != file_pid || !is_session_id(raw.session_id.as_bytes()) {
        return None;
    }
    let start = match &raw.proc_start {
        Some(Value::String(start)) => start.parse().ok(),
        Some(start) => start.as_u64(),
        None => None,
    };
    // `linux:<machine>:pid:[<inode>]`
    let domain = raw.pid_domain.as_deref().and_then(|domain| {
        let (system, inode) = domain.rsplit_once(":pid:[")?;
        Some((system.split_once(':').map_or("", |(_, machine)| machine), inode.strip_suffix(']')?))
    });
    let elsewhere = domain.filter(|(_, inode)| host.namespace().is_some_and(|ours| ours != *inode));
    let moment = |milliseconds: Option<u64>| timestamps::after_epoch(Duration::from_millis(milliseconds?));
    let started = moment(raw.started_at);
    let said = raw.status.as_deref();
    let entry = RegistryEntry {
        status: said.map_or(RegistryStatus::Other, |said| parse_status(said, raw.waiting_for.as_deref())),
        session: raw.session_id,
        status_changed_at: moment(raw.status_updated_at).or(started)?,
        written_at: timestamps::clamp_to_rfc3339(written),
        started_at: started,
        pid: raw.pid,
        start_ticks: start,
        namespace: elsewhere.map(|(_, inode)| inode.to_owned()),
        is_of_this_host: domain.is_some() && elsewhere.is_none(),
        cwd: raw.cwd,
        name: raw.name,
    };
    // The CLI's own lists show these two kinds alone, and no window whose session goes on in the background.
    let is_session = matches!(raw.kind.as_deref(), None | Some("interactive" | "bg"));
    let life = match elsewhere {
        Some((machine, inode)) => host.state_by_registry(machine, inode, raw.pid, start),
        None if is_process_alive(raw.pid, start) => ProcessState::Alive,
        None => ProcessState::Dead,
    };
    Some(match life {
        ProcessState::Dead => RegistryFile::Silent,
        // Whether it lives or nobody knows: it is no session.
        _ if raw.spare == Some(true) => RegistryFile::Spare(entry),
        _ if raw.parked_job_id.is_some() => RegistryFile::Parked(entry),
        _ if !is_session || said.is_none() => RegistryFile::Silent,
        ProcessState::Alive => RegistryFile::Vouched(entry),
        ProcessState::Unknown | ProcessState::Elsewhere => RegistryFile::Unproven(entry),
    })
}

fn parse_status(status: &str, waiting_for: Option<&str>) -> RegistryStatus {
    match (status, waiting_for) {
        ("busy", _) => RegistryStatus::Busy,
        ("idle", _) => RegistryStatus::Idle,
        ("shell", _) => RegistryStatus::Shell,
        ("waiting", Some("permission prompt" | "sandbox request" | "worker request" | "goal proposal")) => {
            RegistryStatus::Permission
        }
        ("waiting", Some("input needed")) => RegistryStatus::Question,
        ("waiting", Some("dialog open")) => RegistryStatus::Dialog,
        _ => RegistryStatus::Other,
    }
}
