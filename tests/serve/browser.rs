//! The page in a real browser.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::server::{Server, free_port, within};
use crate::sandbox::{Outcome, Sandbox};
use session_signals_testing::node::{node, packages};

/// Chromium on a page; ended at the end.
pub struct Browser {
    process: Child,
    /// Its end ends the browser.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    pub fn open(server: &Server) -> Self {
        let folder = packages("puppeteer", &["puppeteer-core@24.43.1"]);
        let found = Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output();
        let chromium = String::from_utf8(found.unwrap().stdout).unwrap();
        let mut node = node(&folder, "browser.mjs");
        node.args([chromium.trim(), &format!("http://127.0.0.1:{}/", server.port)]);
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, answers) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, orders, answers }
    }

    #[track_caller]
    pub fn tell(&mut self, order: &str) -> Value {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{order}: {answer:?}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.orders.take());
        for _ in 0..500 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Then the browser ends with it: a pipe holds the two together.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn fire(sandbox: &Sandbox, session: &str, event: &str, members: &Value) -> Outcome {
    let text = members.to_string();
    sandbox.run_hook(session, event, &text[1..text.len() - 1])
}

const MARKUP: &str =
    "<script>alert(1)</script><img src=x onerror=alert(2)><iframe srcdoc='<script>parent.alert(3)</script>'>";

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn a_card_moves_when_a_hook_fires() {
    let sandbox = Sandbox::new();
    let cwd = sandbox.home().join("project");
    fire(&sandbox, "mover", "Stop", &json!({"cwd": cwd})).assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.tell("see mover waiting");
    let mut times = Vec::new();
    for round in 0..5 {
        for (event, state) in
            [("UserPromptSubmit", "working"), ("PermissionRequest", "permission"), ("Stop", "waiting")]
        {
            browser.tell("watch");
            let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let members = json!({"cwd": cwd, "prompt": round, "tool_name": "Bash", "tool_input": {"command": "ls"}});
            fire(&sandbox, "mover", event, &members).assert_success();
            let seen = browser.tell(&format!("see mover {state}")).as_f64().unwrap();
            times.push(Duration::from_secs_f64((seen / 1000.0 - start.as_secs_f64()).max(0.0)));
        }
    }
    times.sort();
    println!(
        "from the start of the hook to the card in its new column: median {:?}, worst {:?}, of {}",
        times[times.len() / 2],
        times[times.len() - 1],
        times.len()
    );
    // A machine that others keep busy may be late now and then.
    let in_time = times.iter().filter(|time| **time < Duration::from_millis(200)).count();
    assert!(in_time >= 12, "{in_time} of {}: {times:?}", times.len());
    let board = browser.tell("board");
    assert_eq!((&board["loads"], &board["errors"]), (&json!(1), &json!([])), "without a reload");
}

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn what_a_payload_says_is_text() {
    let sandbox = Sandbox::new();
    let marked = json!({
        "cwd": format!("/{MARKUP}"),
        "prompt": MARKUP,
        "last_assistant_message": MARKUP,
        "error": MARKUP,
        "background_tasks": [{"type": MARKUP, "status": "running", "description": MARKUP}],
        "reason": MARKUP,
        "tool_name": MARKUP,
        "tool_input": {"command": MARKUP, MARKUP: MARKUP},
    });
    for (session, event) in
        [("a", "UserPromptSubmit"), ("b", "PermissionRequest"), ("c", "StopFailure"), ("d", "SessionEnd")]
    {
        fire(&sandbox, session, event, &marked).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    for (session, state) in [("a", "working"), ("b", "permission"), ("c", "waiting")] {
        browser.tell(&format!("see {session} {state}"));
        assert!(browser.tell(&format!("text {session}")).as_str().unwrap().contains(MARKUP), "{session}");
    }
    assert_eq!(browser.tell("scripts"), json!({"ran": [], "elements": 0}));
    let board = browser.tell("board");
    assert_eq!((&board["title"], &board["errors"]), (&json!("(2) sessions"), &json!([])));
}

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn the_page_shows_who_needs_you_and_outlives_the_server() {
    let sandbox = Sandbox::new();
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "cargo build"}});
    for (session, event) in [
        ("first", "PermissionRequest"),
        ("second", "PermissionRequest"),
        ("w", "UserPromptSubmit"),
        ("i", "Stop"),
        ("e", "SessionEnd"),
    ] {
        fire(&sandbox, session, event, &bash).assert_success();
        std::thread::sleep(Duration::from_millis(20));
    }
    let port = free_port();
    let server = Server::start_at(&sandbox, port);
    let mut browser = Browser::open(&server);
    browser.tell("see i waiting");
    let board = browser.tell("board");
    // Who waits longest comes first; who ended is folded away.
    assert_eq!(
        board["columns"],
        json!({"working": ["w"], "permission": ["first", "second"], "waiting": ["i"], "ended": []})
    );
    assert_eq!(
        (&board["title"], &board["connection"], &board["endedIsOpen"]),
        (&json!("(3) sessions"), &json!("live"), &json!(false))
    );
    let text = browser.tell("text first");
    assert!(text.as_str().unwrap().contains("Bash") && text.as_str().unwrap().contains("cargo build"), "{text}");
    // With the keyboard alone.
    assert_eq!(browser.tell("keys Tab"), json!({"key": "w", "isOpen": false, "isVisible": true}));
    assert_eq!(browser.tell("keys Tab Enter"), json!({"key": "first", "isOpen": true, "isVisible": true}));
    // News of others leave the focus where it is; so do its own.
    fire(&sandbox, "second", "Stop", &json!({})).assert_success();
    browser.tell("see second waiting");
    fire(&sandbox, "first", "UserPromptSubmit", &json!({"prompt": "go"})).assert_success();
    browser.tell("see first working");
    assert_eq!(browser.tell("keys Shift")["key"], "first");
    // On a phone nothing sticks out; light is light, and dark dark.
    assert_eq!(browser.tell("phone")["sticksOut"], false);
    assert_eq!(browser.tell("wide")["sticksOut"], false);
    let (light, dark) = (browser.tell("light"), browser.tell("dark"));
    assert!(light["ground"] != dark["ground"] && light["ink"] != dark["ink"], "{light} {dark}");
    // It says that it hears nothing, and then shows what became of it all.
    drop(server);
    assert!(within(|| browser.tell("board")["connection"].as_str().unwrap().starts_with("reconnecting…")));
    fs_err::remove_file(sandbox.signal_path("w", "working")).unwrap();
    fire(&sandbox, "i", "SessionEnd", &json!({})).assert_success();
    fire(&sandbox, "new", "Stop", &json!({})).assert_success();
    let _server = Server::start_at(&sandbox, port);
    browser.tell("see new waiting");
    let board = browser.tell("board");
    assert_eq!(
        board["columns"],
        json!({"working": ["first"], "permission": [], "waiting": ["second", "new"], "ended": []})
    );
    assert_eq!(
        (&board["connection"], &board["title"], &board["loads"]),
        (&json!("live"), &json!("(2) sessions"), &json!(1))
    );
}

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn a_session_that_has_only_started_is_not_counted_among_those_that_need_you() {
    let sandbox = Sandbox::new();
    fire(&sandbox, "old", "Stop", &json!({})).assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.tell("see old waiting");
    assert_eq!(browser.tell("board")["title"], "(1) sessions");
    fire(&sandbox, "new", "SessionStart", &json!({"source": "startup"})).assert_success();
    browser.tell("see new waiting");
    assert_eq!(browser.tell("board")["title"], "(1) sessions");
    // After its first turn it is.
    fire(&sandbox, "new", "UserPromptSubmit", &json!({})).assert_success();
    fire(&sandbox, "new", "Stop", &json!({})).assert_success();
    assert!(within(|| browser.tell("board")["title"] == "(2) sessions"));
}

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn names_of_any_length_stay_in_their_place_at_any_width() {
    let sandbox = Sandbox::new();
    let long = |what: &str| what.repeat(200 / what.len());
    let cwd = sandbox.home().join(long("p"));
    fs_err::create_dir_all(cwd.join(".git")).unwrap();
    fs_err::write(cwd.join(".git/HEAD"), format!("ref: refs/heads/feature/{}\n", long("b"))).unwrap();
    let plain = sandbox.home().join("project");
    fs_err::create_dir_all(plain.join(".git")).unwrap();
    fs_err::write(plain.join(".git/HEAD"), "ref: refs/heads/fix/login-redirect-loop\n").unwrap();
    for (name, cwd) in [("long", cwd), ("plain", plain)] {
        let said = json!({
            "cwd": cwd,
            "prompt": long("x"),
            "last_assistant_message": long("m"),
            "error": long("e"),
            "background_tasks": [{"type": "shell", "status": "running", "description": long("t")}],
            "reason": long("r"),
            "tool_name": long("T"),
            "tool_input": {"command": long("c")},
        });
        for (number, event) in
            ["UserPromptSubmit", "PermissionRequest", "Stop", "StopFailure", "SessionEnd"].into_iter().enumerate()
        {
            let session = format!("{name}{number}-{}", "s".repeat(100));
            fire(&sandbox, &session, event, &said).assert_success();
        }
    }
    // One that the CLI has a name for, and one of another host.
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    let (pid, named) = (std::process::id(), format!("long2-{}", "s".repeat(100)));
    let account = json!({"pid": pid, "sessionId": named, "status": "idle", "statusUpdatedAt": 1, "name": long("n")});
    fs_err::write(registry.join(format!("{pid}.json")), account.to_string()).unwrap();
    fire(&sandbox, "elsewhere", "Stop", &json!({"cwd": "/", "last_assistant_message": long("m")})).assert_success();
    let mut signal = sandbox.read_signal("elsewhere", "stop");
    signal["claude_host"] = format!("{}/4026531836", long("h")).into();
    fs_err::write(sandbox.signal_path("elsewhere", "stop"), format!("{signal}\n")).unwrap();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.tell(&format!("see plain2-{} waiting", "s".repeat(100)));
    browser.tell("see elsewhere waiting");
    assert!(browser.tell("all elsewhere").as_str().unwrap().contains(&format!("On {}", long("h"))));
    assert!(browser.tell(&format!("all {named}")).as_str().unwrap().contains(&long("n")));
    for is_open in [false, true] {
        if is_open {
            assert_eq!(browser.tell("open"), json!(11));
        }
        // Each in between would be the same; a step that is no part of a column or of a letter meets every kind.
        for width in (320..=1600).step_by(20).chain([390, 1920]) {
            assert_eq!(browser.tell(&format!("width {width}")), json!([]), "{width} px, open: {is_open}");
        }
    }
}

#[test]
#[ignore = "needs chromium, node and a package from npm"]
fn what_cannot_be_seen_is_named() {
    let sandbox = Sandbox::new();
    // It would read "rm -rf ~ # txt.exe", or nothing of it.
    let hidden = "\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{2060}\u{feff}\u{ad}\u{e0041}\u{1b}\u{7f}\u{2028}\u{3164}";
    let command = format!("ls {hidden}~ fr- mr\tx\ny \u{200d}z");
    // In these words, joiners are spelling; in this picture, they are the picture.
    let script = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645} \u{1f469}\u{200d}\u{1f4bb}";
    let said = json!({
        "cwd": format!("/home/{hidden}"), "tool_name": format!("Ba{hidden}sh"), "tool_input": {"command": command},
        "prompt": format!("{hidden}{script}"), "last_assistant_message": hidden, "error": hidden,
        "background_tasks": [{"type": "shell", "status": "running", "description": hidden}],
    });
    for (session, event) in [("w", "UserPromptSubmit"), ("p", "PermissionRequest"), ("s", "Stop"), ("f", "StopFailure")]
    {
        fire(&sandbox, session, event, &said).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    for (session, state) in [("w", "working"), ("p", "permission"), ("s", "waiting"), ("f", "waiting")] {
        browser.tell(&format!("see {session} {state}"));
        let text = browser.tell(&format!("all {session}"));
        let text = text.as_str().unwrap();
        for c in hidden.chars() {
            assert!(!text.contains(c), "{session}: {c:?} in {text:?}");
        }
        assert!(text.contains("[U+202E][U+2066]") && text.contains("[U+E0041][U+001B]"), "{session}: {text:?}");
    }
    let text = browser.tell("all p");
    assert!(text.as_str().unwrap().contains("~ fr- mr\tx\ny [U+200D]z"), "{text}");
    let text = browser.tell("all w");
    assert!(text.as_str().unwrap().contains(script), "{text}");
}
