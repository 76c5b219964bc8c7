//! What Enter, `c` and `o` do outside of the list.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::change;
use crate::watch::actions::{jump_to, open_page, run_jump};
use crate::watch::clipboard::clipboard_sequence;

#[test]
fn a_jump_runs_the_subcommand_and_returns_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("program");
    for (script, expected) in [
        ("test \"$*\" = 'jump abc'", "web: its terminal is in front"),
        ("echo 'pane %3 of tmux'", "pane %3 of tmux"),
        ("printf '\\n  no pane\\nusage\\n' >&2; exit 1", "no pane"),
        ("echo out; echo sessions: err >&2; exit 1", "err"),
        ("exit 4", "cannot jump: exit status: 4"),
        // It cannot read the terminal.
        ("read line && exit 1; exit 0", "web: its terminal is in front"),
    ] {
        // A shell of its own opens the script for writing: another test may start a process at the same time.
        let write = r#"printf '%s\n' '#!/bin/sh' "$1" >"$0"; chmod 700 "$0""#;
        let mut shell = std::process::Command::new("sh");
        assert!(shell.args(["-c", write]).arg(&program).arg(script).status().unwrap().success());
        assert_eq!(run_jump(program.as_os_str(), "abc", "web"), expected, "{script}");
    }
    assert!(run_jump(OsStr::new("/nonexistent"), "abc", "web").starts_with("cannot jump: "));
    let (_, ended) = change("a", "ended", 1, "web");
    assert_eq!(jump_to(&ended.unwrap()), "web: the session has ended; c copies the command that resumes it");
}

#[test]
fn a_page_that_nobody_serves_is_not_opened() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let answers = [
        "HTTP/1.1 200 OK\r\n\r\n<title>another program</title>",
        "HTTP/1.1 403 Forbidden\r\n\r\n<title>sessions</title>",
        "",
        "HTTP/1.1 200 OK\r\n\r\n<title>sessions</title>",
        "HTTP/1.1 200 OK\r\n\r\n<title>sessions</title>",
        "HTTP/1.1 200 OK\r\n\r\n<title>sessions</title>",
    ];
    std::thread::spawn(move || {
        for answer in answers {
            let (mut connection, _) = server.accept().unwrap();
            let _ = connection.read(&mut [0; 1024]);
            connection.write_all(answer.as_bytes()).unwrap();
        }
    });
    for _ in 0..3 {
        let notice = open_page(port, Some("true"));
        assert!(
            notice.starts_with("nothing serves http://127.0.0.1:") && notice.contains("`sessions serve`"),
            "{notice}"
        );
    }
    let address = format!("http://127.0.0.1:{port}/");
    assert_eq!(open_page(port, Some("true")), format!("opened {address}"));
    assert_eq!(open_page(port, Some("false")), format!("false found no browser: open {address} yourself"));
    assert_eq!(open_page(port, None), format!("there is no desktop here: open {address} in a browser"));
    // The server is gone.
    assert!((0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        open_page(port, Some("true")).starts_with("nothing serves")
    }));
}

#[test]
fn the_clipboard_is_reached_through_tmux_too() {
    let text = "claude --resume a-b";
    assert_eq!(clipboard_sequence(text, false), "\x1b]52;c;Y2xhdWRlIC0tcmVzdW1lIGEtYg==\x07");
    assert_eq!(clipboard_sequence(text, true), "\x1bPtmux;\x1b\x1b]52;c;Y2xhdWRlIC0tcmVzdW1lIGEtYg==\x07\x1b\\");
}
