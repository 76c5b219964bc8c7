//! What an event costs while very large calls wait for the user's word.
//!
//! The cost of a hook with no call waiting is taken off, and the rest is divided by the size of the signal.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::home::Home;

/// At most so many milliseconds for a megabyte of waiting calls and an event.
const TARGET: f64 = 10.0;
/// How many calls wait, and how many bytes the text of each has.
const CALLS: usize = 4;
const LENGTH: usize = 2_200_000;
const ROUNDS: usize = 15;

/// The texts, by what they are made of.
fn texts() -> [(&'static str, String); 3] {
    [
        ("letters", "abcdefgh".repeat(LENGTH / 8)),
        ("escapes", "\"\n\\\t".repeat(LENGTH / 8)),
        ("other alphabets", "漢é😀".repeat(LENGTH / 9)),
    ]
}

fn request(text: &str, number: usize, event: &str) -> String {
    let input = json!({ "file_path": format!("/tmp/{number}"), "content": text });
    json!({ "session_id": "s", "hook_event_name": event, "tool_name": "Write", "tool_input": input }).to_string()
}

/// An event and how it is named in the table.
struct Case {
    what: &'static str,
    executable: &'static str,
    payload: String,
}

fn cases(text: &str) -> [Case; 3] {
    let (asks, answers) = (env!("CARGO_BIN_EXE_hook-permission-request"), env!("CARGO_BIN_EXE_hook-post-tool-use"));
    let case = |what, executable, payload| Case { what, executable, payload };
    [
        case("a small call of another tool ends", answers, request("", 9, "PostToolUse")),
        case("a small call joins them", asks, request("", 9, "PermissionRequest")),
        case("the last of them ends", answers, request(text, CALLS - 1, "PostToolUse")),
    ]
}

/// Prints a row for each text and event, and adds the verdict.
pub fn print(verdicts: &mut Vec<String>) {
    let home = Home::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!("\nOn {}, with {CALLS} calls of {LENGTH} bytes waiting:\n", home.file_system);
    println!("| ms per MB and event | times `cp` | the texts | the event |\n| ---: | ---: | --- | --- |");
    let mut worst: f64 = 0.0;
    for (name, text) in texts() {
        let entry = |number| {
            let request = request(&text, number, "PermissionRequest");
            let members = request.strip_suffix('}').unwrap();
            format!("{members},\"pending_since\":\"1795246536.{number:09}\"}}")
        };
        let entries: Vec<String> = (0..CALLS).map(entry).collect();
        let first = entries[0].strip_suffix('}').unwrap();
        let signal = format!("{first},\"pending\":[{}],\"claude_pid\":1}}\n", entries.join(","));
        let megabytes = f64::from(u32::try_from(signal.len()).unwrap()) / 1e6;
        for case in cases(&text) {
            let mut times = [const { Vec::new() }; 3];
            for _ in 0..ROUNDS {
                // `cp` copies what the first of them left.
                for (times, signal) in times.iter_mut().zip([Some(&*signal), None, Some("{\"pending\":[]}\n")]) {
                    times.push(measure(&home, &case, signal));
                }
            }
            let [with, copy, without] = times.map(median);
            let per_megabyte = (with - without).max(0.0) / megabytes;
            worst = worst.max(per_megabyte);
            println!("| {per_megabyte:.2} | {:.1} | {name} | {} |", with / copy, case.what);
        }
    }
    let met = if worst <= TARGET { "met" } else { "MISSED" };
    verdicts.push(format!(
        "{met}: a waiting call costs {worst:.1} ms per MB and event at worst (target: at most {TARGET})"
    ));
}

/// Milliseconds that the hook takes with this signal; without one, `cp` with the signal that stands.
fn measure(home: &Home, case: &Case, signal: Option<&str>) -> f64 {
    let path = home.signal("s", "permission");
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut command = Command::new(case.executable);
    if let Some(signal) = signal {
        fs_err::write(&path, signal).unwrap();
    } else {
        command = Command::new("cp");
        command.arg(&path).arg(home.path().join("copy"));
    }
    let command = command
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/bin:/bin")
        .env("CLAUDE_PID", std::process::id().to_string())
        .stdin(reader);
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    if signal.is_some() {
        std::io::Write::write_all(&mut writer, case.payload.as_bytes()).unwrap();
    }
    drop(writer);
    let status = child.wait().unwrap();
    assert!(status.success(), "{}: {status}", case.what);
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
