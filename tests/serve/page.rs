//! The page in a real browser.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::browser::Browser;
use super::server::{Server, becomes_true, free_port};
use crate::sandbox::{Outcome, Sandbox};
use crate::sessions::registry_entry::write_registry_entry;

/// Runs the hook of an event with these members.
fn run_hook(sandbox: &Sandbox, session: &str, event: &str, members: &Value) -> Outcome {
    let text = members.to_string();
    sandbox.run_hook(session, event, &text[1..text.len() - 1])
}

/// Markup that would run a script.
const MARKUP: &str =
    "<script>alert(1)</script><img src=x onerror=alert(2)><iframe srcdoc='<script>parent.alert(3)</script>'>";

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_card_moves_when_a_hook_fires() {
    let sandbox = Sandbox::new();
    let cwd = sandbox.home().join("project");
    run_hook(&sandbox, "mover", "Stop", &json!({"cwd": cwd})).assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("see mover waiting");
    let mut times = Vec::new();
    for round in 0..5 {
        for (event, state) in
            [("UserPromptSubmit", "working"), ("PermissionRequest", "permission"), ("Stop", "waiting")]
        {
            browser.send_order("watch");
            let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let members = json!({"cwd": cwd, "prompt": round, "tool_name": "Bash", "tool_input": {"command": "ls"}});
            run_hook(&sandbox, "mover", event, &members).assert_success();
            let seen = browser.send_order(&format!("see mover {state}")).as_f64().unwrap();
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
    let board = browser.send_order("board");
    assert_eq!((&board["loads"], &board["errors"]), (&json!(1), &json!([])), "without a reload");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn the_text_of_a_payload_is_never_markup() {
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
        run_hook(&sandbox, session, event, &marked).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    for (session, state) in [("a", "working"), ("b", "permission"), ("c", "waiting")] {
        browser.send_order(&format!("see {session} {state}"));
        assert!(browser.send_order(&format!("text {session}")).as_str().unwrap().contains(MARKUP), "{session}");
    }
    assert_eq!(browser.send_order("scripts"), json!({"ran": [], "elements": 0}));
    let board = browser.send_order("board");
    assert_eq!((&board["title"], &board["errors"]), (&json!("(2) sessions"), &json!([])));
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn the_page_shows_which_sessions_need_the_user_and_outlives_the_server() {
    let sandbox = Sandbox::new();
    let bash = json!({"tool_name": "Bash", "tool_input": {"command": "cargo build"}});
    for (session, event) in [
        ("first", "PermissionRequest"),
        ("second", "PermissionRequest"),
        ("w", "UserPromptSubmit"),
        ("i", "Stop"),
        ("e", "SessionEnd"),
    ] {
        run_hook(&sandbox, session, event, &bash).assert_success();
        std::thread::sleep(Duration::from_millis(20));
    }
    let port = free_port();
    let server = Server::start_on_port(&sandbox, port);
    let mut browser = Browser::open(&server);
    browser.send_order("see i waiting");
    let board = browser.send_order("board");
    // The session that waits longest is first; ended sessions are folded away.
    assert_eq!(
        board["columns"],
        json!({"working": ["w"], "permission": ["first", "second"], "waiting": ["i"], "idle": [], "ended": []})
    );
    assert_eq!(
        (&board["title"], &board["connection"], &board["endedIsOpen"]),
        (&json!("(3) sessions"), &json!("live"), &json!(false))
    );
    let text = browser.send_order("text first");
    assert!(text.as_str().unwrap().contains("Bash") && text.as_str().unwrap().contains("cargo build"), "{text}");
    // The page can be used with the keyboard alone.
    assert_eq!(browser.send_order("keys j"), json!({"key": "first", "isOpen": false, "isVisible": true}));
    assert_eq!(browser.send_order("keys Enter"), json!({"key": "first", "isOpen": true, "isVisible": true}));
    // Changes of other sessions do not move the focus, and neither do those of the session itself.
    run_hook(&sandbox, "second", "Stop", &json!({})).assert_success();
    browser.send_order("see second waiting");
    run_hook(&sandbox, "first", "UserPromptSubmit", &json!({"prompt": "go"})).assert_success();
    browser.send_order("see first working");
    assert_eq!(browser.send_order("keys Shift")["key"], "first");
    // The light and the dark scheme have different colours.
    let (light, dark) = (browser.send_order("light"), browser.send_order("dark"));
    assert!(light["ground"] != dark["ground"] && light["ink"] != dark["ink"], "{light} {dark}");
    // The page says that it has lost the server. Later it shows what happened meanwhile.
    drop(server);
    assert!(becomes_true(|| browser.send_order("board")["connection"].as_str().unwrap().starts_with("reconnecting…")));
    fs_err::remove_file(sandbox.signal_path("w", "working")).unwrap();
    run_hook(&sandbox, "i", "SessionEnd", &json!({})).assert_success();
    run_hook(&sandbox, "new", "Stop", &json!({})).assert_success();
    let _server = Server::start_on_port(&sandbox, port);
    browser.send_order("see new waiting");
    let board = browser.send_order("board");
    assert_eq!(
        board["columns"],
        json!({"working": ["first"], "permission": [], "waiting": ["second", "new"], "idle": [], "ended": []})
    );
    assert_eq!(
        (&board["connection"], &board["title"], &board["loads"]),
        (&json!("live"), &json!("(2) sessions"), &json!(1))
    );
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_session_without_a_prompt_is_not_counted_as_one_that_needs_the_user() {
    let sandbox = Sandbox::new();
    run_hook(&sandbox, "old", "Stop", &json!({})).assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("see old waiting");
    assert_eq!(browser.send_order("board")["title"], "(1) sessions");
    run_hook(&sandbox, "new", "SessionStart", &json!({"source": "startup"})).assert_success();
    browser.send_order("see new waiting");
    assert_eq!(browser.send_order("board")["title"], "(1) sessions");
    // After its first turn it is counted.
    run_hook(&sandbox, "new", "UserPromptSubmit", &json!({})).assert_success();
    run_hook(&sandbox, "new", "Stop", &json!({})).assert_success();
    assert!(becomes_true(|| browser.send_order("board")["title"] == "(2) sessions"));
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn names_of_any_length_fit_into_their_boxes_at_any_width() {
    let sandbox = Sandbox::new();
    let long = |what: &str| what.repeat(200 / what.len());
    let cwd = sandbox.home().join(long("p"));
    fs_err::create_dir_all(cwd.join(".git")).unwrap();
    fs_err::write(cwd.join(".git/HEAD"), format!("ref: refs/heads/feature/{}\n", long("b"))).unwrap();
    let plain = sandbox.home().join("project");
    fs_err::create_dir_all(plain.join(".git")).unwrap();
    fs_err::write(plain.join(".git/HEAD"), "ref: refs/heads/fix/login-redirect-loop\n").unwrap();
    for (name, cwd) in [("long", cwd), ("plain", plain)] {
        let members = json!({
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
            run_hook(&sandbox, &session, event, &members).assert_success();
        }
    }
    // A session with a name from the CLI, and a session of another host.
    let (pid, named) = (std::process::id(), format!("long2-{}", "s".repeat(100)));
    let entry = json!({"pid": pid, "sessionId": named, "status": "idle", "statusUpdatedAt": 1, "name": long("n")});
    write_registry_entry(&sandbox, pid, &entry);
    run_hook(&sandbox, "elsewhere", "Stop", &json!({"cwd": "/", "last_assistant_message": long("m")})).assert_success();
    let mut signal = sandbox.read_signal("elsewhere", "stop");
    signal["claude_host"] = format!("{}/4026531836", long("h")).into();
    fs_err::write(sandbox.signal_path("elsewhere", "stop"), format!("{signal}\n")).unwrap();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order(&format!("see plain2-{} waiting", "s".repeat(100)));
    browser.send_order("see elsewhere waiting");
    assert!(browser.send_order("all elsewhere").as_str().unwrap().contains(&format!("On {}", long("h"))));
    assert!(browser.send_order(&format!("all {named}")).as_str().unwrap().contains(&long("n")));
    for is_open in [false, true] {
        if is_open {
            assert_eq!(browser.send_order("open"), json!(11));
        }
        // Widths in steps: every layout of the page is among them.
        for width in (320..=1600).step_by(40).chain([390, 1920, 2560]) {
            assert_eq!(browser.send_order(&format!("width {width}")), json!([]), "{width} px, open: {is_open}");
        }
    }
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn invisible_characters_are_shown_by_their_code_points() {
    let sandbox = Sandbox::new();
    // With these characters, a browser could show another command, or none.
    let hidden = "\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}\u{200b}\u{2060}\u{feff}\u{ad}\u{e0041}\u{1b}\u{7f}\u{2028}\u{3164}";
    let command = format!("ls {hidden}~ fr- mr\tx\ny \u{200d}z");
    // In these words and in this emoji, the joiners are part of the text and stay.
    let script = "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645} \u{1f469}\u{200d}\u{1f4bb}";
    let members = json!({
        "cwd": format!("/home/{hidden}"), "tool_name": format!("Ba{hidden}sh"), "tool_input": {"command": command},
        "prompt": format!("{hidden}{script}"), "last_assistant_message": hidden, "error": hidden,
        "background_tasks": [{"type": "shell", "status": "running", "description": hidden}],
    });
    for (session, event) in [("w", "UserPromptSubmit"), ("p", "PermissionRequest"), ("s", "Stop"), ("f", "StopFailure")]
    {
        run_hook(&sandbox, session, event, &members).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    for (session, state) in [("w", "working"), ("p", "permission"), ("s", "waiting"), ("f", "waiting")] {
        browser.send_order(&format!("see {session} {state}"));
        let text = browser.send_order(&format!("all {session}"));
        let text = text.as_str().unwrap();
        for c in hidden.chars() {
            assert!(!text.contains(c), "{session}: {c:?} in {text:?}");
        }
        assert!(text.contains("[U+202E][U+2066]") && text.contains("[U+E0041][U+001B]"), "{session}: {text:?}");
    }
    let text = browser.send_order("all p");
    assert!(text.as_str().unwrap().contains("~ fr- mr\tx\ny [U+200D]z"), "{text}");
    let text = browser.send_order("all w");
    assert!(text.as_str().unwrap().contains(script), "{text}");
}
