//! The CLI's own account of its live sessions: `<config dir>/sessions/<pid>.json`, undocumented, since 2.1.139.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

use super::lenient::lenient;
use super::process::{Host, lives};
use super::spool::is_session_id;
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
    /// Anything else, a dialog that the user opened among them: it says nothing of the session.
    Other,
}

/// One live process's account.
#[derive(Clone, Debug)]
pub struct Entry {
    pub session: String,
    pub status: Status,
    /// When `status` last changed.
    pub updated: SystemTime,
    /// When the process started.
    pub started: Option<SystemTime>,
    pub pid: u32,
    /// Whether it says that the process is of this host.
    pub is_of_this_host: bool,
    pub cwd: Option<PathBuf>,
    pub name: Option<String>,
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
}

/// The accounts that a live process of this host vouches for, and how many files were passed over.
pub fn read_all(directory: &Path, host: &Host) -> (Vec<Entry>, usize) {
    let (mut entries, mut passed_over) = (Vec::new(), 0);
    for file in fs_err::read_dir(directory).into_iter().flatten().flatten() {
        let name = file.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
        if pid.is_empty() || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let content = file::read(&file.path(), MAX_LEN).ok();
        match content.and_then(|content| parse(&content.bytes, pid, host)) {
            Some((entry, true)) => entries.push(entry),
            Some((_, false)) => {} // of a process that ended, or says nothing: as good as none
            None => passed_over += 1,
        }
    }
    (entries, passed_over)
}

/// A file's account, and whether its process lives and says what it does; `None` where it is none, or not of this host.
pub fn parse(text: &[u8], file_pid: &str, host: &Host) -> Option<(Entry, bool)> {
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
    let domain = raw.pid_domain.as_deref().and_then(|domain| domain.rsplit_once("pid:[")?.1.strip_suffix(']'));
    let is_here = domain.is_none() || host.namespace().is_none() || domain == host.namespace();
    let moment = |milliseconds: Option<u64>| moment::after_epoch(Duration::from_millis(milliseconds?));
    let started = moment(raw.started_at);
    let said = raw.status.as_deref();
    let entry = Entry {
        status: said.map_or(Status::Other, |said| status(said, raw.waiting_for.as_deref())),
        session: raw.session_id,
        updated: moment(raw.status_updated_at).or(started)?,
        started,
        pid: raw.pid,
        is_of_this_host: domain.is_some() && domain == host.namespace(),
        cwd: raw.cwd,
        name: raw.name,
    };
    is_here.then(|| (entry, said.is_some() && lives(raw.pid, start)))
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
        _ => Status::Other,
    }
}
