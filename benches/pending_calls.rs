//! How long does an event take while very large calls wait for the user?
//!
//! The time of a hook with no waiting call is subtracted, and the rest is divided by the size of the signal.

use std::process::Command;
use std::time::Instant;

use serde_json::json;

use crate::home_directory::HomeDirectory;
use crate::verdict::verdict;

/// At most this many milliseconds for one event and one megabyte of waiting calls.
const TARGET: f64 = 10.0;
/// How many calls wait.
const CALLS: usize = 4;
/// How long the text of each call is, in bytes.
const LENGTH: usize = 2_200_000;
const ROUNDS: usize = 15;

/// Returns the texts of the calls, by what they are made of.
fn texts() -> [(&'static str, String); 3] {
    [
        ("letters", "abcdefgh".repeat(LENGTH / 8)),
        ("escapes", "\"\n\\\t".repeat(LENGTH / 8)),
        ("other alphabets", "漢é😀".repeat(LENGTH / 9)),
    ]
}

fn payload(text: &str, number: usize, event: &str) -> String {
    let input = json!({ "file_path": format!("/tmp/{number}"), "content": text });
    json!({ "session_id": "s", "hook_event_name": event, "tool_name": "Write", "tool_input": input }).to_string()
}

/// An event, and how the table names it.
struct Case {
    name: &'static str,
    executable: &'static str,
    payload: String,
}

fn cases(text: &str) -> [Case; 3] {
    let (request, done) = (env!("CARGO_BIN_EXE_hook-permission-request"), env!("CARGO_BIN_EXE_hook-post-tool-use"));
    let case = |name, executable, payload| Case { name, executable, payload };
    [
        case("a small call of another tool ends", done, payload("", 9, "PostToolUse")),
        case("a small call joins them", request, payload("", 9, "PermissionRequest")),
        case("the last of them ends", done, payload(text, CALLS - 1, "PostToolUse")),
    ]
}

/// Prints a row for each text and event. Returns the line for the target.
pub fn measure_and_print() -> String {
    let home = HomeDirectory::create_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!("\nOn {}, with {CALLS} calls of {LENGTH} bytes waiting:\n", home.file_system);
    println!("| ms per MB and event | times `cp` | the texts | the event |\n| ---: | ---: | --- | --- |");
    let mut worst: f64 = 0.0;
    for (text_name, text) in texts() {
        let signal = signal_with_calls(&text);
        let megabytes = f64::from(u32::try_from(signal.len()).unwrap()) / 1e6;
        for case in cases(&text) {
            let mut times = [const { Vec::new() }; 3];
            for _ in 0..ROUNDS {
                // `cp` copies the signal that the run before it left.
                for (times, signal) in times.iter_mut().zip([Some(&*signal), None, Some("{\"pending\":[]}\n")]) {
                    times.push(measure(&home, &case, signal));
                }
            }
            let [with_calls, copy, without_calls] = times.map(median);
            let per_megabyte = (with_calls - without_calls).max(0.0) / megabytes;
            worst = worst.max(per_megabyte);
            println!("| {per_megabyte:.2} | {:.1} | {text_name} | {} |", with_calls / copy, case.name);
        }
    }
    verdict(
        worst <= TARGET,
        &format!("a waiting call costs {worst:.1} ms per MB and event at worst (target: at most {TARGET})"),
    )
}

/// Returns a `permission` signal with `CALLS` waiting calls of this text.
fn signal_with_calls(text: &str) -> String {
    let entry = |number| {
        let payload = payload(text, number, "PermissionRequest");
        let members = payload.strip_suffix('}').unwrap();
        format!("{members},\"pending_since\":\"1795246536.{number:09}\"}}")
    };
    let entries: Vec<String> = (0..CALLS).map(entry).collect();
    let first = entries[0].strip_suffix('}').unwrap();
    format!("{first},\"pending\":[{}],\"claude_pid\":1}}\n", entries.join(","))
}

/// Returns how many milliseconds the hook takes with this signal. Without a signal, how many `cp` takes to copy the
/// present one.
fn measure(home: &HomeDirectory, case: &Case, signal: Option<&str>) -> f64 {
    let path = home.signal_path("s", "permission");
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
    assert!(status.success(), "{}: {status}", case.name);
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
