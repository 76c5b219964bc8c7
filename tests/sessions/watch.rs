//! `sessions --watch` in a terminal of its own.

use std::process::Command;

use super::terminal::Terminal;
use crate::hooks::steps::BASH;
use crate::sandbox::{Sandbox, copy_executable, executable_path, set_age, write_script};

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
    terminal.wait_for_screen(|screen| screen.contains("› ● working") && screen.contains("  go on\n"));
    sandbox.run_hook("t", "PermissionRequest", BASH).assert_success();
    let screen = terminal.wait_for_screen(|screen| screen.contains("▲ approve"));
    let rows: Vec<_> = screen.lines().collect();
    assert!(rows[0].starts_with("  STATE       FOR  PROJECT  BRANCH  ID "), "{screen}");
    assert!(rows[1].starts_with("  ▲ approve") && rows[1].ends_with("Bash: ls"), "{screen}");
    assert!(rows[2].starts_with("› ● working") && rows[9].starts_with("2/2  ▲1 ●1  ? keys"), "{screen}");
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    sandbox.run_hook("t", "SessionEnd", "").assert_success();
    terminal.wait_for_screen(|screen| screen.starts_with("No session is open."));
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    sandbox.run_hook("u", "Stop", "").assert_success();
    terminal.wait_for_screen(|screen| screen.contains("◆ waiting"));
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
        terminal.wait_for_screen(|screen| screen.contains("◆ waiting"));
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
    terminal.wait_for_screen(|screen| screen.contains("◆ waiting"));
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
        terminal.wait_for_screen(|screen| screen.contains("◆ waiting"));
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
    terminal.wait_for_screen(|screen| screen.contains("◆ waiting") && !screen.contains("cannot read"));
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

/// Makes so many sessions. Those with a smaller number have waited longer, so they come first.
fn create_sessions(sandbox: &Sandbox, count: usize) {
    for number in 0..count {
        let members = format!(r#""cwd":"/work/project{}","last_assistant_message":"all done {number}""#, number % 3);
        sandbox.run_hook(&format!("s{number:03}"), "Stop", &members).assert_success();
    }
}

#[test]
#[ignore = "needs tmux"]
fn every_session_can_be_reached_on_every_screen() {
    for (count, columns, rows) in [(60, 40, 10), (60, 80, 24), (500, 200, 50), (500, 40, 8)] {
        let sandbox = Sandbox::new();
        create_sessions(&sandbox, count);
        let terminal = Terminal::open_sized(&sandbox, columns, rows);
        terminal.start_watch();
        let screen = terminal.wait_for_screen(|screen| screen.contains(&format!("1/{count}")));
        assert!(screen.contains("\n› ◆ waiting") && screen.contains("s  project0"), "{screen}");
        let row = screen.lines().nth(1).unwrap();
        assert_eq!(row.contains("  all done 0"), columns >= 80, "{screen}");
        assert_eq!(row.contains("s000"), columns >= 80, "{screen}");
        // The last session is selected, and the row above the status shows it.
        terminal.type_keys(&["G"]);
        let screen = terminal.wait_for_screen(|screen| screen.contains(&format!("{count}/{count}")));
        let selected = screen.lines().find(|line| line.starts_with('›')).unwrap();
        assert!(selected.contains(&format!("project{}", (count - 1) % 3)), "{screen}");
        terminal.type_keys(&["k", "Up", "PPage", "g", "NPage", "j"]);
        terminal.wait_for_screen(|screen| screen.contains(&format!("/{count}")) && !screen.contains(" 1/"));
        // The filter finds one of them.
        terminal.type_keys(&["/", &format!("done {}", count - 2)]);
        let screen = terminal.wait_for_screen(|screen| screen.contains("  1/1"));
        assert_eq!(screen.lines().filter(|line| line.contains("◆ waiting")).count(), 1, "{screen}");
        terminal.type_keys(&["Enter", "Escape"]);
        terminal.wait_for_screen(|screen| screen.contains(&format!("{}/{count}", count - 1)));
        terminal.type_keys(&["p"]);
        terminal.wait_for_screen(|screen| screen.contains(&format!("\nproject{}  ◆", (count - 2) % 3)));
        terminal.type_keys(&["q"]);
        terminal.wait_for_screen(|screen| screen.ends_with('$'));
    }
}

#[test]
#[ignore = "needs tmux"]
fn the_selected_session_stays_in_sight_when_the_terminal_changes_its_size() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 60);
    let terminal = Terminal::open_sized(&sandbox, 80, 24);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/60"));
    terminal.type_keys(&["/", "all", "Enter", "NPage", "NPage"]);
    let screen = terminal
        .wait_for_screen(|screen| screen.lines().any(|line| line.starts_with("› ◆")) && !screen.contains("1/60"));
    let position = screen.lines().last().unwrap().split_whitespace().next().unwrap().to_owned();
    let number: usize = position.split('/').next().unwrap().parse().unwrap();
    for (columns, rows) in [("40", "5"), ("200", "50"), ("20", "3"), ("80", "24"), ("40", "12")] {
        terminal.tmux(&["resize-window", "-x", columns, "-y", rows]);
        let columns: usize = columns.parse().unwrap();
        let rows: usize = rows.parse().unwrap();
        let is_drawn = |screen: &str| {
            let lines: Vec<_> = screen.lines().collect();
            lines.len() == rows && lines[rows - 1].starts_with(&position) && screen.contains("› ◆")
        };
        let screen = terminal.wait_for_screen(is_drawn);
        let selected = screen.lines().find(|line| line.starts_with('›')).unwrap();
        assert!(columns < 40 || selected.contains(&format!("project{}", (number - 1) % 3)), "{screen}");
        assert_eq!(screen.lines().filter(|line| line.starts_with('›')).count(), 1, "{screen}");
    }
}

#[test]
#[ignore = "needs tmux"]
fn it_is_suspended_and_resumed_as_other_programs_are() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 3);
    let terminal = Terminal::open(&sandbox);
    let flags =
        || terminal.tmux(&["display-message", "-p", "#{cursor_flag}#{alternate_on}#{wrap_flag}"]).trim().to_owned();
    terminal.tmux(&["respawn-pane", "-k", "env PS1='$ ' bash --norc --noprofile"]);
    terminal.wait_for_screen(|screen| screen == "$");
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/3"));
    terminal.type_keys(&["j"]);
    terminal.wait_for_screen(|screen| screen.contains("2/3"));
    assert_eq!(flags(), "010");
    let stop = |signal: &str| {
        let shell = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let kill = Command::new("pkill").args([signal, "-P", shell.trim(), "sessions"]).status();
        assert!(kill.unwrap().success());
    };
    // By the key, by the signal, and by a signal that no program can see.
    for way in ["key", "-TSTP", "-STOP"] {
        if way == "key" {
            terminal.type_keys(&["C-z"]);
        } else {
            stop(way);
        }
        terminal.wait_for_screen(|screen| screen.contains("Stopped"));
        if way != "-STOP" {
            assert_eq!(flags(), "101", "{way}");
        }
        terminal.type_keys(&["clear; stty -a | grep -o ' icanon.* echo '; echo left", "Enter"]);
        terminal.wait_for_screen(|screen| screen.contains("\nleft") && screen.contains("icanon"));
        sandbox.run_hook("new", "UserPromptSubmit", &format!(r#""prompt":"while {way}""#)).assert_success();
        terminal.type_keys(&["fg", "Enter"]);
        // It shows what happened in between.
        let screen = terminal.wait_for_screen(|screen| screen.contains(&format!("while {way}")));
        assert!(screen.contains("2/4") && !screen.contains("icanon"), "{screen}");
        assert_eq!(flags(), "010", "{way}");
        terminal.type_keys(&["k", "j"]);
        terminal.wait_for_screen(|screen| screen.contains("2/4"));
    }
    terminal.type_keys(&["q"]);
    terminal.wait_for_screen(|screen| screen.ends_with('$'));
    assert_eq!(flags(), "101");
}

#[test]
#[ignore = "needs tmux"]
fn nothing_suspends_it_where_no_shell_could_resume_it() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 3);
    let terminal = Terminal::open(&sandbox);
    let command = format!("exec {} --watch", executable_path("sessions").display());
    terminal.tmux(&["respawn-pane", "-k", &command]);
    terminal.wait_for_screen(|screen| screen.contains("1/3"));
    terminal.type_keys(&["C-z"]);
    terminal.wait_for_screen(|screen| screen.contains("no shell waits for this program"));
    let pid = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]);
    assert!(Command::new("kill").args(["-TSTP", pid.trim()]).status().unwrap().success());
    terminal.type_keys(&["j"]);
    terminal.wait_for_screen(|screen| screen.contains("2/3"));
}

#[test]
#[ignore = "needs tmux"]
fn the_keys_are_shown_and_the_resume_command_is_copied() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 3);
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/3"));
    terminal.type_keys(&["?"]);
    let screen = terminal.wait_for_screen(|screen| screen.contains("Esc closes the help"));
    assert!(screen.contains("  Enter         jump to its terminal\n"), "{screen}");
    terminal.type_keys(&["q", "j", "c"]);
    terminal.wait_for_screen(|screen| screen.ends_with("copied: claude --resume s001"));
    assert_eq!(terminal.tmux(&["show-buffer"]), "claude --resume s001");
    // The jump says in one line why there is no terminal: no process is known.
    terminal.type_keys(&["Enter"]);
    let screen = terminal.wait_for_screen(|screen| {
        let last = screen.lines().last().unwrap_or_default();
        !last.contains("copied") && !last.contains("jumping")
    });
    assert!(!screen.lines().last().unwrap().contains("2/3") && screen.lines().count() == 10, "{screen}");
    assert!(screen.contains("› ◆ waiting"), "{screen}");
}

/// Also the escape sequence reaches the terminal around tmux, if tmux hands it on.
#[test]
#[ignore = "needs tmux"]
fn the_escape_sequence_of_the_clipboard_passes_through_tmux() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 1);
    // The terminal around tmux is a pane of another tmux, which takes what programs copy.
    let (outer_home, inner) = (Sandbox::new(), Terminal::open(&sandbox));
    let outer = Terminal::open_sized(&outer_home, 100, 20);
    outer.tmux(&["set", "-s", "set-clipboard", "on"]);
    inner.tmux(&["set", "-g", "allow-passthrough", "on"]);
    inner.tmux(&["set", "-s", "set-clipboard", "off"]);
    let attach = format!("TMUX= tmux -u -S {} attach", sandbox.home().join("tmux").display());
    outer.type_keys(&[&attach, "Enter"]);
    outer.wait_for_screen(|screen| screen.contains("[0]") || screen.contains("0:sh"));
    inner.start_watch();
    inner.wait_for_screen(|screen| screen.contains("1/1"));
    inner.type_keys(&["c"]);
    inner.wait_for_screen(|screen| screen.ends_with("copied: claude --resume s000"));
    let copied = (0..250).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        outer.tmux(&["show-buffer"]) == "claude --resume s000"
    });
    assert!(copied, "{}", outer.tmux(&["list-buffers"]));
}

#[test]
#[ignore = "needs tmux, root and a network namespace"]
fn the_page_is_opened_if_it_is_served() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 1);
    let opened = sandbox.home().join("opened");
    fs_err::create_dir(sandbox.home().join("bin")).unwrap();
    write_script(&sandbox.home().join("bin/xdg-open"), &format!("echo \"$*\" >>{}", opened.display()));
    let terminal = Terminal::open(&sandbox);
    let sessions = executable_path("sessions");
    // The port of the page may be taken outside.
    terminal.type_keys(&["PS1='> ' unshare --net sh", "Enter"]);
    terminal.wait_for_screen(|screen| screen.ends_with('>'));
    terminal.type_keys(&["ip link set lo up; export DISPLAY=:9 PATH=$HOME/bin:$PATH", "Enter"]);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/1"));
    terminal.type_keys(&["o"]);
    terminal.wait_for_screen(|screen| screen.contains("nothing serves http://127.0.0.1:4450/: run `sessions serve`"));
    assert!(!opened.exists());
    terminal.type_keys(&["q"]);
    terminal.wait_for_screen(|screen| screen.ends_with('>'));
    // A test that fails leaves the server without anybody who ends it.
    let serve = format!("timeout 60 {} serve >$HOME/serve.log 2>&1 &", sessions.display());
    terminal.type_keys(&[&serve, "Enter"]);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/1"));
    let is_opened = (0..100).any(|_| {
        terminal.type_keys(&["o"]);
        std::thread::sleep(std::time::Duration::from_millis(100));
        terminal.screen().contains("opened http://127.0.0.1:4450/")
    });
    assert!(is_opened, "{}", terminal.screen());
    assert!(fs_err::read_to_string(opened).unwrap().starts_with("http://127.0.0.1:4450/\n"));
    terminal.type_keys(&["q"]);
    terminal.wait_for_screen(|screen| screen.ends_with('>'));
    terminal.type_keys(&["kill %1", "Enter", "exit", "Enter"]);
}

#[test]
#[ignore = "needs tmux"]
fn a_jump_works_after_an_update_has_replaced_the_program() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 1);
    let (program, newer) = (sandbox.home().join("sessions"), sandbox.home().join("newer"));
    copy_executable(&executable_path("sessions"), &program);
    copy_executable(&program, &newer);
    let terminal = Terminal::open_sized(&sandbox, 120, 10);
    terminal.type_keys(&[&format!("{} --watch", program.display()), "Enter"]);
    terminal.wait_for_screen(|screen| screen.contains("1/1"));
    fs_err::rename(&newer, &program).unwrap();
    terminal.type_keys(&["Enter"]);
    let screen = terminal.wait_for_screen(|screen| !screen.contains("1/1") && !screen.contains("jumping"));
    assert!(!screen.contains("cannot jump"), "{screen}");
}

/// What does not change is not written again, and nothing is cleared before it is written: both would flicker.
#[test]
#[ignore = "needs tmux"]
fn a_change_writes_only_the_rows_that_change() {
    let sandbox = Sandbox::new();
    create_sessions(&sandbox, 5);
    let terminal = Terminal::open(&sandbox);
    terminal.start_watch();
    terminal.wait_for_screen(|screen| screen.contains("1/5"));
    let written = sandbox.home().join("written");
    terminal.tmux(&["pipe-pane", &format!("cat >{}", written.display())]);
    sandbox.run_hook("s003", "UserPromptSubmit", r#""cwd":"/work/p","prompt":"a new prompt""#).assert_success();
    terminal.wait_for_screen(|screen| screen.contains("a new prompt"));
    terminal.tmux(&["pipe-pane"]);
    let written = fs_err::read_to_string(written).unwrap();
    assert!(written.contains("a new prompt") && !written.contains("PROJECT"), "{written:?}");
    assert!(!written.contains("\x1b[2J") && !written.contains("\x1b[J"), "{written:?}");
    assert!(written.contains("\x1b[?2026h") && written.ends_with("\x1b[?2026l"), "{written:?}");
}
