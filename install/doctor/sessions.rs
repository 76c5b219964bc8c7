//! Live sessions that leave no signal, by the CLI's own registry.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;

use super::{Finding, Mend};
use crate::env::Env;
use crate::receipt;

/// What a registry file says, as far as we ask. Undocumented: what does not parse is not there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registered {
    pid: u32,
    session_id: String,
    proc_start: String,
    pid_domain: Option<String>,
    status_updated_at: Option<u64>,
}

/// Every session of this computer that lives, did something since the hooks were installed, and has no signal.
pub fn check(env: &Env) -> Vec<Finding> {
    let installed = receipt::newest(env).and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let entries = std::fs::read_dir(env.registry()).into_iter().flatten().flatten();
    let silent = entries.filter_map(|entry| read(&entry.path())).filter(|session| {
        let moved = session.status_updated_at.is_none_or(|time| Duration::from_millis(time) > installed);
        moved && alive(session) && !has_signal(&env.spool(), &session.session_id)
    });
    let finding = |session: Registered| {
        let Registered { pid, session_id, .. } = session;
        let sentence = format!(
            "session {session_id} (process {pid}) has left no signal: a session older than the hooks has to be started anew"
        );
        Finding::new("session-silent", sentence, Mend::ByHand)
    };
    silent.map(finding).collect()
}

fn read(path: &PathBuf) -> Option<Registered> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".json")?;
    stem.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Whether its process is the one that was registered. A home may be shared: another PID namespace's cannot be told.
fn alive(session: &Registered) -> bool {
    let here =
        std::fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
    let elsewhere = session.pid_domain.as_ref().is_some_and(|domain| !domain.ends_with(&here));
    let start = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", session.pid)).ok()?;
        // The command's name may hold spaces and parentheses; the start is field 22, the 20th after it.
        stat.rsplit_once(") ")?.1.split(' ').nth(19).map(str::to_owned)
    };
    !elsewhere && start().is_some_and(|start| start == session.proc_start)
}

fn has_signal(spool: &Path, session: &str) -> bool {
    let mut entries = std::fs::read_dir(spool).into_iter().flatten().flatten();
    entries.any(|entry| {
        entry.file_name().to_string_lossy().strip_prefix(session).is_some_and(|rest| rest.starts_with('.'))
    })
}
