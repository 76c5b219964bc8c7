//! What the commands that read once say of files that they cannot read.

use super::list;
use crate::sandbox::{Outcome, Sandbox, executable_path, run_with_input};

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "")
}

/// Makes so many signals that only a newer version can read. Root may read every file, so its mode would hide nothing from root.
pub fn write_unreadable_signals(sandbox: &Sandbox, count: usize) {
    for number in 0..count {
        let id = format!("newer{number}");
        fs_err::write(sandbox.signal_path(&id, "stop"), format!(r#"{{"session_id":"{id}","signal_format":99}}"#))
            .unwrap();
    }
}

#[test]
fn the_line_is_printed_and_what_it_lacks_is_said_in_few_words() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("here", "Stop", "").assert_success();
    assert_eq!(list::sessions(&sandbox, &["line"]), "◆1\n");
    for count in [1, 3] {
        write_unreadable_signals(&sandbox, count);
        for (arguments, line) in [(&["line"][..], "◆1\n"), (&["line", "--tmux", "--format", "{need}"], "1\n")] {
            let outcome = run(&sandbox, arguments);
            assert_eq!((outcome.code, &*outcome.stdout), (Some(1), line), "{}", outcome.stderr);
            let lines: Vec<_> = outcome.stderr.lines().collect();
            assert!(lines[0].starts_with("sessions: cannot understand ") && lines[0].contains("newer0"), "{lines:?}");
            // A shell prompt has no room for a line for each file.
            let rest = ["sessions: there is more that could not be read (2): `sessions` names it all"];
            assert_eq!(lines[1..], rest[..usize::from(count > 1)]);
        }
    }
    // The list names them all, with the same exit code.
    let outcome = run(&sandbox, &[]);
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (Some(1), 3), "{}", outcome.stderr);
}

#[test]
fn a_line_without_the_signal_directory_is_not_taken_for_one_without_sessions() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    let outcome = run(&sandbox, &["line"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), "\n"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Not a directory"), "{}", outcome.stderr);
}

#[test]
fn a_jump_does_not_say_that_there_is_no_session_if_not_all_could_be_read() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("over", "SessionEnd", "").assert_success();
    write_unreadable_signals(&sandbox, 2);
    for (arguments, reason) in [
        (&["next"][..], "no session that could be read needs you"),
        (&["next", "--json"], "no session that could be read needs you"),
        (&["jump", "newer0"], "no session that could be read has an id that begins with newer0"),
        (&["jump", "over"], "session over has ended. To go on with it, type: claude --resume over"),
    ] {
        let outcome = run(&sandbox, arguments);
        let lines: Vec<_> = outcome.stderr.lines().collect();
        assert_eq!((outcome.code, &*outcome.stdout, lines.len()), (Some(1), "", 3), "{}", outcome.stderr);
        assert_eq!(lines[0], format!("sessions: {reason}"));
        assert!(lines[1].contains("newer0.stop.json") && lines[2].contains("newer1.stop.json"), "{lines:?}");
    }
}

#[test]
fn a_wait_that_ends_does_not_say_that_there_was_no_session_if_not_all_could_be_read() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("works", "UserPromptSubmit", "").assert_success();
    let wait = ["wait", "--timeout", "1s"];
    assert_eq!(run(&sandbox, &wait).stderr, "sessions: no such session needed you within 1s\n");
    write_unreadable_signals(&sandbox, 1);
    let outcome = run(&sandbox, &wait);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(3), ""));
    let lines: Vec<_> = outcome.stderr.lines().collect();
    assert!(lines[0].starts_with("sessions: cannot understand "), "{lines:?}");
    assert_eq!(lines[1..], ["sessions: no such session that could be read needed you within 1s"]);
}
