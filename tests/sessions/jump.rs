//! `sessions jump` and `sessions next`: with real tmux and kitty, and with stand-ins for the terminals that Debian does not have.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fs_err as fs;
use serde_json::{Value, json};

use super::reading_gaps::write_unreadable_signals;
use super::registry_entry::write_registry_entry;
use crate::sandbox::{
    ClaudeProcess, Outcome, Sandbox, SleepingProcess, executable_for_event, executable_path, payload, run_with_input,
    write_script,
};
use crate::serve::server::becomes_true;

/// A value in the environment of each CLI. It must not appear anywhere.
const SECRET: &str = "sk-hidden-0123456789";

/// Returns a command line for `sh` that runs a CLI: a process called `claude` that runs one hook and then waits.
fn cli_command(sandbox: &Sandbox, session: &str, event: &str, environment: &str) -> String {
    let claude = sandbox.home().join("bin/claude");
    if !claude.exists() {
        fs::create_dir_all(sandbox.home().join("bin")).unwrap();
        symlink("/bin/sh", &claude).unwrap();
    }
    let input = sandbox.home().join(format!("{session}.in"));
    let members = format!(r#""cwd":"{}""#, sandbox.home().display());
    fs::write(&input, payload(session, event, &members)).unwrap();
    let hook = executable_path(executable_for_event(event).unwrap());
    let script = format!("{} <{}; read line", hook.display(), input.display());
    let home = sandbox.home().display();
    format!("exec env API_KEY={SECRET} HOME={home} {environment} {} -c '{script}'", claude.display())
}

/// Waits until the hook of a CLI has run, and returns the PID of the CLI.
#[track_caller]
fn wait_for_cli(sandbox: &Sandbox, session: &str, kind: &str) -> u32 {
    let path = sandbox.signal_path(session, kind);
    assert!(becomes_true(|| path.exists()), "no signal of {session}");
    u32::try_from(sandbox.read_signal(session, kind)["claude_pid"].as_u64().unwrap()).unwrap()
}

/// Returns the first process of the terminal of a process, and the path of that terminal.
fn terminal_of(pid: u32) -> (u32, String) {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let leader = stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap().parse().unwrap();
    let tty = fs::read_link(format!("/proc/{leader}/fd/0")).unwrap();
    (leader, tty.to_str().unwrap().to_owned())
}

/// Runs `sessions` outside of any terminal. `programs` comes before the other directories of `PATH`.
fn run(sandbox: &Sandbox, programs: Option<&Path>, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(executable_path("sessions"));
    let path = std::env::var("PATH").unwrap();
    let first = programs.map(|directory| format!("{}:", directory.display())).unwrap_or_default();
    command.env("PATH", format!("{first}{path}")).args(arguments);
    let outcome = run_with_input(&mut command, "");
    assert!(!format!("{outcome:?}").contains("hidden"), "{outcome:?}");
    outcome
}

/// A server of tmux. It is ended when it is dropped.
struct Tmux<'a> {
    sandbox: &'a Sandbox,
    socket: PathBuf,
}

impl<'a> Tmux<'a> {
    /// Starts a server with one session, in which a command runs.
    fn start(sandbox: &'a Sandbox, name: &str, session: &str, command: &str) -> Self {
        let tmux = Self { sandbox, socket: sandbox.home().join(name) };
        tmux.run(&["new-session", "-d", "-x", "90", "-y", "20", "-s", session, command]);
        tmux
    }

    fn command(&self) -> String {
        format!("tmux -u -f /dev/null -S {}", self.socket.display())
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.env_clear().env("HOME", self.sandbox.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.env("LANG", "C.UTF-8").args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(arguments);
        String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
    }

    /// Returns the pane that a session shows, as `window.pane`.
    fn shown(&self, session: &str) -> String {
        self.run(&["display-message", "-p", "-t", &format!("={session}:"), "#{window_index}.#{pane_index}"])
    }

    /// Returns the sessions that the clients show.
    fn client_sessions(&self) -> String {
        self.run(&["list-clients", "-F", "#{client_session}"])
    }

    /// Opens a second window in a session, with two panes. The first pane of this window runs the command and is not selected, and
    /// the first window is shown.
    fn add_pane(&self, session: &str, command: &str) {
        self.run(&["new-window", "-t", &format!("={session}:"), command]);
        self.run(&["split-window", "-t", &format!("={session}:1"), "sh"]);
        self.run(&["select-window", "-t", &format!("={session}:0")]);
        assert_eq!(self.shown(session), "0.0");
        assert_eq!(self.run(&["display-message", "-p", "-t", &format!("={session}:1"), "#{pane_index}"]), "1");
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
#[ignore = "needs tmux"]
fn the_client_of_the_caller_is_switched_to_the_pane_of_the_session() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::start(&sandbox, "inner", "desk", "PS1='$ ' sh");
    tmux.run(&["new-session", "-d", "-s", "my work", "sh"]);
    // The variable that names the pane is wrong, as after a move of the pane.
    tmux.add_pane("my work", &cli_command(&sandbox, "abcd-1", "Stop", "TMUX_PANE=%0"));
    wait_for_cli(&sandbox, "abcd-1", "stop");
    let screen = Tmux::start(&sandbox, "screen", "s", &format!("{} attach -t desk", tmux.command()));
    assert!(becomes_true(|| tmux.client_sessions() == "desk"));
    // A dry run changes nothing.
    let sessions = executable_path("sessions");
    tmux.run(&["send-keys", "-t", "=desk:", &format!("{} jump abcd --dry-run", sessions.display()), "Enter"]);
    assert!(becomes_true(|| tmux.run(&["capture-pane", "-p", "-t", "=desk:"]).contains("switch-client")));
    assert_eq!((tmux.client_sessions(), tmux.shown("my work")), ("desk".to_owned(), "0.0".to_owned()));
    tmux.run(&[
        "send-keys",
        "-t",
        "=desk:",
        &format!("clear; {} jump abcd; echo code $?", sessions.display()),
        "Enter",
    ]);
    assert!(
        becomes_true(|| tmux.client_sessions() == "my work"),
        "{}",
        tmux.run(&["capture-pane", "-p", "-t", "=desk:"])
    );
    assert_eq!(tmux.shown("my work"), "1.0");
    assert!(becomes_true(|| tmux.run(&["capture-pane", "-p", "-t", "=desk:"]).contains("code 0")));
    // By a key of tmux: then `sessions` has no terminal.
    tmux.run(&["select-window", "-t", "=my work:0"]);
    tmux.run(&["switch-client", "-t", "=desk"]);
    assert!(becomes_true(|| tmux.client_sessions() == "desk"));
    tmux.run(&["bind-key", "-n", "F5", "run-shell", &format!("{} next 2>&1", sessions.display())]);
    screen.run(&["send-keys", "-t", "=s:", "F5"]);
    assert!(becomes_true(|| tmux.client_sessions() == "my work" && tmux.shown("my work") == "1.0"));
}

#[test]
#[ignore = "needs tmux"]
fn a_pane_is_selected_and_the_user_is_told_what_to_type_if_no_client_shows_it() {
    let sandbox = Sandbox::new();
    // This session has waited for longer, and cannot be reached: its process is this test.
    sandbox.run_hook("first", "Stop", "").assert_success();
    let tmux = Tmux::start(&sandbox, "server", "desk", "sh");
    tmux.add_pane("desk", &cli_command(&sandbox, "abcd-1", "Stop", ""));
    let pid = wait_for_cli(&sandbox, "abcd-1", "stop");
    let outcome = run(&sandbox, None, &["jump", "abcd-1", "--dry-run", "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let socket = tmux.socket.to_str().unwrap();
    let command = |action, target| ["tmux", "-u", "-S", socket, action, "-t", target];
    let expected = [command("select-window", "$0:@1"), command("select-pane", "%1")];
    assert_eq!((&json["commands"], &json["tty"]), (&json!(expected), &json!(terminal_of(pid).1)));
    assert_eq!((&json["isDryRun"], &json["arrived"]), (&json!(true), &json!(false)));
    assert_eq!(tmux.shown("desk"), "0.0");
    let outcome = run(&sandbox, None, &["next"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(3), ""));
    let message = format!("tmux pane %1 of session desk is selected. To see it, type: tmux -S {socket} attach -t '$0'");
    let first = format!("session first names process {}, which is not Claude Code", std::process::id());
    assert_eq!(outcome.stderr, format!("sessions: {first}\nsessions: {message}\n"));
    assert_eq!(tmux.shown("desk"), "1.0");
}

#[test]
#[ignore = "needs tmux"]
fn the_outer_tmux_shows_the_client_of_the_inner_one() {
    let sandbox = Sandbox::new();
    let inner = Tmux::start(&sandbox, "inner", "work", "sh");
    inner.add_pane("work", &cli_command(&sandbox, "abcd-1", "Stop", ""));
    wait_for_cli(&sandbox, "abcd-1", "stop");
    let outer = Tmux::start(&sandbox, "outer", "desk", "PS1='$ ' sh");
    outer.run(&["new-session", "-d", "-s", "other", "sh"]);
    // As people start a tmux in a tmux: the client does not have the variable, and the shell around it has.
    outer.add_pane("other", &format!("TMUX= {} attach -t work; read line", inner.command()));
    let screen = Tmux::start(&sandbox, "screen", "s", &format!("{} attach -t desk", outer.command()));
    assert!(becomes_true(|| inner.client_sessions() == "work" && outer.client_sessions() == "desk"));
    let jump = format!("{} jump abcd; echo code $?", executable_path("sessions").display());
    outer.run(&["send-keys", "-t", "=desk:", &jump, "Enter"]);
    assert!(
        becomes_true(|| outer.client_sessions() == "other"),
        "{}",
        outer.run(&["capture-pane", "-p", "-t", "=desk:"])
    );
    assert_eq!((inner.shown("work"), outer.shown("other")), ("1.0".to_owned(), "1.0".to_owned()));
    // And from the inner one to a session in the outer one.
    outer.run(&["new-window", "-t", "=desk:", &cli_command(&sandbox, "ffff-2", "Stop", "")]);
    wait_for_cli(&sandbox, "ffff-2", "stop");
    outer.run(&["select-window", "-t", "=desk:0"]);
    inner.run(&["select-window", "-t", "=work:0"]);
    let jump = format!("{} jump ffff; echo code $?", executable_path("sessions").display());
    inner.run(&["send-keys", "-t", "=work:", &jump, "Enter"]);
    assert!(
        becomes_true(|| outer.client_sessions() == "desk"),
        "{}",
        inner.run(&["capture-pane", "-p", "-t", "=work:"])
    );
    assert_eq!(outer.shown("desk"), "1.0");
    drop(screen);
}

#[test]
#[ignore = "needs tmux"]
fn an_inherited_variable_leads_to_no_wrong_pane() {
    let sandbox = Sandbox::new();
    let other = Tmux::start(&sandbox, "other", "o", "sh");
    other.run(&["new-window", "-t", "=o:", "sh"]);
    let before = other.shown("o");
    let tmux = Tmux::start(&sandbox, "server", "s", "sh");
    let wrong = format!("TMUX={},1,0 TMUX_PANE=%0", other.socket.display());
    tmux.run(&["new-window", "-t", "=s:", &cli_command(&sandbox, "abcd-1", "Stop", &wrong)]);
    let pid = wait_for_cli(&sandbox, "abcd-1", "stop");
    let outcome = run(&sandbox, None, &["jump", "abcd-1"]);
    let tty = terminal_of(pid).1;
    outcome.assert_failure(&format!("runs on {tty}, and no terminal that takes commands says that it holds {tty}"));
    assert!(outcome.stderr.contains("claude --resume abcd-1"), "{}", outcome.stderr);
    assert_eq!(other.shown("o"), before);
    // A server that is gone.
    other.run(&["kill-server"]);
    run(&sandbox, None, &["jump", "abcd-1"]).assert_failure("it seems in tmux, but tmux failed: ");
}

/// A pseudo-terminal in which a CLI runs, below a process with the name of a terminal program.
struct HeldTerminal(Child);

impl HeldTerminal {
    /// `argument` is one more argument of the process. The CLI has these variables.
    fn start(sandbox: &Sandbox, name: &str, argument: &Path, session: &str, environment: &str) -> Self {
        let program = sandbox.home().join(name);
        symlink("/usr/bin/script", &program).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("HOME", sandbox.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(environment.split_whitespace().filter_map(|variable| variable.split_once('=')));
        command.args(["-q", "-c", &cli_command(sandbox, session, "Stop", "")]).arg(argument);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for HeldTerminal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a program that appends its arguments to the file `calls`, and then runs this script.
fn write_stand_in(sandbox: &Sandbox, name: &str, script: &str) -> PathBuf {
    let directory = sandbox.home().join("stand-ins");
    fs::create_dir_all(&directory).unwrap();
    let calls = sandbox.home().join("calls");
    write_script(&directory.join(name), &format!("printf '%s\\n' \"{name} $*\" >>{}\n{script}", calls.display()));
    directory
}

/// Returns the calls of the stand-ins, and forgets them.
fn take_calls(sandbox: &Sandbox) -> Vec<String> {
    let calls = sandbox.home().join("calls");
    let text = fs::read_to_string(&calls).unwrap_or_default();
    let _ = fs::remove_file(calls);
    text.lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs script"]
fn a_window_of_kitty_is_focused_if_kitty_says_that_it_holds_the_session() {
    let sandbox = Sandbox::new();
    let variables = "KITTY_LISTEN_ON=unix:/run/k KITTY_WINDOW_ID=3 KITTY_PUBLIC_KEY=1:hidden";
    let _terminal = HeldTerminal::start(&sandbox, "kitty-holder", Path::new("/dev/null"), "abcd-1", variables);
    let pid = wait_for_cli(&sandbox, "abcd-1", "stop");
    let (leader, tty) = terminal_of(pid);
    let answer = |pid: u32| {
        let window = json!({"id": 17, "pid": pid, "env": {"API_KEY": SECRET}, "cmdline": [SECRET]});
        let other = json!({"id": 3, "pid": std::process::id(), "env": {}});
        format!("case $* in *ls) echo '{}';; esac", json!([{"tabs": [{"windows": [other, window]}]}]))
    };
    let programs = write_stand_in(&sandbox, "kitty", &answer(leader));
    let outcome = run(&sandbox, Some(&programs), &["jump", "abcd", "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&json["arrived"], &json["terminals"]), (&json!(true), &json!(["kitty window 17"])));
    let calls = ["kitty @ --to unix:/run/k ls", "kitty @ --to unix:/run/k focus-window --match id:17"];
    assert_eq!(take_calls(&sandbox), calls);
    // The window that the variable names is not the one of the session.
    write_stand_in(&sandbox, "kitty", &answer(1));
    let outcome = run(&sandbox, Some(&programs), &["jump", "abcd"]);
    outcome.assert_failure(&format!("says that it holds {tty}"));
    assert_eq!(take_calls(&sandbox), calls[..1]);
    // A session that could not be read may be the one that is meant.
    write_stand_in(&sandbox, "kitty", &answer(leader));
    write_unreadable_signals(&sandbox, 1);
    for arguments in [&["jump", "abcd", "--json"][..], &["next", "--json"], &["next", "--dry-run", "--json"]] {
        let outcome = run(&sandbox, Some(&programs), arguments);
        let has_arrived = !arguments.contains(&"--dry-run");
        // `sessions --watch` shows the first line.
        let arrival = "sessions: the terminal is in front, but not everything could be read\n";
        let gap = outcome.stderr.strip_prefix(if has_arrived { arrival } else { "" });
        assert!(gap.is_some_and(|gap| gap.starts_with("sessions: cannot understand ")), "{}", outcome.stderr);
        assert_eq!((outcome.code, gap.map(|gap| gap.lines().count())), (Some(3), Some(1)), "{outcome:?}");
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(json["arrived"], json!(has_arrived));
    }
    fs::remove_file(sandbox.signal_path("newer0", "stop")).unwrap();
    // Whatever kitty answers, nothing of it is shown but its first line of error.
    for (script, message) in [
        (format!("echo '[{{\"tabs\":\"{SECRET}\"}}]'"), "the answer of kitty is not understood"),
        ("echo 'no\u{1b}[31m socket' >&2; exit 1".to_owned(), "it seems in kitty, but kitty failed: no [31m socket"),
        ("exec sleep 1000".to_owned(), "kitty did not answer within 5 seconds"),
    ] {
        write_stand_in(&sandbox, "kitty", &script);
        run(&sandbox, Some(&programs), &["jump", "abcd"]).assert_failure(message);
    }
}

#[test]
#[ignore = "needs script"]
fn a_pane_of_wezterm_is_activated_if_wezterm_says_that_it_holds_the_session() {
    let sandbox = Sandbox::new();
    let variables = "WEZTERM_UNIX_SOCKET=/run/w WEZTERM_PANE=3";
    let _terminal = HeldTerminal::start(&sandbox, "wezterm-gui", Path::new("/dev/null"), "abcd-1", variables);
    let tty = terminal_of(wait_for_cli(&sandbox, "abcd-1", "stop")).1;
    let list = json!([{"pane_id": 3, "tty_name": "/dev/pts/none"}, {"pane_id": 8, "tty_name": tty, "title": SECRET}]);
    let script = format!(
        "case $* in *json) echo '{list}';; esac; echo $WEZTERM_UNIX_SOCKET >>{}/sockets",
        sandbox.home().display()
    );
    let programs = write_stand_in(&sandbox, "wezterm", &script);
    let outcome = run(&sandbox, Some(&programs), &["jump", "abcd", "--print"]);
    let command = "wezterm cli --no-auto-start activate-pane --pane-id 8";
    assert_eq!((outcome.code, outcome.stdout), (Some(0), format!("WEZTERM_UNIX_SOCKET=/run/w {command}\n")));
    take_calls(&sandbox);
    run(&sandbox, Some(&programs), &["jump", "abcd"]).assert_success();
    assert_eq!(take_calls(&sandbox), ["wezterm cli --no-auto-start list --format json", command]);
    assert_eq!(fs::read_to_string(sandbox.home().join("sockets")).unwrap(), "/run/w\n".repeat(3));
}

#[test]
#[ignore = "needs script"]
fn a_pane_of_zellij_is_focused_if_its_server_holds_the_session() {
    let sandbox = Sandbox::new();
    let variables = "ZELLIJ=0 ZELLIJ_SESSION_NAME=nice-fox ZELLIJ_PANE_ID=4";
    let socket = sandbox.home().join("nice-fox");
    let terminal = HeldTerminal::start(&sandbox, "zellij", &socket, "abcd-1", variables);
    wait_for_cli(&sandbox, "abcd-1", "stop");
    let programs = write_stand_in(&sandbox, "zellij", "");
    let outcome = run(&sandbox, Some(&programs), &["jump", "abcd"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(3), ""));
    let message = "zellij pane 4 of session nice-fox is selected. If no window shows it, type: zellij attach nice-fox";
    assert_eq!(outcome.stderr, format!("sessions: {message}\n"));
    let calls = ["zellij --session nice-fox action focus-pane-id terminal_4"];
    assert_eq!(take_calls(&sandbox), calls);
    // The session was renamed, and another one was started with its first name.
    let second = Sandbox::new();
    let _second = HeldTerminal::start(&second, "zellij", &second.home().join("nice-fox"), "abcd-2", variables);
    wait_for_cli(&second, "abcd-2", "stop");
    for (sandbox, id) in [(&sandbox, "abcd-1"), (&second, "abcd-2")] {
        run(sandbox, Some(&programs), &["jump", id]).assert_failure("says that it holds /dev/pts/");
    }
    assert!(take_calls(&sandbox).is_empty());
    drop(terminal);
    // The variables were inherited, or the session has got another name.
    for (name, argument) in [("other", "neat-fox"), ("zellij", "sad-fox")] {
        let sandbox = Sandbox::new();
        let argument = sandbox.home().join(argument);
        let _terminal = HeldTerminal::start(&sandbox, name, &argument, "abcd-1", variables);
        wait_for_cli(&sandbox, "abcd-1", "stop");
        let programs = write_stand_in(&sandbox, "zellij", "");
        run(&sandbox, Some(&programs), &["jump", "abcd"]).assert_failure("says that it holds /dev/pts/");
        assert!(take_calls(&sandbox).is_empty());
    }
}

#[test]
#[ignore = "needs script"]
fn a_terminal_that_takes_no_commands_is_named() {
    for (name, variables, message) in [
        ("code", "TERM_PROGRAM=vscode VSCODE_IPC_HOOK_CLI=/run/hidden", "in the terminal of VS Code"),
        (
            "ghostty",
            "TERM_PROGRAM=ghostty GHOSTTY_BIN_DIR=/hidden",
            "in Ghostty, which takes such commands on macOS only",
        ),
        ("kitty", "KITTY_WINDOW_ID=1 KITTY_PID=1", "`listen_on unix:/tmp/kitty` into kitty.conf"),
        ("sshd", "SSH_TTY=hidden", "runs in a login by ssh, on /dev/pts/"),
        ("xterm", "TERM_PROGRAM=hidden", "and no terminal that takes commands"),
    ] {
        let sandbox = Sandbox::new();
        let _terminal = HeldTerminal::start(&sandbox, name, Path::new("/dev/null"), "abcd-1", variables);
        wait_for_cli(&sandbox, "abcd-1", "stop");
        let outcome = run(&sandbox, None, &["jump", "abcd"]);
        outcome.assert_failure(message);
        let resume = format!("cd {} && claude --resume abcd-1\n", sandbox.home().display());
        assert!(outcome.stderr.ends_with(&resume), "{}", outcome.stderr);
    }
}

/// A relative entry of `PATH` means something else in each directory.
#[test]
#[ignore = "needs script"]
fn a_program_is_not_taken_from_a_relative_entry_of_path() {
    let sandbox = Sandbox::new();
    let variables = "KITTY_LISTEN_ON=unix:/run/k";
    let _terminal = HeldTerminal::start(&sandbox, "kitty-holder", Path::new("/dev/null"), "abcd-1", variables);
    wait_for_cli(&sandbox, "abcd-1", "stop");
    let programs = write_stand_in(&sandbox, "kitty", "echo '[]'");
    for path in ["", ".", "stand-ins", ":"] {
        let mut command = sandbox.command(executable_path("sessions"));
        command.current_dir(if path == "stand-ins" { sandbox.home() } else { &programs });
        let outcome = run_with_input(command.env("PATH", path).args(["jump", "abcd"]), "");
        outcome.assert_failure("it seems in kitty, but kitty is not on PATH");
    }
    assert!(take_calls(&sandbox).is_empty());
}

#[test]
fn a_session_that_cannot_be_reached_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    run(&sandbox, None, &["next"]).assert_failure("sessions: no session needs you\n");
    run(&sandbox, None, &["jump", "abc"]).assert_failure("no session has an id that begins with abc");
    sandbox.run_hook("over1", "SessionEnd", r#""cwd":"/tmp/it's here""#).assert_success();
    sandbox.run_hook("over2", "SessionEnd", "").assert_success();
    run(&sandbox, None, &["jump", "over"]).assert_failure("the ids of 2 sessions begin with over: give more of it");
    let outcome = run(&sandbox, None, &["jump", "over1"]);
    outcome.assert_failure(r"has ended. To go on with it, type: cd '/tmp/it'\''s here' && claude --resume over1");
    // The process that the signal names is this test, which is no CLI.
    sandbox.run_hook("test", "Stop", "").assert_success();
    run(&sandbox, None, &["jump", "test"]).assert_failure("which is not Claude Code");
    // A CLI without a terminal. In a terminal, the tests give theirs to it.
    let mut command = Command::new("setsid");
    let mut holder = ClaudeProcess::start(&sandbox);
    holder.run_hook("mute", "Stop", "").assert_success();
    let own_tty =
        fs::read_to_string("/proc/self/stat").unwrap().rsplit_once(") ").unwrap().1.split(' ').nth(4) == Some("0");
    if own_tty {
        run(&sandbox, None, &["jump", "mute"]).assert_failure("has no terminal that is known here");
    }
    // A process that got the PID of a CLI is none: another start time.
    let other = SleepingProcess::start_by(command.args(["sleep", "1000"]));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let entry = json!({
        "pid": other.pid(), "sessionId": "wrong", "procStart": "12345", "status": "idle", "kind": "interactive",
        "statusUpdatedAt": u64::try_from(now).unwrap(),
    });
    write_registry_entry(&sandbox, other.pid(), &entry);
    run(&sandbox, None, &["jump", "wrong"]).assert_failure("no session has an id that begins with wrong");
    // A session of another computer.
    let path = sandbox.signal_path("far", "stop");
    sandbox.run_hook("far", "Stop", "").assert_success();
    let text = fs::read_to_string(&path).unwrap();
    let begin = text.find("\"claude_host\"").unwrap();
    fs::write(&path, format!("{}\"claude_host\":\"far-away/1\"}}\n", &text[..begin])).unwrap();
    run(&sandbox, None, &["jump", "far"]).assert_failure("runs on another computer or in a container (far-away/1)");
}

/// A server of X without a screen, and kitty in it.
struct Kitty {
    processes: Vec<Child>,
}

impl Drop for Kitty {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[test]
#[ignore = "needs kitty and Xvfb"]
fn the_window_of_a_real_kitty_gets_the_focus() {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    let path = std::env::var_os("PATH").unwrap();
    let command = |program: &str| {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", home).env("PATH", &path).env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    // The server picks a free display and writes its number.
    let number = home.join("display");
    let start = "exec Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>\"$0\"";
    let mut kitty = Kitty { processes: vec![command("sh").args(["-c", start]).arg(&number).spawn().unwrap()] };
    assert!(becomes_true(|| fs::read_to_string(&number).is_ok_and(|text| text.ends_with('\n'))), "no display");
    let display = format!(":{}", fs::read_to_string(&number).unwrap().trim());
    let socket = format!("unix:{}", home.join("k").display());
    let mut start = command("kitty");
    start.env("DISPLAY", display).env("LIBGL_ALWAYS_SOFTWARE", "1");
    start.args(["--config", "NONE", "-o", "allow_remote_control=socket-only", "-o", "update_check_interval=0"]);
    kitty.processes.push(start.args(["--listen-on", &socket, "sh"]).spawn().unwrap());
    let remote = |arguments: &[&str]| {
        let output = command("kitty").args(["@", "--to", &socket]).args(arguments).stdout(Stdio::piped()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    assert!(becomes_true(|| remote(&["ls"]).contains("\"windows\"")), "kitty does not answer");
    let script = home.join("cli");
    write_script(&script, &cli_command(&sandbox, "abcd-1", "Stop", "KITTY_WINDOW_ID=1"));
    let id = remote(&["launch", "--type=tab", script.to_str().unwrap()]);
    wait_for_cli(&sandbox, "abcd-1", "stop");
    remote(&["launch", "--type=os-window", "sh"]);
    // Each tab has one window.
    let focused = || {
        let list: Value = serde_json::from_str(&remote(&["ls"])).unwrap();
        let tabs = list.as_array().unwrap().iter().flat_map(|window| window["tabs"].as_array().unwrap());
        let focused = tabs.filter(|tab| tab["is_focused"] == true);
        focused.map(|tab| tab["windows"][0]["id"].to_string()).collect::<Vec<_>>()
    };
    assert!(becomes_true(|| focused().len() == 1));
    assert!(!focused().contains(&id.trim().to_owned()), "{:?}", focused());
    let outcome = run(&sandbox, None, &["jump", "abcd"]);
    outcome.assert_success();
    assert!(becomes_true(|| focused() == [id.trim()]), "{id} {:?}", focused());
    // A session in tmux, and the client of tmux is in a window of kitty.
    let tmux = Tmux::start(&sandbox, "server", "desk", "sh");
    tmux.add_pane("desk", &cli_command(&sandbox, "ffff-2", "Stop", ""));
    wait_for_cli(&sandbox, "ffff-2", "stop");
    let script = home.join("client");
    write_script(&script, &format!("exec {} attach -t desk", tmux.command()));
    let client = remote(&["launch", "--type=tab", script.to_str().unwrap()]);
    assert!(becomes_true(|| tmux.client_sessions() == "desk"));
    remote(&["focus-window", "--match", &format!("id:{}", id.trim())]);
    assert!(becomes_true(|| focused() == [id.trim()]), "{id} {:?}", focused());
    run(&sandbox, None, &["jump", "ffff"]).assert_success();
    assert!(becomes_true(|| focused() == [client.trim()]), "{client} {:?}", focused());
    assert_eq!(tmux.shown("desk"), "1.0");
}
