//! The sessions of other machines, by a real ssh and a real sshd.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::ssh_machine::{SshMachine, client_path};
use super::terminal::Terminal;
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_path, pids_in_home, run_with_input};
use crate::serve::server::becomes_true;

fn run(client: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = client.command(executable_path("sessions"));
    run_with_input(command.env("PATH", client_path(client)).args(arguments), "")
}

#[test]
#[ignore = "needs ssh, sshd and ss"]
fn the_sessions_of_other_machines_are_in_the_list() {
    let client = Sandbox::new();
    let (one, other) = (SshMachine::start(&client, "box"), SshMachine::start(&client, "dev.example"));
    one.install();
    client.run_hook("here", "Stop", r#""cwd":"/srv/here","last_assistant_message":"done here""#).assert_success();
    let mut cli = ClaudeProcess::start(&one.sandbox);
    let ask = format!(r#""cwd":"/srv/there",{BASH}"#);
    cli.run_hook("there", "PermissionRequest", &ask).assert_success();
    let outcome = run(&client, &["--ssh", "box"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{}", outcome.stdout);
    let rows: Vec<_> = outcome.stdout.lines().collect();
    assert!(rows[0].starts_with("▲ approve") && rows[0].ends_with("on box: Bash: ls"), "{}", outcome.stdout);
    assert!(rows[1].starts_with("◆ waiting") && rows[1].ends_with("  done here"), "{}", outcome.stdout);
    // The JSON is that of the other machine, and names it.
    let outcome = run(&client, &["--ssh", "box", "--json"]);
    let sessions: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    let there = super::list::json(&one.sandbox, &[]).remove(0);
    assert_eq!(sessions.len(), 2);
    let mut seen = sessions[0].clone();
    assert_eq!(
        (&seen["machine"], &sessions[1]["machine"], &there["machine"]),
        (&json!("box"), &Value::Null, &Value::Null)
    );
    seen["machine"] = Value::Null;
    assert_eq!(seen, there);
    // A connection that ssh keeps for further runs is used, and nobody waits for its end.
    let config = client.home().join("ssh_config");
    let text = fs_err::read_to_string(&config).unwrap();
    let path = client.home().join("master");
    let shared = format!(" ControlMaster auto\n ControlPath {}\n ControlPersist 20\n", path.display());
    fs_err::write(&config, text.replacen('\n', &format!("\n{shared}"), 1)).unwrap();
    assert_eq!(run(&client, &["--ssh", "box"]).code, Some(0));
    assert!(path.exists());
    assert_eq!(run(&client, &["--ssh", "box"]).code, Some(0));
    fs_err::write(&config, &text).unwrap();
    // A machine without our program and a machine that cannot be reached are said, and the others are shown.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs_err::write(&config, format!("{text}Host gone\n HostName 127.0.0.1\n Port {gone}\n")).unwrap();
    let outcome = run(&client, &["--ssh", "box,dev.example,gone"]);
    let rows: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!((outcome.code, rows.len()), (Some(3), 2), "{}", outcome.stdout);
    assert!(rows[0].ends_with("on box: Bash: ls") && rows[1].ends_with("done here"), "{}", outcome.stdout);
    let lines: Vec<_> = outcome.stderr.lines().collect();
    let missing = "sessions: dev.example: session-signals is not installed there, or not where installations put it";
    assert_eq!(lines[0], missing);
    assert!(lines[1].starts_with("sessions: gone: ssh: connect to host 127.0.0.1"), "{}", outcome.stderr);
    assert_eq!(lines.len(), 2, "{}", outcome.stderr);
    // Start-up files that print something do not disturb. The agent is not forwarded, and nothing is asked.
    other.install();
    let calls = fs_err::read_to_string(client.home().join("ssh_calls")).unwrap();
    for option in ["BatchMode=yes", "ForwardAgent=no", "ClearAllForwardings=yes"] {
        assert!(calls.contains(option), "{calls}");
    }
    assert_eq!(run(&client, &["--ssh", "dev.example"]).code, Some(0));
}

#[test]
fn the_name_of_a_machine_is_no_option_of_ssh() {
    let client = Sandbox::new();
    for name in ["-oProxyCommand=touch /tmp/x", "box,-Fx", "me@-Fx", "", "a b", "a\u{7}", "a\"b", "a\\b", "a\u{202e}b"]
    {
        let outcome = run(&client, &[&format!("--ssh={name}")]);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{name}");
        assert!(outcome.stderr.contains("the name of a machine"), "{}", outcome.stderr);
    }
}

#[test]
#[ignore = "needs ssh, sshd, ss and tmux"]
fn watching_follows_other_machines_and_survives_their_loss() {
    let client = Sandbox::new();
    let mut machine = SshMachine::start(&client, "box");
    machine.install();
    let mut cli = ClaudeProcess::start(&machine.sandbox);
    cli.run_hook("there", "UserPromptSubmit", r#""cwd":"/srv/there","prompt":"work there""#).assert_success();
    client.run_hook("here", "Stop", r#""cwd":"/srv/here","last_assistant_message":"done here""#).assert_success();
    let terminal = Terminal::open_sized(&client, 120, 16);
    let command = format!("PATH={} {} --watch --ssh box", client_path(&client), executable_path("sessions").display());
    terminal.type_keys(&[&command, "Enter"]);
    terminal.wait_for_screen(|screen| screen.contains("on box: work there") && screen.contains("done here"));
    let ask = format!(r#""cwd":"/srv/there",{BASH}"#);
    cli.run_hook("there", "PermissionRequest", &ask).assert_success();
    terminal.wait_for_screen(|screen| screen.contains("▲ approve") && screen.contains("on box: Bash: ls"));
    // What cannot be done here is said.
    terminal.type_keys(&["g", "Enter"]);
    terminal.wait_for_screen(|screen| screen.contains("there runs on box: go to it there"));
    terminal.type_keys(&["c"]);
    terminal.wait_for_screen(|screen| screen.contains("ssh -t box 'cd /srv/there && claude --resume there'"));
    // The machine is lost: nothing is said of its sessions, and the reason is shown. Then it is back.
    machine.disconnect();
    terminal.wait_for_screen(|screen| screen.contains("\nbox: ") || screen.starts_with("box: "));
    terminal.wait_for_screen(|screen| !screen.contains("▲ approve") && screen.contains("done here"));
    cli.run_hook("there", "PostToolUse", &ask).assert_success();
    machine.reconnect();
    terminal.wait_for_screen(|screen| screen.contains("● working") && !screen.contains("box: ssh"));
    // Nothing is left when the user leaves.
    assert!(ssh_is_left(&client));
    terminal.type_keys(&["q"]);
    assert!(becomes_true(|| !ssh_is_left(&client)));
}

#[test]
#[ignore = "needs ssh, sshd and ss"]
fn every_command_that_knows_sessions_knows_those_of_other_machines() {
    let client = Sandbox::new();
    let machine = SshMachine::start(&client, "box");
    machine.install();
    let mut cli = ClaudeProcess::start(&machine.sandbox);
    let ask = format!(r#""cwd":"/srv/there",{BASH}"#);
    cli.run_hook("same", "PermissionRequest", &ask).assert_success();
    client.run_hook("same", "UserPromptSubmit", r#""cwd":"/srv/here","prompt":"work here""#).assert_success();
    let printed = |arguments: &[&str]| {
        let outcome = run(&client, &[arguments, &["--ssh", "box"]].concat());
        (outcome.code, outcome.stdout, outcome.stderr)
    };
    assert_eq!(printed(&["line"]), (Some(0), "▲1 ●1\n".to_owned(), String::new()));
    let (code, found, _) = printed(&["wait", "--for", "approval", "--json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((code, &found["machine"], &found["sessionId"]), (Some(0), &json!("box"), &json!("same")));
    // Both have the same id. The key tells them apart.
    let (code, found, _) = printed(&["wait", "--for", "approval", "--session", "box:same", "--timeout", "20s"]);
    assert!(code == Some(0) && found.trim_end().ends_with("on box: Bash: ls"), "{found}");
    let (code, _, reason) = printed(&["next"]);
    let resume = "ssh -t box 'cd /srv/there && claude --resume same'";
    let expected =
        format!("sessions: session same (there) runs on box: go to it there, or end it there and type: {resume}\n");
    assert_eq!((code, reason), (Some(1), expected));
    // The lines of both machines, and nothing is left when the reader goes away.
    let (mut events, mut lines) = super::events::start_events_with(&client, &["--ssh", "box"], &client_path(&client));
    let mut keys: Vec<_> = lines.by_ref().take(2).map(|line| json_of(&line.unwrap())["key"].clone()).collect();
    keys.sort_by_key(Value::to_string);
    assert_eq!(keys, ["box:same", "same"]);
    drop(lines);
    assert!(becomes_true(|| events.try_wait().unwrap().is_some()));
    assert!(becomes_true(|| !ssh_is_left(&client)));
    // The page and the stream.
    let mut command = crate::serve::server::serve_command(&client, 0);
    command.env("PATH", client_path(&client)).args(["--ssh", "box"]);
    let server = crate::serve::server::Server::spawn(&client, command);
    let has = |key: &str, state: &str| {
        server.messages().iter().any(|message| message["key"] == key && message["value"]["state"] == state)
    };
    assert!(becomes_true(|| has("box:same", "permission") && has("same", "working")));
    cli.run_hook("same", "PostToolUse", &ask).assert_success();
    assert!(becomes_true(|| has("box:same", "working")));
    server.send_signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    assert!(becomes_true(|| !ssh_is_left(&client)));
}

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

/// Returns whether a process of ssh still runs.
fn ssh_is_left(client: &Sandbox) -> bool {
    let is_ssh = |pid| fs_err::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "ssh");
    pids_in_home(client.home()).into_iter().any(is_ssh)
}
