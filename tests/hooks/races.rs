//! Two hooks of one session at the same time. Afterwards there is one state, and it is that of the later event.

use std::io::Write as _;
use std::process::Child;

use session_signals_testing::sample_size::sample_size;

use crate::sandbox::{Sandbox, executable_for_event, executable_path, payload};

#[cfg(freestanding)]
mod forced;
#[cfg(freestanding)]
mod three;

/// Events, and the state in which each puts the session.
const STATES: [(&str, &str); 3] = [("UserPromptSubmit", "working"), ("Stop", "stop"), ("SessionEnd", "ended")];

/// More bytes than a pipe holds. After they are written, the reader must have begun to read.
const MORE_THAN_A_PIPE: usize = 1 << 17;

#[test]
fn three_hundred_rounds() {
    play(300);
}

#[test]
#[ignore = "takes a minute"]
fn thousands_of_rounds() {
    play(sample_size(2_000, 10_000, 10_000));
}

/// Plays rounds. Each begins with the signals that the one before it left.
fn play(rounds: usize) {
    let sandbox = Sandbox::new();
    for round in 0..rounds {
        // Two different states in every order, and each pair in every kind of round.
        let (first, second) = (round % 3, (round + 1 + round / 3 % 2) % 3);
        let (first, second) = (STATES[first], STATES[second]);
        let expected: &[&str] = match round / 6 % 3 {
            0 => run_in_any_order(&sandbox, first, second),
            1 => run_in_fixed_order(&sandbox, first, second, true),
            _ => run_in_fixed_order(&sandbox, first, second, false),
        };
        let state = sandbox.describe_signals("s");
        assert!(expected.contains(&&*state), "round {round}, {first:?} and {second:?}: {state:?}");
        let files = sandbox.list_signal_dir();
        assert_eq!(files.len(), 1, "round {round}: {files:?}");
    }
}

/// Runs two hooks of which either may read the clock first. Returns the states that may be left.
fn run_in_any_order(
    sandbox: &Sandbox,
    first: (&str, &'static str),
    second: (&str, &'static str),
) -> &'static [&'static str] {
    let mut hooks = [start(sandbox, first.0), start(sandbox, second.0)];
    for (hook, event) in hooks.iter_mut().zip([first.0, second.0]) {
        feed(hook, payload("s", event, "").as_bytes());
    }
    hooks.into_iter().for_each(assert_success);
    STATES.iter().position(|state| *state != first && *state != second).map_or(&[], |other| OTHERS[other])
}

/// The states that may be left by the two events other than the one of this index.
const OTHERS: [&[&str]; 3] = [&["stop", "ended"], &["working", "ended"], &["working", "stop"]];

/// Runs two hooks so that the first one reads its clock before the second one is started, and its input ends later. The second
/// one must win, whether it has ended by then (`is_done`) or still runs.
fn run_in_fixed_order(
    sandbox: &Sandbox,
    first: (&str, &'static str),
    second: (&str, &'static str),
    is_done: bool,
) -> &'static [&'static str] {
    let mut older = start(sandbox, first.0);
    let input = payload("s", first.0, &format!(r#""padding":"{}""#, " ".repeat(MORE_THAN_A_PIPE)));
    let (all_but_the_brace, brace) = input.split_at(input.len() - 1);
    older.stdin.as_mut().unwrap().write_all(all_but_the_brace.as_bytes()).unwrap();
    let mut newer = start(sandbox, second.0);
    feed(&mut newer, payload("s", second.0, "").as_bytes());
    if is_done {
        assert_success(newer);
        feed(&mut older, brace.as_bytes());
    } else {
        feed(&mut older, brace.as_bytes());
        assert_success(newer);
    }
    assert_success(older);
    match second.1 {
        "working" => &["working"],
        "stop" => &["stop"],
        _ => &["ended"],
    }
}

fn start(sandbox: &Sandbox, event: &str) -> Child {
    sandbox.piped_command(executable_path(executable_for_event(event).unwrap())).spawn().unwrap()
}

/// Gives a hook the rest of its input, and closes the pipe.
fn feed(hook: &mut Child, rest: &[u8]) {
    hook.stdin.take().unwrap().write_all(rest).unwrap();
}

fn assert_success(hook: Child) {
    let output = hook.wait_with_output().unwrap();
    let silent = output.stdout.is_empty() && output.stderr.is_empty();
    assert!(output.status.success() && silent, "{output:?}");
}
