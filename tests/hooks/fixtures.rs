//! Recordings of the payloads that the real CLI passed to its hooks, and the stored signals after each of them.
//!
//! The expected states are tables beside the recordings: `interactive.states` belongs to `interactive.jsonl`.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind, cli_process};

use crate::sandbox::{ClaudeProcess, Sandbox, executable_for_event};

fn recordings() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found: Vec<_> = ["claude-2.1.197", "claude-2.1.329", "claude-2.1.330"]
        .iter()
        .flat_map(|version| fs_err::read_dir(fixtures.join(version)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    found.sort();
    found
}

/// Runs a recording, and returns a table with one line for each payload. `after` is called after each hook.
fn play(recording: &Path, mut after: impl FnMut(&Sandbox, &ClaudeProcess, &str, &Value)) -> String {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    let mut table = String::new();
    for (number, line) in fs_err::read_to_string(recording).unwrap().lines().enumerate() {
        let payload: Value = serde_json::from_str(line).unwrap();
        let event = payload["hook_event_name"].as_str().unwrap();
        // A session that is started or resumed has a new process. The process before it may have been killed.
        if event == "SessionStart" && ["startup", "resume"].contains(&payload["source"].as_str().unwrap()) {
            life = ClaudeProcess::start(&sandbox);
        }
        if let Some(hook) = executable_for_event(event) {
            life.run_executable(hook, line).assert_success();
            after(&sandbox, &life, line, &payload);
        }
        let agent = payload["agent_id"].as_str().map(|agent| format!(" @{}", &agent[..4])).unwrap_or_default();
        let states: Vec<_> =
            sandbox.describe_all_signals().into_iter().map(|(id, state)| format!("{}: {}", &id[..4], state)).collect();
        let row = format!("{:>2}  {:<26}{}", number + 1, format!("{event}{agent}"), states.join("   "));
        table += row.trim_end();
        table.push('\n');
    }
    table
}

#[test]
fn the_states_after_each_payload_are_those_of_the_table() {
    for recording in recordings() {
        let expected = fs_err::read_to_string(recording.with_extension("states")).unwrap_or_default();
        let expected: String =
            expected.lines().filter(|line| !line.starts_with('#')).map(|l| l.to_owned() + "\n").collect();
        let table = play(&recording, |_, _, _, _| {});
        assert!(table == expected, "{}\nexpected:\n{expected}\nfound:\n{table}", recording.display());
    }
}

#[test]
fn a_signal_is_the_unchanged_payload_followed_by_the_members_of_the_hook() {
    for recording in recordings() {
        play(&recording, |sandbox, life, line, payload| {
            let session = payload["session_id"].as_str().unwrap();
            for kind in SIGNAL_KINDS {
                let path = sandbox.signal_path(session, kind.word());
                let Ok(metadata) = fs_err::metadata(&path) else { continue };
                let signal = sandbox.read_signal(session, kind.word());
                let stamp = signal[kind.stamp_member()].as_str().unwrap();
                assert_eq!(metadata.mode() & 0o777, 0o600);
                assert_eq!(signal["claude_pid"], life.pid());
                assert_eq!(signal["claude_start"], start_of(life.pid()));
                assert_eq!(signal["claude_host"], host());
                // The CLI also reports an error of a subagent or helper, and that is not an error of the session.
                assert!(signal.get("error").is_none() || signal.get("agent_id").is_none(), "{signal}");
                // A permission has the members of its oldest call, and may have been written by a later event.
                if kind != SignalKind::Permission && signal["hook_event_name"] == payload["hook_event_name"] {
                    assert_eq!(stamp, format!("{}.{:09}", metadata.mtime(), metadata.mtime_nsec()));
                    let text = fs_err::read_to_string(&path).unwrap();
                    assert!(text.starts_with(line.strip_suffix('}').unwrap()), "{text}\n{line}");
                }
            }
        });
    }
}

/// Reads field 22 of `/proc/PID/stat`. On macOS, nothing but the code of the hooks tells the start.
fn start_of(pid: u32) -> u64 {
    if cfg!(target_os = "macos") {
        return cli_process::read_stat(pid).unwrap().start;
    }
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap()
}

fn host() -> String {
    if cfg!(target_os = "macos") {
        return String::from_utf8(cli_process::host_id().unwrap().as_bytes().to_vec()).unwrap();
    }
    let node = fs_err::read_to_string("/proc/sys/kernel/hostname").unwrap();
    format!("{}/{}", node.trim(), fs_err::metadata("/proc/self/ns/pid").unwrap().ino())
}
