//! Machines of `--ssh` that fail, are slow, or print what they should not.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::events::start_events;
use super::list;
use super::reading_gaps::write_unreadable_signals;
use super::ssh_machine::client_path;
use super::ssh_stand_in::{run_there, write_ssh};
use crate::sandbox::{Outcome, Sandbox, executable_path, run_with_input};
use crate::serve::messages::summarize;
use crate::serve::server::{Server, becomes_true, free_port, serve_command};

/// How long something stays open that nobody may wait for.
const LONG: u64 = 40;

fn run(client: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = client.command(executable_path("sessions"));
    run_with_input(command.env("PATH", client_path(client)).args(arguments), "")
}

/// Starts a command that follows a machine, and lets it write to these files.
fn follow(client: &Sandbox, arguments: &[&str]) -> std::process::Child {
    let file = |name: &str| fs_err::File::create(client.home().join(name)).unwrap().into_file();
    let mut command = Command::new(executable_path("sessions"));
    command.env_clear().env("HOME", client.home()).env("PATH", client_path(client)).args(arguments);
    command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap()
}

fn read(client: &Sandbox, name: &str) -> String {
    fs_err::read_to_string(client.home().join(name)).unwrap_or_default()
}

#[test]
fn a_server_that_restarts_does_not_remove_the_sessions_of_a_slow_machine() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    client.run_hook("here", "Stop", "").assert_success();
    let script = format!("{} | {{ read -r begin; echo \"$begin\"; sleep 1; cat; }}", run_there(&machine));
    write_ssh(&client, &script);
    let port = free_port();
    let start = || {
        let mut command = serve_command(&client, port);
        command.env("PATH", client_path(&client)).args(["--ssh", "box"]);
        Server::spawn(&client, command)
    };
    let server = start();
    assert!(becomes_true(|| server.messages().iter().any(|message| message["key"] == "box:there")));
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    server.send_signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let server = start();
    let mut summaries = summarize(&server.get(&format!("/sessions?offset={offset}")).messages());
    summaries.sort();
    assert_eq!(summaries, ["upsert box:there waiting", "upsert here waiting"]);
}

#[test]
fn a_failure_that_lasts_is_said_once_and_tried_again_after_longer_pauses() {
    let client = Sandbox::new();
    let calls = client.home().join("calls");
    write_ssh(
        &client,
        &format!("date +%s%N >>{}\necho session-signals begins\necho no inotify >&2\nexit 1", calls.display()),
    );
    let mut follower = follow(&client, &["events", "--json", "--ssh", "box"]);
    let times = || {
        let text = fs_err::read_to_string(&calls).unwrap_or_default();
        text.lines().map(|line| line.parse::<u64>().unwrap()).collect::<Vec<_>>()
    };
    assert!(becomes_true(|| times().len() == 4));
    follower.kill().unwrap();
    follower.wait().unwrap();
    let pauses: Vec<_> = times().windows(2).map(|pair| (pair[1] - pair[0]) / 1_000_000).collect();
    assert!(pauses[0] >= 1000 && pauses[1] >= 2000 && pauses[2] >= 4000, "{pauses:?}");
    assert_eq!(read(&client, "err"), "sessions: box: sessions failed there: no inotify\n");
}

#[test]
fn a_machine_on_which_claude_code_never_ran_has_no_sessions_until_it_runs() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    fs_err::create_dir(client.home().join(".claude")).unwrap();
    write_ssh(&client, &run_there(&machine));
    let mut follower = follow(&client, &["events", "--json", "--ssh", "box"]);
    let is_sessions = |pid| fs_err::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name == "sessions\n");
    let is_followed = || crate::sandbox::pids_in_home(machine.home()).into_iter().any(is_sessions);
    assert!(becomes_true(|| is_followed() || !read(&client, "err").is_empty()));
    machine.run_hook("there", "Stop", "").assert_success();
    assert!(becomes_true(|| read(&client, "out").contains("box:there") || !read(&client, "err").is_empty()));
    assert_eq!(read(&client, "err"), "");
    follower.kill().unwrap();
    follower.wait().unwrap();
    // The same without another machine. That there are no sessions is said if it is asked for.
    let sandbox = Sandbox::new();
    let (mut events, mut lines) = start_events(&sandbox, &["--mark"]);
    let mark = lines.next().expect("the events have ended").unwrap();
    assert_eq!(mark, r#"{"headers":{"control":"snapshot-end"}}"#);
    sandbox.run_hook("here", "Stop", "").assert_success();
    let line: Value = serde_json::from_str(&lines.next().expect("the events have ended").unwrap()).unwrap();
    assert_eq!((&line["key"], &line["value"]["state"]), (&"here".into(), &"waiting".into()));
    events.kill().unwrap();
    events.wait().unwrap();
}

#[test]
fn what_a_machine_prints_with_the_id_of_no_session_is_refused() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    let session = list::json(&machine, &[]).remove(0);
    fs_err::create_dir(client.home().join(".claude")).unwrap();
    for id in ["a\"},{", "a\n+b", "a b", "", "../x", "\u{1b}[2J"] {
        let mut session = session.clone();
        session["sessionId"] = id.into();
        let insert = serde_json::json!({"type": "session", "key": id, "value": session});
        let delete = serde_json::json!({"type": "session", "key": id, "value": null});
        for (name, text) in [("list", &serde_json::json!([session])), ("insert", &insert), ("delete", &delete)] {
            fs_err::write(client.home().join(name), format!("session-signals begins\n{text}\n")).unwrap();
        }
        let print = |name: &str| write_ssh(&client, &format!("cat {}", client.home().join(name).display()));
        print("list");
        let outcome = run(&client, &["--ssh", "box", "--json"]);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(3), "[]\n"), "{id:?}: {}", outcome.stderr);
        let refusal = "sessions: box: sessions prints something else there";
        assert!(outcome.stderr.starts_with(refusal), "{id:?}: {}", outcome.stderr);
        for name in ["insert", "delete"] {
            print(name);
            let mut follower = follow(&client, &["events", "--json", "--ssh", "box"]);
            assert!(becomes_true(|| !read(&client, "err").is_empty()));
            follower.kill().unwrap();
            follower.wait().unwrap();
            let (out, err) = (read(&client, "out"), read(&client, "err"));
            assert!(out.is_empty() && err.starts_with(refusal), "{id:?}: {out}{err}");
        }
    }
}

#[test]
fn a_process_that_ssh_leaves_behind_delays_nothing() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    fs_err::create_dir(client.home().join(".claude")).unwrap();
    // An old ssh keeps the standard error of its caller open in the process that holds a shared connection.
    for open in ["", ">/dev/null"] {
        write_ssh(&client, &format!("sleep {LONG} {open} &\n{}", run_there(&machine)));
        let start = Instant::now();
        let outcome = run(&client, &["--ssh", "box", "--json"]);
        assert!(outcome.code == Some(0) && outcome.stdout.contains("there"), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(LONG / 2), "{open:?}: {:?}", start.elapsed());
        write_ssh(&client, &format!("sleep {LONG} {open} &\necho lost it >&2\nexit 255"));
        let start = Instant::now();
        let mut follower = follow(&client, &["events", "--json", "--ssh", "box"]);
        assert!(becomes_true(|| read(&client, "err") == "sessions: box: lost it\n"), "{}", read(&client, "err"));
        assert!(start.elapsed() < Duration::from_secs(LONG / 2), "{open:?}: {:?}", start.elapsed());
        follower.kill().unwrap();
        follower.wait().unwrap();
    }
}

#[test]
fn no_ssh_is_left_when_a_signal_ends_the_program() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    fs_err::create_dir_all(machine.home().join(".claude")).unwrap();
    fs_err::create_dir_all(client.home().join(".claude")).unwrap();
    let pid_file = client.home().join("pid");
    write_ssh(&client, &format!("echo $$ >{}\necho session-signals begins\nexec sleep {LONG}", pid_file.display()));
    for arguments in
        [["events", "--json"].as_slice(), &["wait", "--for", "approval"], &["notify", "--notify", "exec:true"]]
    {
        let mut follower = follow(&client, &[arguments, &["--ssh", "box"]].concat());
        let ssh = || read(&client, "pid").trim().parse::<u32>().ok();
        assert!(becomes_true(|| ssh().is_some()), "{arguments:?}: {}", read(&client, "err"));
        let ssh = ssh().unwrap();
        let kill = Command::new("kill").args(["-TERM", &follower.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let status = follower.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15), "{arguments:?}");
        let start = Instant::now();
        assert!(becomes_true(|| !crate::sandbox::is_alive(ssh)));
        assert!(start.elapsed() < Duration::from_secs(LONG / 2), "{arguments:?}");
        fs_err::remove_file(&pid_file).unwrap();
    }
}

#[test]
fn a_machine_that_is_named_twice_is_asked_once() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    write_ssh(&client, &format!("echo >>{}/calls\n{}", client.home().display(), run_there(&machine)));
    for arguments in [&["--json", "--ssh", "box,box"][..], &["--json", "--ssh", "box", "--ssh", "box"]] {
        let outcome = run(&client, arguments);
        let sessions: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!((outcome.code, &*outcome.stderr, sessions.len()), (Some(0), "", 1), "{}", outcome.stdout);
        assert_eq!(read(&client, "calls"), "\n");
        fs_err::remove_file(client.home().join("calls")).unwrap();
    }
    assert_eq!(run(&client, &["line", "--ssh", "box,box"]).stdout, "◆1\n");
    // A command that follows the machines starts one connection to each, too.
    fs_err::remove_file(client.home().join("calls")).unwrap();
    let outcome = run(&client, &["wait", "--json", "--timeout", "10s", "--ssh", "box,box"]);
    assert_eq!((outcome.code, &*read(&client, "calls")), (Some(0), "\n"), "{}", outcome.stderr);
}

#[test]
fn what_a_machine_cannot_read_of_its_own_is_said_here() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    write_unreadable_signals(&machine, 2);
    write_ssh(&client, &format!("echo a banner >&2\n{}", run_there(&machine)));
    let outcome = run(&client, &["--json", "--ssh", "box"]);
    let sessions: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code, sessions.len()), (Some(3), 1), "{outcome:?}");
    assert!(outcome.stderr.starts_with("sessions: box: not everything could be read there: cannot understand "));
    assert!(outcome.stderr.contains("newer1.stop.json") && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
    let outcome = run(&client, &["line", "--ssh", "box"]);
    assert_eq!((outcome.code, &*outcome.stdout, outcome.stderr.lines().count()), (Some(3), "◆1\n", 1), "{outcome:?}");
}
