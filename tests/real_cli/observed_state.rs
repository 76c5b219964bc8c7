//! The state that `sessions` and the signals report for a session of the real CLI.

use std::time::{Duration, Instant, SystemTime};

use fs_err as fs;
use serde_json::{Value, json};

use super::becomes_true;
use crate::sandbox::{Sandbox, executable_path, run_with_input};
use crate::serve::server::Server;

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

/// Compares what `sessions` and the server report of a conversation with all lines of its transcript. The server has counted the
/// messages while they came, and `sessions` reads all of them at once.
pub fn assert_conversation_is_right(sandbox: &Sandbox, server: Option<&Server>, id: &str) {
    let projects = fs::read_dir(sandbox.home().join(".claude/projects")).unwrap();
    let mut paths = projects.map(|project| project.unwrap().path().join(format!("{id}.jsonl")));
    let transcript = fs::read_to_string(paths.find(|path| path.exists()).unwrap()).unwrap();
    let lines = transcript.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let messages: Vec<_> = lines.filter(is_message).collect();
    let texts =
        messages.iter().filter(|message| message["type"] == "user").map(|message| &message["message"]["content"]);
    let first = texts.filter_map(Value::as_str).find(|prompt| !prompt.starts_with('<'));
    let expected = (json!(messages.len()), json!(first));
    let conversation_of = |session: &Value| (session["messageCount"].clone(), session["originalPrompt"].clone());
    let reported = read_session(sandbox, id);
    assert_eq!(conversation_of(&reported), expected, "{id}");
    if let Some(server) = server {
        let shown = || server.sessions().into_iter().find(|session| session["sessionId"] == id).unwrap_or_default();
        assert!(
            becomes_true(|| conversation_of(&shown()) == expected),
            "{expected:?}, {:?}",
            conversation_of(&shown())
        );
    }
    assert!(!reported.to_string().contains("ghp_hunter2"), "{reported}");
    println!("{id}: {} messages, {}: {}", messages.len(), reported["originalPrompt"], reported["recentOutput"]);
}

/// Returns whether a line of a transcript is a message: a prompt, an answer, a call or a result of the main conversation.
fn is_message(line: &Value) -> bool {
    if ["isSidechain", "isMeta", "isCompactSummary"].iter().any(|name| line[*name] == true) {
        return false;
    }
    // After a kill the CLI answers itself, with "No response requested.". An error of the API counts.
    if line["message"]["model"] == "<synthetic>" && line["isApiErrorMessage"] != true {
        return false;
    }
    let is_prompt = |text: &str| {
        let is_typed = text.starts_with("<command-name>") || text.starts_with("<bash-input>");
        is_typed || !text.starts_with('<') && !text.starts_with("[Request interrupted by user")
    };
    let content = &line["message"]["content"];
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    match line["type"].as_str().unwrap_or_default() {
        "user" => {
            let is_message =
                |part: &Value| part["type"] == "tool_result" || part["text"].as_str().is_some_and(is_prompt);
            content.as_str().is_some_and(is_prompt) || parts.iter().any(is_message)
        }
        "assistant" => parts.iter().any(|part| part["type"] == "text" || part["type"] == "tool_use"),
        _ => false,
    }
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
