//! The CLI's own account of its live sessions: `<config dir>/sessions/<pid>.json`, undocumented, since 2.1.139.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

use super::lenient::lenient;
use super::process::{Host, Life, lives};
use super::spool::{Signal, is_session_id};
use super::{file, moment};

/// A larger file is passed over, in bytes: they have some 700.
const MAX_LEN: u64 = 1 << 20;

/// What the CLI says its session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
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
pub struct Entry {
    pub session: String,
    pub status: Status,
    /// When `status` last changed.
    pub updated: SystemTime,
    /// When the file was written: what it says besides may be newer than `status`.
    pub written: SystemTime,
    /// When the process started.
    pub started: Option<SystemTime>,
    pub pid: u32,
    /// When the process started, in clock ticks since boot.
    pub start: Option<u64>,
    /// The pid namespace of the process, where it is another one than ours.
    pub namespace: Option<String>,
    /// Whether it says that the process is of this host.
    pub is_of_this_host: bool,
    pub cwd: Option<PathBuf>,
    pub name: Option<String>,
}

impl Entry {
    /// Whether a signal names this entry's process.
    pub fn is_named_by(&self, signal: &Signal) -> bool {
        let start = |start: u64| self.start.is_none_or(|ours| ours == start);
        signal.members.claude_pid == Some(self.pid) && signal.members.claude_start.is_none_or(start)
    }
}

/// What a file of the registry is.
pub enum Account {
    /// A process that lives says what its session does.
    Vouched(Entry),
    /// A process of another pid namespace says it, and nothing shows whether that process lives.
    Unproven(Entry),
    /// The background service keeps this process ready: nobody has taken its session yet.
    Spare(Entry),
    /// This process is a window that has handed its session over to the background.
    Parked(Entry),
    /// Its process ended, or says nothing, or runs no session of its own: as good as no file.
    Silent,
}

/// All accounts.
#[derive(Default)]
pub struct Accounts {
    pub vouched: Vec<Entry>,
    pub unproven: Vec<Entry>,
    pub spare: Vec<Entry>,
    pub parked: Vec<Entry>,
    /// How many files make no sense.
    pub passed_over: usize,
    /// What is there and could not be read, and why.
    pub unreadable: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
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

/// The accounts of live processes, and of those of which nobody knows.
pub fn read_all(directory: &Path, host: &Host) -> Accounts {
    let mut accounts = Accounts::default();
    let files = file::entries(directory, &mut accounts.unreadable);
    for name in files {
        let Some(pid) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
        if pid.is_empty() || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let path = directory.join(&name);
        let content = match file::read(&path, MAX_LEN) {
            Ok(content) => content,
            Err(error) => {
                match file::complaint(&path, &error) {
                    Some(complaint) => accounts.unreadable.push(complaint),
                    // A process that ends takes its file away.
                    None => accounts.passed_over += usize::from(error.kind() != io::ErrorKind::NotFound),
                }
                continue;
            }
        };
        match parse(&content.bytes, content.modified, pid, host) {
            Some(Account::Vouched(entry)) => accounts.vouched.push(entry),
            Some(Account::Unproven(entry)) => accounts.unproven.push(entry),
            Some(Account::Spare(entry)) => accounts.spare.push(entry),
            Some(Account::Parked(entry)) => accounts.parked.push(entry),
            Some(Account::Silent) => {}
            None => accounts.passed_over += 1,
        }
    }
    accounts
}

/// What a file is that was written at `written`; `None` where it makes no sense.
pub fn parse(text: &[u8], written: SystemTime, file_pid: &str, host: &Host) -> Option<Account> {
    let raw: Raw = serde_json::from_slice(text).ok()?;
    if raw.pid.to_string() != file_pid || !is_session_id(&raw.session_id) {
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
    let moment = |milliseconds: Option<u64>| moment::after_epoch(Duration::from_millis(milliseconds?));
    let started = moment(raw.started_at);
    let said = raw.status.as_deref();
    let entry = Entry {
        status: said.map_or(Status::Other, |said| status(said, raw.waiting_for.as_deref())),
        session: raw.session_id,
        updated: moment(raw.status_updated_at).or(started)?,
        written: moment::clamped(written),
        started,
        pid: raw.pid,
        start,
        namespace: elsewhere.map(|(_, inode)| inode.to_owned()),
        is_of_this_host: domain.is_some() && elsewhere.is_none(),
        cwd: raw.cwd,
        name: raw.name,
    };
    // The CLI's own lists show these two kinds alone, and no window whose session goes on in the background.
    let is_session = matches!(raw.kind.as_deref(), None | Some("interactive" | "bg"));
    let life = match elsewhere {
        Some((machine, inode)) => host.life_by_registry(machine, inode, raw.pid, start),
        None if lives(raw.pid, start) => Life::Alive,
        None => Life::Dead,
    };
    Some(match life {
        Life::Dead => Account::Silent,
        // Whether it lives or nobody knows: it is no session.
        _ if raw.spare == Some(true) => Account::Spare(entry),
        _ if raw.parked_job_id.is_some() => Account::Parked(entry),
        _ if !is_session || said.is_none() => Account::Silent,
        Life::Alive => Account::Vouched(entry),
        Life::Unknown | Life::Elsewhere => Account::Unproven(entry),
    })
}

fn status(status: &str, waiting_for: Option<&str>) -> Status {
    match (status, waiting_for) {
        ("busy", _) => Status::Busy,
        ("idle", _) => Status::Idle,
        ("shell", _) => Status::Shell,
        ("waiting", Some("permission prompt" | "sandbox request" | "worker request" | "goal proposal")) => {
            Status::Permission
        }
        ("waiting", Some("input needed")) => Status::Question,
        ("waiting", Some("dialog open")) => Status::Dialog,
        _ => Status::Other,
    }
}
