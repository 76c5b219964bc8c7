//! What the server stores of a session, looked for in its own files.

use std::path::Path;

use super::nats_server::NatsServer;
use super::publish::publish;
use super::published_bucket::PublishedBucket;
use super::registry_entry::write_registry_entry;
use crate::sandbox::{ClaudeProcess, Sandbox, SleepingProcess, create_checkout};
use crate::serve::server::becomes_true;

/// Returns which of these texts are in a file below the folder.
fn texts_in(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts_in(&path, texts));
            continue;
        }
        let bytes = fs_err::read(&path).unwrap();
        let has = |text: &&&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found.extend(texts.iter().filter(has).map(|text| (*text).to_owned()));
    }
    found.sort();
    found.dedup();
    found
}

/// What a session may have that its user or somebody else has written. Each text is in one place only.
const MARKERS: [&str; 13] = [
    "MARKER-prompt",
    "MARKER-answer",
    "MARKER-command",
    "MARKER-description",
    "MARKER-error",
    "MARKER-name",
    "MARKER-branch",
    "MARKER-owner",
    "MARKER-folder",
    "MARKER-transcript",
    "MARKER-output",
    "MARKER-task",
    "MARKER-reason",
];

/// Lets six sessions have all of them: those of each state, and one with a name.
fn make_marked_sessions(sandbox: &Sandbox, cli: &mut ClaudeProcess) -> SleepingProcess {
    let project = sandbox.home().join("MARKER-folder/parser");
    create_checkout(&project, "MARKER-branch", "https://example.org/MARKER-owner/name");
    let transcript = sandbox.home().join("transcript.jsonl");
    let lines = [
        r#"{"type":"user","message":{"role":"user","content":"MARKER-transcript asks"}}"#,
        r#"{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"MARKER-transcript answers"}]}}"#,
        r#"{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"MARKER-output"}]}}"#,
    ];
    fs_err::write(&transcript, lines.join("\n") + "\n").unwrap();
    let common = format!(r#""cwd":"{}","transcript_path":"{}""#, project.display(), transcript.display());
    let mut run = |session: &str, event: &str, members: &str| {
        cli.run_hook(session, event, &format!("{common},{members}")).assert_success();
    };
    run("working", "UserPromptSubmit", r#""prompt":"MARKER-prompt""#);
    let task = r#"[{"id":"b","type":"shell","status":"running","description":"MARKER-task"}]"#;
    run("waiting", "Stop", &format!(r#""last_assistant_message":"MARKER-answer","background_tasks":{task}"#));
    run("failed", "StopFailure", r#""error":"MARKER-error","last_assistant_message":"MARKER-answer""#);
    let input = r#"{"command":"MARKER-command","description":"MARKER-description"}"#;
    run("asks", "PermissionRequest", &format!(r#""tool_name":"Bash","tool_input":{input}"#));
    run("ended", "SessionEnd", r#""reason":"MARKER-reason""#);
    // The registry of the CLI knows the name of another one.
    let process = SleepingProcess::start();
    let entry = serde_json::json!({
        "pid": process.pid(), "sessionId": "named", "cwd": project, "name": "MARKER-name", "kind": "interactive",
        "procStart": process.start_time().to_string(), "startedAt": 1, "status": "idle", "statusUpdatedAt": 1,
    });
    write_registry_entry(sandbox, process.pid(), &entry);
    process
}

#[test]
#[ignore = "needs nats-server"]
fn without_text_the_files_of_the_server_have_nothing_of_what_was_written() {
    let (sandbox, mut nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    let mut cli = ClaudeProcess::start(&sandbox);
    let _named = make_marked_sessions(&sandbox, &mut cli);
    // The list has all of them except the output of the tool: otherwise nothing would be tested.
    let printed = super::list::sessions(&sandbox, &["--all", "--json"]);
    let expected: Vec<_> = MARKERS.into_iter().filter(|marker| *marker != "MARKER-output").collect();
    let missing: Vec<_> = expected.iter().filter(|marker| !printed.contains(**marker)).collect();
    assert!(missing.is_empty(), "{missing:?} {printed}");
    let server = publish(&sandbox, &nats, "box", &[]);
    assert!(becomes_true(|| bucket.sessions("box").len() == 6));
    drop(server);
    nats.stop();
    let also = [&MARKERS[..], &["parser", "working", "s.box.asks", "h.box"]].concat();
    assert_eq!(texts_in(&nats.store_dir(), &also), ["h.box", "parser", "s.box.asks", "working"]);
    // The same with text has all of them, so they would have been found.
    nats.run();
    let server = publish(&sandbox, &nats, "box", &["--publish-text", "full"]);
    assert!(becomes_true(|| bucket.sessions("box")["ended"]["endReason"] == "MARKER-reason"));
    assert!(becomes_true(|| bucket.sessions("box")["ended"]["messageCount"] != 0));
    drop(server);
    nats.stop();
    let mut expected: Vec<_> = expected.into_iter().map(str::to_owned).collect();
    expected.sort();
    assert_eq!(texts_in(&nats.store_dir(), &MARKERS), expected);
}
