//! `sessions --watch` in a terminal of its own.

use std::process::Command;

use super::terminal::Terminal;
use crate::hooks::steps::BASH;
use crate::sandbox::{Sandbox, executable_path, set_age};

#[test]
#[ignore = "needs tmux"]
fn it_redraws_on_change_and_restores_the_terminal() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.starts_with("No session is open."));
    // The signal directory is made now.
    sandbox.run_hook("s", "UserPromptSubmit", r#""prompt":"go on""#).assert_success();
    terminal.wait_for_screen(|screen| screen.starts_with("● working") && screen.ends_with("go on"));
    sandbox.run_hook("t", "PermissionRequest", BASH).assert_success();
    let screen = terminal.wait_for_screen(|screen| screen.lines().count() == 2);
    assert!(screen.starts_with("▲ approve") && screen.lines().next().unwrap().ends_with("Bash: ls"), "{screen}");
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    sandbox.run_hook("t", "SessionEnd", "").assert_success();
    terminal.wait_for_screen(|screen| screen.starts_with("No session is open."));
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    sandbox.run_hook("u", "Stop", "").assert_success();
    terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
    for key in ["q", "C-c"] {
        terminal.tmux(&["send-keys", key]);
        terminal.wait_for_screen(|screen| screen.contains("--watch") && screen.ends_with('$'));
        // Echo and line mode are back: typed text is visible and is run.
        terminal.tmux(&["send-keys", "clear; stty -a | grep -o ' icanon.* echo '; echo left", "Enter"]);
        terminal.wait_for_screen(|screen| screen.contains("\nleft") && screen.contains("icanon"));
        assert_eq!(terminal.tmux(&["display-message", "-p", "#{cursor_flag}#{alternate_on}"]).trim(), "10");
        terminal.tmux(&["send-keys", "clear", "Enter"]);
        // Text that is typed before that would be cleared, too.
        terminal.wait_for_screen(|screen| screen == "$");
        terminal.start_watch();
        terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
    }
}

/// Returns the CPU time of a process, in clock ticks of 10 ms.
fn cpu_ticks(pid: &str) -> u64 {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
#[ignore = "needs tmux"]
fn it_uses_almost_no_cpu_time_while_nothing_happens() {
    let sandbox = Sandbox::new();
    for number in 0..200 {
        sandbox.run_hook(&format!("s{number}"), "SessionEnd", "").assert_success();
    }
    sandbox.run_hook("s", "Stop", "").assert_success();
    let terminal = Terminal::open(&sandbox);
    terminal.tmux(&["send-keys", &format!("exec {} --watch", executable_path("sessions").display()), "Enter"]);
    terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
    let pid = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let before = cpu_ticks(pid.trim());
    std::thread::sleep(std::time::Duration::from_secs(5));
    // One refresh each second, of one open session.
    let spent = cpu_ticks(pid.trim()) - before;
    assert!(spent <= 10, "{spent} ticks in 5 s");
}

#[test]
#[ignore = "needs tmux"]
fn it_restores_the_terminal_when_a_signal_ends_it() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let terminal = Terminal::open(&sandbox);
    for signal in ["TERM", "HUP", "INT"] {
        terminal.start_watch();
        terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
        let shell = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let killed = Command::new("pkill").args([&format!("-{signal}"), "-P", shell.trim(), "sessions"]).status();
        assert!(killed.unwrap().success());
        terminal.wait_for_screen(|screen| screen.contains("--watch") && screen.ends_with('$'));
        terminal.tmux(&["send-keys", "echo ended $?; clear; stty -a | grep -o ' icanon.* echo '; echo left", "Enter"]);
        terminal.wait_for_screen(|screen| screen.contains("\nleft") && screen.contains("icanon"));
        assert_eq!(terminal.tmux(&["display-message", "-p", "#{cursor_flag}#{alternate_on}"]).trim(), "10");
        terminal.tmux(&["send-keys", "clear", "Enter"]);
        terminal.wait_for_screen(|screen| screen == "$");
    }
}

#[test]
#[ignore = "needs tmux"]
fn sessions_that_do_not_fit_on_the_screen_are_counted() {
    let sandbox = Sandbox::new();
    for number in 0..12 {
        sandbox.run_hook(&format!("s{number}"), "Stop", r#""last_assistant_message":"all done""#).assert_success();
    }
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    let screen = terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
    let lines: Vec<_> = screen.lines().collect();
    assert_eq!((lines.len(), lines[8].ends_with("all done"), lines[9]), (10, true, "… 3 more"), "{screen}");
}

#[test]
#[ignore = "needs tmux"]
fn a_failure_to_read_is_on_the_screen() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    let screen = terminal.wait_for_screen(|screen| screen.contains("cannot read"));
    // A long message takes several lines.
    assert!(screen.replace('\n', "").contains("session-signals: Not a directory"), "{screen}");
    assert!(!screen.contains("No session is open"), "{screen}");
    fs_err::remove_file(sandbox.signal_dir()).unwrap();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let screen = terminal.wait_for_screen(|screen| screen.starts_with("◆ waiting"));
    assert!(!screen.contains("cannot read"), "{screen}");
    // The failure is above the table, because the end of a long table is not on the screen.
    fs_err::write(sandbox.home().join(".claude/sessions"), "a file").unwrap();
    let screen = terminal.wait_for_screen(|screen| screen.contains("cannot read"));
    assert!(screen.starts_with("cannot read") && screen.contains("◆ waiting"), "{screen}");
}

/// `--watch` leaves files alone that `hooks doctor` and the server would remove or restore.
#[test]
#[ignore = "needs tmux"]
fn watching_removes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let temporary = ".temporary.stop.0123456789abcdef.0000000000000000.0000000000000001";
    for (name, content) in [
        ("empty.stop.json", ""),
        ("newer.working.json", "version 9"),
        ("old.ended.json", "{}\n"),
        ("both.working.json", "{}\n"),
        ("both.ended.json", "{}\n"),
        (temporary, "{\"stopped_at\":\"1000000000.000000000\"}\n"),
        (".half.stop.0123456789abcdef", "{"),
    ] {
        let path = sandbox.signal_dir().join(name);
        fs_err::write(&path, content).unwrap();
        set_age(&path, 31 * 24 * 60 * 60);
    }
    let before = sandbox.list_signal_dir();
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("◆ waiting"));
    // For some refreshes, one of them because of an event.
    sandbox.run_hook("t", "UserPromptSubmit", r#""prompt":"go on""#).assert_success();
    terminal.wait_for_screen(|screen| screen.contains("go on"));
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let mut after = sandbox.list_signal_dir();
    after.retain(|name| name != "t.working.json");
    assert_eq!(after, before);
}
