//! How long does it take until a browser shows the page of `sessions serve`, and until the page shows 500 sessions that have
//! all changed?
//!
//! The browser is a real Chromium on this machine. It needs node, and packages from npm.

mod process_costs;
#[expect(dead_code, reason = "the other benches use the rest")]
mod server_process;
mod verdict;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use session_signals_testing::node::{node, packages};

use server_process::ServerProcess;
use verdict::verdict;

/// How many sessions there are.
const SESSIONS: usize = 500;
/// The limit from the request to the first paint.
const FIRST_PAINT: Duration = Duration::from_millis(100);
/// The limit from the arrival of the changes of all sessions to the frame that shows them.
const UPDATE: Duration = Duration::from_millis(50);

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let config_dir = directory.path().join(".claude");
    fs_err::create_dir(&config_dir).expect("the configuration directory");
    (0..SESSIONS).for_each(|number| create_session(directory.path(), number));
    let (server, _) = ServerProcess::start(&config_dir, Stdio::null());
    let folder = packages("browser", &["puppeteer-core@24.43.1", "axe-core@4.14.1"], &[]);
    let mut node = node(&folder, "../../benches/page.mjs");
    node.args([chromium_path(), format!("http://127.0.0.1:{}/", server.port), SESSIONS.to_string()]);
    let output = node.stderr(Stdio::inherit()).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let measured: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    println!("\n| {SESSIONS} sessions | median | worst of 21 |\n| --- | ---: | ---: |");
    for (name, row) in [
        ("floor", "request to first paint of a page with one word"),
        ("paint", "request to first paint"),
        ("cards", "request to the frame with all sessions"),
        ("scripts", "all sessions change: script, style and layout"),
        ("processor", "all sessions change: processor time of the page until then"),
        ("frames", "all sessions change: to the frame that shows it"),
        ("one", "one session changes: to the frame that shows it"),
        ("filter", "a letter in the filter: to the frame that shows it"),
    ] {
        let (median, worst) = (time(&measured[name], 10), time(&measured[name], 20));
        println!("| {row} | {median:.1?} | {worst:.1?} |");
    }
    println!();
    let (paint, update) = (time(&measured["paint"], 10), time(&measured["frames"], 10));
    println!(
        "{}",
        verdict(paint < FIRST_PAINT, &format!("first paint after {paint:.1?} (target: under {FIRST_PAINT:?})"))
    );
    let text = format!("{SESSIONS} sessions updated in {update:.1?} (target: under {UPDATE:?})");
    println!("{}", verdict(update < UPDATE, &text));
}

/// Returns one of the times, which are in milliseconds and in ascending order.
fn time(times: &Value, at: usize) -> Duration {
    Duration::from_secs_f64(times[at].as_f64().expect("a number") / 1000.0)
}

/// Runs the hooks of a session, which works, asks or waits.
fn create_session(home: &Path, number: usize) {
    let cwd = home.join(format!("code/project-{}", number % 23));
    if !cwd.exists() {
        for name in ["objects", "refs"] {
            fs_err::create_dir_all(cwd.join(".git").join(name)).expect("a checkout");
        }
        fs_err::write(cwd.join(".git/HEAD"), "ref: refs/heads/feature/some-branch\n").expect("a checkout");
    }
    let prompt = "Read the code, find out what is wrong, and mend it. Then tell me why it was wrong. ".repeat(3);
    let run_hook = |hook: &str, event: &str, members: Value| {
        let mut payload = json!({"session_id": format!("{number:08}"), "hook_event_name": event, "cwd": cwd});
        payload.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        let mut command = Command::new(hook);
        command.env("CLAUDE_CONFIG_DIR", home.join(".claude")).stdin(Stdio::piped());
        let mut process = command.spawn().expect("a hook");
        process.stdin.take().expect("its stdin").write_all(payload.to_string().as_bytes()).expect("it reads");
        assert!(process.wait().expect("it ends").success());
    };
    run_hook(env!("CARGO_BIN_EXE_hook-user-prompt-submit"), "UserPromptSubmit", json!({"prompt": prompt}));
    if number % 3 == 1 {
        let input = json!({"command": "cargo test --workspace -- --ignored", "description": "Run the tests"});
        let members = json!({"tool_name": "Bash", "tool_input": input});
        run_hook(env!("CARGO_BIN_EXE_hook-permission-request"), "PermissionRequest", members);
    } else if number % 3 == 2 {
        let message = "# Done\n\n- **one** thing\n- another one, with `code`\n\nShall I go on?";
        run_hook(env!("CARGO_BIN_EXE_hook-stop"), "Stop", json!({"last_assistant_message": message}));
    }
}

/// Returns the path of the browser.
fn chromium_path() -> String {
    let found = Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output();
    String::from_utf8_lossy(&found.expect("sh").stdout).trim().to_owned()
}
