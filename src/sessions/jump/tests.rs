//! Tests of what cannot be seen from outside the executable.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::applescript::{SCRIPTED_TERMINALS, ask_terminals};
use super::find_id;
use super::plan::Found;
use crate::reading_gaps::ReadingGaps;
use crate::terminals::process::TerminalVariables;
use crate::terminals::terminal_command::{Programs, TerminalCommand, quote};

/// Writes an executable script in a process of its own: a child that another thread starts may hold the file open, and then it
/// cannot be executed.
fn write_script(path: &Path, text: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#;
    assert!(Command::new("sh").args(["-c", write]).arg(path).arg(text).status().unwrap().success());
}

#[test]
fn the_beginning_of_an_id_is_enough_if_it_is_that_of_one_session() {
    let sessions: BTreeMap<_, _> = ["aa", "aab", "abc"].map(|id| (id.to_owned(), 0)).into();
    let gaps = ReadingGaps::new(&[], &[]);
    let find = |begin| find_id(&sessions, begin, &gaps);
    assert_eq!(find("ab"), Ok("abc"));
    assert_eq!(find("aa"), Ok("aa"));
    assert_eq!(find("a"), Err("the ids of 3 sessions begin with a: give more of it".to_owned()));
    assert_eq!(find("b\u{1b}"), Err("no session has an id that begins with b".to_owned()));
}

#[test]
fn nothing_of_an_environment_is_kept_but_the_named_variables() {
    let bytes =
        b"API_KEY=sk-hidden\0TMUX=/tmp/s,1,0\0TMUX_SECRET=hidden\0=hidden\0TMUX=/hidden,2,0\0KITTY_WINDOW_ID=\0\
        KITTY_LISTEN_ON=unix:/k\nhidden\0ZELLIJ_PANE_ID=\xff\0OTHERTMUX=hidden\0TERM_PROGRAM=vscode";
    let variables = TerminalVariables::from_environment(bytes);
    assert!(!format!("{variables:?}").contains("hidden"), "{variables:?}");
    assert_eq!(variables.get("TMUX"), Some("/tmp/s,1,0"));
    assert_eq!(variables.get("TERM_PROGRAM"), Some("vscode"));
    for name in ["API_KEY", "KITTY_WINDOW_ID", "KITTY_LISTEN_ON", "ZELLIJ_PANE_ID"] {
        assert_eq!(variables.get(name), None, "{name}");
    }
    let other = TerminalVariables::from_environment(b"TMUX=/other,1,0\0KITTY_LISTEN_ON=unix:/k");
    let both = variables.or(other);
    assert_eq!((both.get("TMUX"), both.get("KITTY_LISTEN_ON")), (Some("/tmp/s,1,0"), Some("unix:/k")));
}

#[test]
fn a_command_is_shown_as_a_shell_reads_it() {
    assert_eq!(quote("/tmp/a-b_c.d"), "/tmp/a-b_c.d");
    assert_eq!(quote(""), "''");
    assert_eq!(quote("$0:@1"), "'$0:@1'");
    assert_eq!(quote("it's\u{1b}[2J"), r"'it'\''s[2J'");
    let mut command = TerminalCommand::new("tmux", &["-S", "/tmp/my socket", "attach"]);
    command.variable = Some(("A", "b c".to_owned()));
    assert_eq!(command.to_string(), "A='b c' tmux -S '/tmp/my socket' attach");
}

/// The scripts themselves can only be run on macOS. Here a program stands in for `osascript`.
#[test]
fn the_terminals_of_macos_are_asked_with_the_device_as_an_argument() {
    let directory = tempfile::tempdir().unwrap();
    let calls = directory.path().join("calls");
    let script = format!(
        r#"printf '%s|%s|%s\n' "$(printf %s "$2" | grep -o 'tell application "[A-Za-z0-9]*"')" "$3" "$4" >>{}
case $2 in *'"Terminal"'*) [ "$3" = /dev/ttys003 ] && echo found;; *Ghostty*) exit 1;; *) echo none;; esac"#,
        calls.display()
    );
    write_script(&directory.path().join("osascript"), &script);
    let path = std::env::join_paths([directory.path(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let programs = Programs::new(path, Duration::from_secs(5));
    let Found::Here(name, commands) = ask_terminals(&programs, "/dev/ttys003") else { panic!("not found") };
    assert_eq!((&*name, commands.len()), ("Terminal", 1));
    programs.run(&commands[0]).unwrap();
    let expected = "tell application \"iTerm2\"|/dev/ttys003|look\ntell application \"Terminal\"|/dev/ttys003|look\n\
        tell application \"Terminal\"|/dev/ttys003|show\n";
    assert_eq!(fs_err::read_to_string(&calls).unwrap(), expected);
    assert!(matches!(ask_terminals(&programs, "/dev/ttys009"), Found::No));
    // What is no device is never passed on.
    fs_err::remove_file(&calls).unwrap();
    for tty in ["/dev/ttys003\" to quit", "ttys003", "/dev/", "/dev/../x", "-e"] {
        assert!(matches!(ask_terminals(&programs, tty), Found::No), "{tty}");
    }
    assert!(!calls.exists());
    for terminal in SCRIPTED_TERMINALS {
        let asks_first = format!("if application \"{}\" is not running then", terminal.name);
        assert!(terminal.script.contains(&asks_first), "a question must not start {}", terminal.name);
    }
}
