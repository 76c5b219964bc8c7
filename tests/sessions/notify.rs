//! `sessions notify` and `sessions serve --notify`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::terminal::Terminal;
use crate::hooks::steps::{AGENT_RUNS, BASH};
use crate::sandbox::{
    ClaudeProcess, Sandbox, SleepingProcess, create_checkout, executable_path, is_alive, run_with_input, set_age,
    write_script,
};
use crate::serve::server::{Server, becomes_true, serve_command};

/// How long a need lasts before the user is called, in these tests.
const AFTER: [&str; 2] = ["--after", "500ms"];

/// A time after which a notice would have been given.
const LONG: Duration = Duration::from_secs(2);

/// The time of `--after` in the test in which a user answers at once. A busy machine may need a while between two hooks.
const AFTER_TURN: Duration = Duration::from_secs(3);

/// Writes the program that notes each notice in a line of `~/notes`, and returns the value of `--notify`.
pub fn noting_target(sandbox: &Sandbox) -> String {
    let program = sandbox.home().join("note");
    write_script(&program, &format!("cat >>{}", sandbox.home().join("notes").display()));
    format!("exec:{}", program.display())
}

/// Returns the notices that were noted.
pub fn notes(sandbox: &Sandbox) -> Vec<Value> {
    let text = fs_err::read_to_string(sandbox.home().join("notes")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Waits until so many notices were noted, and returns the last one.
#[track_caller]
fn wait_for_note(sandbox: &Sandbox, count: usize) -> Value {
    assert!(becomes_true(|| notes(sandbox).len() >= count), "{:#?}", notes(sandbox));
    let mut notes = notes(sandbox);
    assert_eq!(notes.len(), count, "{notes:#?}");
    notes.pop().unwrap()
}

/// `sessions notify`, which is killed when it is dropped. Its output is in `~/out` and `~/err`.
pub struct Notify(Child);

impl Notify {
    pub fn start(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let create = |name| fs_err::File::create(sandbox.home().join(name)).unwrap().into_file();
        let mut command = Command::new(executable_path("sessions"));
        command.env_clear().env("HOME", sandbox.home()).env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(variables.iter().copied()).arg("notify").args(arguments);
        let process = command.stdin(Stdio::null()).stdout(create("out")).stderr(create("err")).spawn().unwrap();
        let notify = Self(process);
        // Until then, a session may count as one that needed its user before the start.
        thread::sleep(Duration::from_millis(500));
        notify
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn output(sandbox: &Sandbox, name: &str) -> String {
    fs_err::read_to_string(sandbox.home().join(name)).unwrap_or_default()
}

#[test]
fn a_program_gets_each_need_once_and_its_end() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("long-ago", "Stop", r#""last_assistant_message":"old""#).assert_success();
    let signal = sandbox.signal_path("long-ago", "stop");
    let mut members = sandbox.read_signal("long-ago", "stop");
    members["stopped_at"] = "1000000000.000000000".into();
    fs_err::write(&signal, format!("{members}\n")).unwrap();
    set_age(&signal, 60);
    let cwd = sandbox.home().join("parser");
    create_checkout(&cwd, "main", "https://example.com/parser.git");
    let place = format!(r#""cwd":"{}""#, cwd.display());
    cli.run_hook("s", "UserPromptSubmit", &format!(r#"{place},"prompt":"go""#)).assert_success();
    let target = noting_target(&sandbox);
    let _notify = Notify::start(&sandbox, &["--notify", &target, "--after", "3s"], &[]);
    cli.run_hook("s", "PermissionRequest", &format!("{place},{BASH}")).assert_success();
    let note = wait_for_note(&sandbox, 1);
    let texts = [&note["event"], &note["title"], &note["text"], &note["sessions"][0]["sessionId"]];
    assert_eq!(texts, ["need", "parser (main) needs approval", "Bash: ls", "s"], "{note}");
    assert_eq!((&note["format"], &note["number"]), (&1.into(), &1.into()), "{note}");
    assert_eq!(note["sessions"][0]["pendingPermission"]["toolInput"]["command"], "ls");
    // The tool has ended, so the call was approved.
    cli.run_hook("s", "PostToolUse", &format!("{place},{BASH}")).assert_success();
    let note = wait_for_note(&sandbox, 2);
    assert_eq!((&note["event"], &note["number"]), (&"over".into(), &1.into()), "{note}");
    // A turn that the user answers at once.
    cli.run_hook("s", "Stop", "").assert_success();
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    // A subagent that goes on.
    cli.run_hook("t", "UserPromptSubmit", "").assert_success();
    cli.run_hook("t", "Stop", AGENT_RUNS).assert_success();
    // A session that was only started.
    cli.run_hook("u", "SessionStart", r#""source":"startup""#).assert_success();
    thread::sleep(AFTER_TURN + LONG);
    assert_eq!(notes(&sandbox).len(), 2, "{:#?}", notes(&sandbox));
    let printed = output(&sandbox, "out");
    assert_eq!(printed, "▲ parser (main) needs approval: Bash: ls\n✓ over: parser (main) needs approval\n");
    assert_eq!(output(&sandbox, "err"), "");
}

#[test]
fn a_target_that_is_named_twice_is_called_once() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    let target = noting_target(&sandbox);
    let _notify = Notify::start(&sandbox, &[&["--notify", &target, "--notify", &target], &AFTER[..]].concat(), &[]);
    cli.run_hook("s", "PermissionRequest", BASH).assert_success();
    wait_for_note(&sandbox, 1);
    thread::sleep(LONG);
    assert_eq!(notes(&sandbox).len(), 1, "{:#?}", notes(&sandbox));
}

#[test]
fn without_text_no_call_prompt_or_answer_is_in_the_notice() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    for session in ["asks", "rests"] {
        cli.run_hook(session, "UserPromptSubmit", r#""cwd":"/srv/web","prompt":"secret-prompt""#).assert_success();
    }
    let target = noting_target(&sandbox);
    let arguments = [&["--notify", &target, "--notify-text", "none"], &AFTER[..]].concat();
    let _notify = Notify::start(&sandbox, &arguments, &[]);
    let call = r#""cwd":"/srv/web","tool_name":"Bash","tool_input":{"command":"secret-command"}"#;
    cli.run_hook("asks", "PermissionRequest", call).assert_success();
    cli.run_hook("rests", "Stop", r#""cwd":"/srv/web","last_assistant_message":"secret-answer""#).assert_success();
    wait_for_note(&sandbox, 2);
    let all = notes(&sandbox).iter().map(ToString::to_string).collect::<String>() + &output(&sandbox, "out");
    assert!(!all.contains("secret"), "{all}");
    assert!(all.contains("web needs approval") && all.contains("web waits for you"), "{all}");
}

#[test]
fn many_needs_at_once_are_one_notice() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    let cwd = r#""cwd":"/srv/web""#;
    for number in 0..8 {
        cli.run_hook(&format!("s{number}"), "UserPromptSubmit", cwd).assert_success();
    }
    let target = noting_target(&sandbox);
    // The hooks have run before the first of the needs is due.
    let _notify = Notify::start(&sandbox, &["--notify", &target, "--after", "3s"], &[]);
    for number in 0..8 {
        cli.run_hook(&format!("s{number}"), "Stop", cwd).assert_success();
    }
    assert!(becomes_true(|| {
        let notes = notes(&sandbox);
        notes.iter().filter_map(|note| note["sessions"].as_array()).map(Vec::len).sum::<usize>() == 8
    }));
    let notes = notes(&sandbox);
    let summary = notes.last().unwrap();
    let count = summary["sessions"].as_array().unwrap().len();
    assert!(notes.len() <= 4 && count >= 4, "{notes:#?}");
    assert_eq!(summary["title"], format!("{count} sessions need you"));
    assert!(summary["text"].as_str().unwrap().starts_with("web, web, web, web"), "{summary}");
}

#[test]
fn a_program_that_fails_or_hangs_is_reported_and_blocks_nothing() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    let hanging = sandbox.home().join("hang");
    write_script(&hanging, &format!("echo $$ >{}; sleep 1000; true", sandbox.home().join("pid").display()));
    let (hangs, notes) = (format!("exec:{}", hanging.display()), noting_target(&sandbox));
    let targets =
        ["--notify", "exec:/nonexistent/program", "--notify", "exec:false", "--notify", &hangs, "--notify", &notes];
    let _notify = Notify::start(&sandbox, &[&targets, &AFTER[..]].concat(), &[]);
    let is_reported =
        |what: &str| output(&sandbox, "err").contains(&format!("sessions: the program of --notify exec: {what}"));
    // A program that is missing is named before there is a notice.
    assert!(becomes_true(|| is_reported("/nonexistent/program is not an executable file")));
    cli.run_hook("s", "Stop", "").assert_success();
    wait_for_note(&sandbox, 1);
    // The program that hangs has not been waited for.
    assert!(!output(&sandbox, "err").contains("was killed"), "{}", output(&sandbox, "err"));
    assert!(becomes_true(|| is_reported("/nonexistent/program: No such file")), "{}", output(&sandbox, "err"));
    assert!(becomes_true(|| is_reported("false: exit status: 1")), "{}", output(&sandbox, "err"));
    let killed = format!("{}: it ran for more than 10 seconds and was killed", hanging.display());
    assert!(becomes_true(|| is_reported(&killed)), "{}", output(&sandbox, "err"));
    let pid = output(&sandbox, "pid").trim().parse().unwrap();
    assert!(becomes_true(|| !is_alive(pid)));
}

#[test]
fn the_server_calls_too_and_no_file_tells_a_kill() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    let mut command = serve_command(&sandbox, 0);
    command.args(["--notify", &noting_target(&sandbox)]).args(AFTER);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let server = Server::spawn(&sandbox, command);
    cli.run_hook("s", "Stop", "").assert_success();
    assert_eq!(wait_for_note(&sandbox, 1)["event"], "need");
    drop(cli);
    assert_eq!(wait_for_note(&sandbox, 2)["event"], "over");
    assert!(!server.log().contains("--notify"), "{}", server.log());
}

#[test]
fn what_cannot_be_done_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    let run = |arguments: &[&str]| run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
    let outcome = run(&["notify"]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains(".claude is no directory"), "{}", outcome.stderr);
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    for arguments in [&["notify", "--notify", "bell"][..], &["serve", "--port", "0", "--notify", "bell"]] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, Some(1), "{arguments:?}");
        assert_eq!(outcome.stderr, "sessions: the bell needs a terminal, and standard output is none\n");
    }
    let nowhere = sandbox.home().join("nowhere").display().to_string();
    let mut command = sandbox.command(executable_path("sessions"));
    let outcome =
        run_with_input(command.arg("notify").env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={nowhere}")), "");
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.starts_with("sessions: no desktop shows notices: "), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    for (arguments, reason) in [
        (["notify", "--notify", "pager"], "it must be desktop, bell or exec:PROGRAM"),
        (["notify", "--notify", "exec:"], "a program must follow"),
        (["notify", "--after", "soon"], "expected number"),
        (["serve", "--notify-text", "some"], "all, none"),
    ] {
        let outcome = run(&arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

#[test]
#[ignore = "needs tmux"]
fn the_bell_rings_in_the_terminal() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", r#""cwd":"/srv/web""#).assert_success();
    let terminal = Terminal::open(&sandbox);
    // The flag is kept only for a window that is not the current one.
    let program = executable_path("sessions").display().to_string();
    terminal.tmux(&["new-window", "-d", "-n", "calls", &format!("{program} notify --notify bell --after 500ms")]);
    thread::sleep(Duration::from_secs(1));
    let flags = || terminal.tmux(&["display-message", "-p", "-t", "calls", "#{window_bell_flag}"]).trim().to_owned();
    assert_eq!(flags(), "0");
    cli.run_hook("s", "Stop", r#""cwd":"/srv/web""#).assert_success();
    assert!(becomes_true(|| flags() == "1"));
    assert!(becomes_true(|| terminal.tmux(&["capture-pane", "-p", "-t", "calls"]).contains("◆ web waits for you")));
}

/// A display of X11 without a screen. It is ended when it is dropped.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Self {
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "800x600x24"]);
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(server.stdout.take().unwrap()), &mut line).unwrap();
        Self { server, name: format!(":{}", line.trim()) }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program).args(arguments).env("DISPLAY", &self.name).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A bus with dunst. When this value is dropped, dunst is killed; dbus-run-session then ends the bus. If dbus-run-session were
/// killed, the bus would stay.
struct Bus {
    process: Child,
    dunst_pid: PathBuf,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let pid = fs_err::read_to_string(&self.dunst_pid).unwrap_or_default();
        if let Some(dunst) = pid.trim().parse().ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(dunst, rustix::process::Signal::KILL);
        }
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs dunst, Xvfb and dbus-run-session"]
fn dunst_shows_the_notice_and_takes_it_back() {
    let sandbox = Sandbox::new();
    let display = Display::start();
    let path = |name: &str| sandbox.home().join(name).display().to_string();
    fs_err::write(path("dunstrc"), "[global]\nidle_threshold = 0\n[urgency_normal]\ntimeout = 0\n").unwrap();
    // A bus of its own: no notice of the test may reach the desktop of the user.
    let script = format!(
        "echo $$ >~/dunst.pid; echo $DBUS_SESSION_BUS_ADDRESS >~/bus; exec dunst -config {} -print",
        path("dunstrc")
    );
    let mut bus = Command::new("dbus-run-session");
    bus.args(["--", "sh", "-c", &script]).env_clear().env("HOME", sandbox.home()).env("DISPLAY", &display.name);
    bus.env("PATH", std::env::var_os("PATH").unwrap());
    bus.stdout(fs_err::File::create(path("shown")).unwrap().into_file()).stderr(Stdio::null());
    let _bus = Bus { process: bus.spawn().unwrap(), dunst_pid: sandbox.home().join("dunst.pid") };
    assert!(becomes_true(|| output(&sandbox, "bus").ends_with('\n')));
    let address = output(&sandbox, "bus").trim().to_owned();
    let count = || {
        let mut dunstctl = Command::new("dunstctl");
        dunstctl.args(["count", "displayed"]).env("DBUS_SESSION_BUS_ADDRESS", &address);
        String::from_utf8_lossy(&dunstctl.output().unwrap().stdout).trim().to_owned()
    };
    assert!(becomes_true(|| count() == "0"));
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", r#""cwd":"/srv/web""#).assert_success();
    let _notify = Notify::start(&sandbox, &AFTER, &[("DBUS_SESSION_BUS_ADDRESS", &address)]);
    let call = r#""cwd":"/srv/web","tool_name":"Bash","tool_input":{"command":"a <b>c</b> && d"}"#;
    cli.run_hook("s", "PermissionRequest", call).assert_success();
    assert!(becomes_true(|| count() == "1"), "{} {}", output(&sandbox, "out"), output(&sandbox, "err"));
    let shown = output(&sandbox, "shown");
    assert!(shown.contains("web needs approval"), "{shown}");
    // Markup of a session is text. dunst prints the text as it was sent.
    assert!(shown.contains("Bash: a &lt;b&gt;c&lt;/b&gt; &amp;&amp; d"), "{shown}");
    thread::sleep(LONG);
    assert_eq!(count(), "1", "the notice stays, and there is no other");
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    assert!(becomes_true(|| count() == "0"));
    assert_eq!(output(&sandbox, "err"), "");
    // A desktop that does not answer is reported, and later notices come when it answers again.
    let dunst = rustix::process::Pid::from_raw(output(&sandbox, "dunst.pid").trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(dunst, rustix::process::Signal::STOP).unwrap();
    cli.run_hook("s", "Stop", r#""cwd":"/srv/web","last_assistant_message":"one""#).assert_success();
    let failure = "sessions: the desktop shows no notice: it did not answer within 5 seconds\n";
    assert!(becomes_true(|| output(&sandbox, "err") == failure), "{}", output(&sandbox, "err"));
    rustix::process::kill_process(dunst, rustix::process::Signal::CONT).unwrap();
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    // A turn that nobody has seen would be no end of the first need.
    assert!(becomes_true(|| output(&sandbox, "out").matches("✓ over").count() == 2), "{}", output(&sandbox, "out"));
    cli.run_hook("s", "Stop", r#""cwd":"/srv/web","last_assistant_message":"two""#).assert_success();
    assert!(becomes_true(|| output(&sandbox, "shown").contains("two")), "{}", output(&sandbox, "shown"));
}

#[test]
#[ignore = "needs Xvfb, xterm, xprop and tmux"]
fn whose_terminal_has_the_focus_is_not_called_for() {
    let sandbox = Sandbox::new();
    let display = Display::start();
    let path = |name: &str| sandbox.home().join(name).display().to_string();
    let claude = path("claude");
    std::os::unix::fs::symlink("/bin/sh", &claude).unwrap();
    // A session that runs a hook for each line of a file that it is given.
    let session = |name: &str| {
        fs_err::write(path(&format!("{name}.sh")), format!(
            "echo $WINDOWID >~/{name}.window\nwhile :; do sleep 0.1; [ -e ~/{name}.go ] || continue; rm ~/{name}.go\n\
             printf '{{\"session_id\":\"{name}\",\"hook_event_name\":\"UserPromptSubmit\"}}' | {prompt}\n sleep 1\n\
             printf '{{\"session_id\":\"{name}\",\"hook_event_name\":\"Stop\"}}' | {stop}\ndone\n",
            prompt = executable_path("hook-user-prompt-submit").display(),
            stop = executable_path("hook-stop").display(),
        )).unwrap();
        format!("{claude} {}", path(&format!("{name}.sh")))
    };
    let start = |command: &[&str]| {
        let mut xterm = Command::new("xterm");
        xterm.arg("-e").args(command).env_clear().env("HOME", sandbox.home()).env("DISPLAY", &display.name);
        xterm.env("PATH", std::env::var_os("PATH").unwrap()).env("LANG", "C.UTF-8");
        SleepingProcess::start_by(xterm.stderr(Stdio::null()))
    };
    let direct = session("direct");
    let _plain = start(&direct.split(' ').collect::<Vec<_>>());
    let socket = path("tmux");
    let inside = session("inside");
    let _multiplexed = start(&[
        "sh",
        "-c",
        &format!("echo $WINDOWID >~/tmux.window; exec tmux -f /dev/null -S {socket} new '{inside}'"),
    ]);
    let window = |name: &str| {
        assert!(becomes_true(|| output(&sandbox, &format!("{name}.window")).trim().parse::<u64>().is_ok()), "{name}");
        output(&sandbox, &format!("{name}.window")).trim().parse::<u64>().unwrap()
    };
    let (plain_window, tmux_window) = (window("direct"), window("tmux"));
    window("inside");
    // No window manager runs, so the test says which window is the active one.
    let focus = |window: u64| {
        let value = format!("{window:#x}");
        display.run("xprop", &["-root", "-f", "_NET_ACTIVE_WINDOW", "32x", "-set", "_NET_ACTIVE_WINDOW", &value]);
    };
    fs_err::create_dir_all(sandbox.home().join(".claude")).unwrap();
    let target = noting_target(&sandbox);
    let _notify =
        Notify::start(&sandbox, &[&["--notify", &target], &AFTER[..]].concat(), &[("DISPLAY", &display.name)]);
    let mut count = 0;
    let tmux = |arguments: &[&str]| display.run("tmux", &[&["-S", &socket], arguments].concat());
    for (name, active, is_called) in [
        ("direct", plain_window, false),
        ("direct", tmux_window, true),
        ("inside", tmux_window, false),
        ("inside", plain_window, true),
        // Another window of tmux is on the screen.
        ("hidden", tmux_window, true),
    ] {
        let session = if name == "hidden" { "inside" } else { name };
        if name == "hidden" {
            tmux(&["new-window", "sleep 1000"]);
        }
        focus(active);
        let needs = |event: &str| notes(&sandbox).iter().filter(|note| note["event"] == event).count();
        fs_err::write(path(&format!("{session}.go")), "").unwrap();
        assert!(becomes_true(|| sandbox.signal_path(session, "working").exists()), "{name}");
        assert!(becomes_true(|| sandbox.signal_path(session, "stop").exists()), "{name}");
        count += usize::from(is_called);
        assert!(becomes_true(|| needs("need") >= count), "{name} {:#?}", notes(&sandbox));
        thread::sleep(LONG);
        assert_eq!(needs("need"), count, "{name} {:#?} {}", notes(&sandbox), output(&sandbox, "err"));
    }
    tmux(&["kill-server"]);
}
