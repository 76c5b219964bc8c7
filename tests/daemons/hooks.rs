//! When the hooks start a set, and when they do not.

use std::io::Write as _;
use std::process::{Child, Stdio};

use super::world::{World, lives, twelve};
use crate::sandbox::{ClaudeProcess, executable_path, payload};

#[test]
fn a_compaction_or_a_resumption_starts_no_second_set() {
    let world = World::new(&twelve());
    let mut cli = world.begin("s");
    let pids = world.pids("s");
    for source in ["compact", "resume", "startup", "of a later version"] {
        cli.start(source).assert_success();
        assert_eq!(world.pids("s"), pids, "{source}");
        world.runs(12);
    }
    cli.end("other").assert_success();
    cli.end("other").assert_success();
    // What somebody ended by hand stays ended while the session goes on.
    cli.start("compact").assert_success();
    assert_eq!((world.files(), world.running()), (vec![], vec![]));
    cli.start("resume").assert_success();
    assert_eq!(world.pids("s").len(), 12);
    world.runs(12);
    assert!(world.pids("s").values().all(|pid| !pids.values().any(|old| old == pid) && lives(*pid)));
}

#[test]
fn fifty_starts_at_once_give_one_set() {
    let world = World::new(&twelve());
    let start = |_| {
        let mut child = std::process::Command::new(executable_path("sessions"))
            .args(["daemons", "start"])
            .env_clear()
            .env("HOME", world.sandbox.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let text = payload("s", "SessionStart", r#""source":"startup""#);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child
    };
    let children: Vec<Child> = (0..50).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    }
    world.runs(12);
    assert_eq!((world.pids("s").len(), world.list().len()), (12, 12));
    assert!(world.pids("s").values().all(|pid| lives(*pid)));
}

#[test]
fn a_clear_gives_the_new_session_a_set_of_its_own() {
    let world = World::new(&twelve());
    let mut cli = world.begin("old");
    let old = world.pids("old");
    cli.end("clear").assert_success();
    cli.session = "new";
    cli.start("clear").assert_success();
    assert!(old.values().all(|pid| !lives(*pid)));
    assert_eq!(world.pids("new").len(), 12);
    world.runs(12);
    assert!(world.files().iter().all(|name| !name.contains("old")));
    let environment = std::fs::read(format!("/proc/{}/environ", world.pids("new")["d1"])).unwrap();
    assert!(String::from_utf8_lossy(&environment).contains("CLAUDE_SESSION_ID=new\0"));
}

#[test]
fn a_session_that_its_cli_left_without_a_word_has_no_set() {
    let world = World::new(&twelve());
    let mut cli = world.begin("old");
    cli.session = "new";
    cli.start("resume").assert_success();
    super::world::until("the end of the old set", || world.pids("old").is_empty() && world.running().len() == 12);
    assert_eq!(world.pids("new").len(), 12);
}

#[test]
fn without_a_config_nothing_is_done() {
    let world = World::new(&[]);
    std::fs::remove_file(world.config()).unwrap();
    let mut cli = world.begin("s");
    cli.end("other").assert_success();
    assert!(!world.directory().exists());
    assert_eq!(world.list().len(), 0);
}

#[test]
fn what_is_no_hooks_json_starts_nothing() {
    let world = World::new(&twelve());
    let mut life = ClaudeProcess::start(&world.sandbox);
    for (text, message) in [
        ("", "read stdin: empty"),
        ("{\"session_id\":\"../x\"}", "session_id is not a string"),
        ("{\"source\":\"startup\"}", "no session_id"),
        ("nonsense", "not a JSON object"),
    ] {
        for command in ["sessions daemons start", "sessions daemons stop"] {
            life.run_executable(command, text).assert_failure(message);
        }
    }
    assert!(!world.directory().exists());
}
