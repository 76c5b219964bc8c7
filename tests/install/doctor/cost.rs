//! `hooks doctor --cost`.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::installation::{Installation, set_age};

/// One turn with two hooks for each event: one prints something and takes 50 ms, and one prints nothing.
const TRANSCRIPT: &str = include_str!("../../fixtures/transcripts/timed-hooks.jsonl");

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns `event runs median` of each hook, in the order of the report, and how many turns there were.
fn cost(installation: &Installation, arguments: &[&str]) -> (Vec<String>, Value) {
    let (code, report) = installation.run_json(&[&["doctor", "--cost"], arguments].concat());
    assert_eq!(code, 0, "{report}");
    let row = |hook: &Value| {
        let quiet = if hook["command"].as_str().unwrap().contains("quiet") { " quiet" } else { "" };
        format!("{} {} {}{quiet}", hook["event"].as_str().unwrap(), hook["runs"], hook["median_ms"])
    };
    (report["hooks"].as_array().unwrap().iter().map(row).collect(), report["turns"].clone())
}

/// Returns the transcript as if it had been written so many days ago.
fn transcript_of(days: u64) -> String {
    let then = std::time::SystemTime::now() - DAY * u32::try_from(days).unwrap();
    let then = session_signals_reader::format_rfc3339(then).to_string();
    let lines = TRANSCRIPT.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["timestamp"] = json!(then);
        format!("{line}\n")
    });
    lines.collect()
}

#[test]
fn hooks_are_ranked_by_what_they_cost_a_turn() {
    let installation = Installation::new();
    assert_eq!(cost(&installation, &[]), (vec![], json!(0)));
    let output = installation.run_hooks(&["doctor", "--cost"]);
    assert!(output.stdout.starts_with("No hook was timed in the last 7 days.\n"), "{}", output.stdout);
    installation.write_file(".claude/projects/-work/one.jsonl", &transcript_of(1));
    let rows = [
        "UserPromptSubmit 1 61",
        "PreToolUse 1 58",
        "SessionStart 1 56",
        "PostToolUse 1 54",
        "Stop 1 54",
        "Stop 1 3 quiet",
    ];
    assert_eq!(cost(&installation, &[]), (rows.map(str::to_owned).to_vec(), json!(1)));
    // A fork has the lines of the session that it comes from. What cannot be read or understood is left out.
    installation.write_file(".claude/projects/-work/fork.jsonl", &transcript_of(1));
    installation.write_file(
        ".claude/projects/-work/broken.jsonl",
        "{\"durationMs\":\n\"durationMs\" \u{0}\n{\"type\":\"user\"}\n",
    );
    fs_err::os::unix::fs::symlink("/dev/zero", installation.path(".claude/projects/-work/zero.jsonl")).unwrap();
    assert_eq!(cost(&installation, &[]), (rows.map(str::to_owned).to_vec(), json!(1)));
    // Another session has the same hooks, in the transcript of a subagent, too.
    let other = transcript_of(2).replace("\"uuid\":\"", "\"uuid\":\"other-");
    installation.write_file(
        ".claude/projects/-work/two/subagents/agent.jsonl",
        &other.replace("\"durationMs\":54", "\"durationMs\":5400"),
    );
    let (rows, turns) = cost(&installation, &[]);
    assert_eq!((&*rows[0], &*rows[1], turns), ("PostToolUse 2 5400", "Stop 2 5400", json!(2)));
    let output = installation.run_hooks(&["doctor", "--cost"]).stdout;
    assert!(output.starts_with("2 turns in 2 transcripts of the last 7 days:\n\nms a turn"), "{output}");
    assert!(output.contains("\n   2727.0       2       5400        5400  PostToolUse       echo hi; "), "{output}");
}

#[test]
fn only_the_last_days_count() {
    let installation = Installation::new();
    installation.write_file(".claude/projects/-work/new.jsonl", &transcript_of(9));
    assert_eq!(cost(&installation, &[]).0.len(), 0);
    assert_eq!(cost(&installation, &["--days", "10"]).0.len(), 6);
    // A file that was not written to since then is not opened.
    set_age(&installation.path(".claude/projects/-work/new.jsonl"), 11 * DAY.as_secs());
    assert_eq!(cost(&installation, &["--days", "10"]).0.len(), 0);
    for arguments in
        [&["doctor", "--days", "3"][..], &["doctor", "--cost", "--fix"], &["doctor", "--cost", "--days", "0"]]
    {
        assert_eq!(installation.run_hooks(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn a_command_cannot_speak_to_the_terminal() {
    let installation = Installation::new();
    let text = transcript_of(0).replace("echo hi;", "\\u001b[31mecho hi;");
    installation.write_file(".claude/projects/-work/one.jsonl", &text);
    let output = installation.run_hooks(&["doctor", "--cost"]).stdout;
    assert!(output.contains("\u{fffd}[31mecho hi;") && !output.contains('\u{1b}'), "{output}");
}
