//! The state that `sessions` and the signals report for a session of the real CLI.

use std::time::{Duration, Instant, SystemTime};

use fs_err as fs;
use serde_json::Value;

use super::becomes_true;
use crate::sandbox::{Sandbox, executable_path, run_with_input};

/// The kinds of signals, in the order in which a reader of the signals alone takes them, and the state that each stands for.
const STATES_OF_SIGNALS: [(&str, &str); 4] =
    [("ended", "ended"), ("permission", "permission"), ("stop", "waiting"), ("working", "working")];

/// Returns the object of `sessions --all --json` for a session; `null` if there is none.
pub fn read_session(sandbox: &Sandbox, id: &str) -> Value {
    let outcome = run_with_input(sandbox.command(executable_path("sessions")).args(["--all", "--json"]), "");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let mut sessions: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    let index = sessions.iter().position(|session| session["sessionId"] == id);
    index.map_or(Value::Null, |index| sessions.swap_remove(index))
}

/// Returns the state that a reader reports who has nothing but the signals; `-` if there is no signal.
pub fn read_signal_state(sandbox: &Sandbox, id: &str) -> &'static str {
    let signal = STATES_OF_SIGNALS.iter().find(|(kind, _)| sandbox.signal_path(id, kind).exists());
    signal.map_or("-", |(_, state)| state)
}

/// Compares what `sessions` reports of a conversation with all lines of its transcript.
pub fn assert_conversation_is_right(sandbox: &Sandbox, id: &str) {
    let reported = read_session(sandbox, id);
    let projects = fs::read_dir(sandbox.home().join(".claude/projects")).unwrap();
    let mut paths = projects.map(|project| project.unwrap().path().join(format!("{id}.jsonl")));
    let transcript = fs::read_to_string(paths.find(|path| path.exists()).unwrap()).unwrap();
    let lines = transcript.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_set = |line: &Value, name: &str| line[name] == true;
    let is_message = |line: &Value| {
        ["user", "assistant"].contains(&line["type"].as_str().unwrap_or_default())
            && !["isSidechain", "isMeta", "isCompactSummary"].iter().any(|name| is_set(line, name))
    };
    let messages: Vec<_> = lines.filter(is_message).collect();
    assert_eq!(reported["messageCount"], messages.len(), "{id}");
    let texts =
        messages.iter().filter(|message| message["type"] == "user").map(|message| &message["message"]["content"]);
    let mut prompts = texts.filter_map(Value::as_str);
    let first = prompts.find(|prompt| !prompt.starts_with('<'));
    assert_eq!(reported["originalPrompt"].as_str(), first, "{id}");
    assert!(!reported.to_string().contains("ghp_hunter2"), "{reported}");
    println!("{id}: {} messages, {}: {}", messages.len(), reported["originalPrompt"], reported["recentOutput"]);
}

/// Prints the registry entry, the signals, and when `sessions` reports another state, after a wrong report.
pub fn print_evidence(sandbox: &Sandbox, id: &str, pid: u32, reported: &Value) {
    let entry = sandbox.home().join(format!(".claude/sessions/{pid}.json"));
    println!("  now {:?}\n  sessions: {reported}", SystemTime::now());
    println!("  registry: {}", fs::read_to_string(entry).unwrap_or_default());
    for (kind, _) in STATES_OF_SIGNALS {
        let signal = sandbox.signal_path(id, kind);
        if let Ok(metadata) = fs::metadata(&signal) {
            println!("  {kind} {:?}: {}", metadata.modified().unwrap(), fs::read_to_string(signal).unwrap().trim());
        }
    }
    let start = Instant::now();
    let has_changed = || read_session(sandbox, id)["state"] != reported["state"];
    let in_time = becomes_true(|| start.elapsed() > Duration::from_secs(4) || has_changed());
    println!("  after {:?}: {} ({in_time})", start.elapsed(), read_session(sandbox, id)["state"]);
}
