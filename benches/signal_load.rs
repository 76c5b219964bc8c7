//! Writes 2,000 signals a second while a client follows, and returns how long each took to arrive.
//!
//! The signals are written as the hooks write them: a whole file under another name, then the rename, then the removal
//! of the signals that are no longer true. Beside that, a thread runs real hooks, one after the other.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::server_process::ServerProcess;
use crate::signal_files::{self, signal_dir};
use crate::stream_follower::{self, SignalTimes};

pub const SESSIONS: u32 = 10_000;
/// Signals a second.
const RATE: u32 = 2_000;
const SECONDS: u32 = 30;

/// What the load showed.
pub struct LoadResult {
    /// The times from each rename to its event, the shortest first.
    pub latencies: Vec<Duration>,
    /// How many signals were replaced by a newer one of the same session before they were sent.
    pub overtaken: usize,
    /// How many sessions have another last signal at the client than in the files.
    pub lost: usize,
    /// Signals written in a second.
    pub rate: f64,
    /// Real hooks run in a second.
    pub hooks_rate: f64,
    /// The part of one processor that the server used.
    pub processor: f64,
}

/// Runs the load for [`SECONDS`].
pub fn run(server: &ServerProcess, config_dir: &Path) -> LoadResult {
    let times = SignalTimes::default();
    let (is_over, hooks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let last_numbers = stream_follower::follow(server.port, &times);
    let hooks_thread = {
        let (config_dir, is_over, hooks) = (config_dir.to_owned(), Arc::clone(&is_over), Arc::clone(&hooks));
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                run_hook(&config_dir, hooks.fetch_add(1, Ordering::Relaxed));
                std::thread::sleep(Duration::from_millis(5));
            }
        })
    };
    let (start, processor_before) = (Instant::now(), server.processor_time());
    let total = RATE * SECONDS;
    for number in 0..total {
        let due = start + Duration::from_secs(number.into()) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        write_next_signal(config_dir, number, &times);
    }
    let seconds = start.elapsed().as_secs_f64();
    let processor = (server.processor_time() - processor_before) / seconds;
    is_over.store(true, Ordering::Relaxed);
    hooks_thread.join().expect("no panic");
    std::thread::sleep(Duration::from_secs(2));
    let last_numbers = last_numbers.lock().expect("no panic");
    let is_lost = |number: &u32| last_numbers.get(&session_id(session_of(*number))) != Some(number);
    let times = times.lock().expect("no panic");
    let mut latencies: Vec<_> =
        times.iter().filter_map(|(renamed, arrived)| Some(arrived.as_ref()?.duration_since(*renamed))).collect();
    latencies.sort();
    LoadResult {
        overtaken: times.len() - latencies.len(),
        latencies,
        lost: (total - SESSIONS..total).filter(is_lost).count(),
        rate: f64::from(total) / seconds,
        hooks_rate: f64::from(hooks.load(Ordering::Relaxed)) / seconds,
        processor,
    }
}

/// Writes the signal with this number, and notes the time right before its rename.
fn write_next_signal(config_dir: &Path, number: u32, times: &SignalTimes) {
    let session = session_of(number);
    let (kind, event, other) =
        [("working", "UserPromptSubmit", "stop"), ("stop", "Stop", "working")][usize::from(number / SESSIONS % 2 == 1)];
    let temporary = signal_dir(config_dir).join(".temporary");
    fs_err::write(&temporary, signal_text(session, event, &number.to_string())).expect("a signal");
    times.lock().expect("no panic").push((Instant::now(), None));
    fs_err::rename(&temporary, signal_path(config_dir, session, kind)).expect("a signal");
    for cleared in ["ended", other] {
        let _ = fs_err::remove_file(signal_path(config_dir, session, cleared));
    }
}

/// Writes the `ended` signal of a session.
pub fn write_ended(config_dir: &Path, session: u32) {
    fs_err::write(signal_path(config_dir, session, "ended"), signal_text(session, "SessionEnd", "-"))
        .expect("a signal");
}

/// Returns the session of the signal with this number. Every run of [`SESSIONS`] numbers has each session once, in
/// another order than that of the sessions.
fn session_of(number: u32) -> u32 {
    number.wrapping_mul(7919) % SESSIONS
}

fn session_id(session: u32) -> String {
    format!("0cc11bc4-3864-478d-bc8b-{session:012}")
}

fn signal_path(config_dir: &Path, session: u32, kind: &str) -> PathBuf {
    signal_files::signal_path(config_dir, &session_id(session), kind)
}

/// Returns the text of a signal, about as long as those of the hooks.
fn signal_text(session: u32, event: &str, prompt: &str) -> String {
    let (id, pid) = (session_id(session), std::process::id());
    format!(
        r#"{{"session_id":"{id}","transcript_path":"/nonexistent/.claude/projects/-home-dev-work/{id}.jsonl","cwd":"/home/dev/work","hook_event_name":"{event}","prompt":"{prompt}","last_assistant_message":"{prompt}","claude_pid":{pid}}}"#
    )
}

/// Runs a real hook, of one of 20 sessions.
fn run_hook(config_dir: &Path, number: u32) {
    let (hook, event) = [
        (env!("CARGO_BIN_EXE_hook-stop"), "Stop"),
        (env!("CARGO_BIN_EXE_hook-user-prompt-submit"), "UserPromptSubmit"),
    ][usize::from(number % 2 == 1)];
    let mut hook = Command::new(hook)
        .env("CLAUDE_CONFIG_DIR", config_dir)
        .env("CLAUDE_PID", std::process::id().to_string())
        .stdin(Stdio::piped())
        .spawn()
        .expect("a hook");
    let payload = format!(r#"{{"session_id":"real-{}","hook_event_name":"{event}"}}"#, number % 20);
    hook.stdin.take().expect("its stdin").write_all(payload.as_bytes()).expect("it reads");
    assert!(hook.wait().expect("it ends").success());
}
