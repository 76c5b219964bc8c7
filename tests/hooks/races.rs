//! Two hooks of one session at once: one state is left, and it is that of the later event.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use session_signals_testing::sample_size::sample_size;

use crate::sandbox::{Sandbox, executable, executable_for, payload};

#[cfg(freestanding)]
mod forced;
#[cfg(freestanding)]
mod three;

/// Events that each put the session in a state of its own.
const STATES: [(&str, &str); 3] = [("UserPromptSubmit", "working"), ("Stop", "stop"), ("SessionEnd", "ended")];

/// More than a pipe holds: who has written it knows that the reader has begun to read.
const MORE_THAN_A_PIPE: usize = 1 << 17;

/// Fewer than all, for every day.
#[test]
fn rounds() {
    play(300);
}

#[test]
#[ignore = "takes a minute"]
fn ten_thousand_rounds() {
    play(sample_size(2_000, 10_000, 10_000));
}

/// Each round begins with what the one before it left.
fn play(rounds: usize) {
    let sandbox = Sandbox::new();
    for round in 0..rounds {
        // Two different ones of three, in every order; then the kinds of round, so that each meets each.
        let (first, second) = (round % 3, (round + 1 + round / 3 % 2) % 3);
        let (first, second) = (STATES[first], STATES[second]);
        let expected: &[&str] = match round / 6 % 3 {
            0 => free(&sandbox, first, second),
            1 => overtaken(&sandbox, first, second, true),
            _ => overtaken(&sandbox, first, second, false),
        };
        let state = sandbox.state("s");
        assert!(expected.contains(&&*state), "round {round}, {first:?} and {second:?}: {state:?}");
        let files = sandbox.files();
        assert_eq!(files.len(), 1, "round {round}: {files:?}");
    }
}

/// Nobody knows which one reads the clock first.
fn free(sandbox: &Sandbox, first: (&str, &'static str), second: (&str, &'static str)) -> &'static [&'static str] {
    let mut hooks = [start(sandbox, first.0), start(sandbox, second.0)];
    for (hook, event) in hooks.iter_mut().zip([first.0, second.0]) {
        feed(hook, payload("s", event, "").as_bytes());
    }
    hooks.into_iter().for_each(ends_well);
    STATES.iter().position(|state| *state != first && *state != second).map_or(&[], |other| OTHERS[other])
}

/// What is left without the state of this index.
const OTHERS: [&[&str]; 3] = [&["stop", "ended"], &["working", "ended"], &["working", "stop"]];

/// The first one's clock is read before the second one is started, and its input ends after that: it must lose,
/// be the second one done by then or still at work.
fn overtaken(
    sandbox: &Sandbox,
    first: (&str, &'static str),
    second: (&str, &'static str),
    done: bool,
) -> &'static [&'static str] {
    let mut older = start(sandbox, first.0);
    let input = payload("s", first.0, &format!(r#""padding":"{}""#, " ".repeat(MORE_THAN_A_PIPE)));
    let (all_but_the_brace, brace) = input.split_at(input.len() - 1);
    older.stdin.as_mut().unwrap().write_all(all_but_the_brace.as_bytes()).unwrap();
    let mut newer = start(sandbox, second.0);
    feed(&mut newer, payload("s", second.0, "").as_bytes());
    if done {
        ends_well(newer);
        feed(&mut older, brace.as_bytes());
    } else {
        feed(&mut older, brace.as_bytes());
        ends_well(newer);
    }
    ends_well(older);
    match second.1 {
        "working" => &["working"],
        "stop" => &["stop"],
        _ => &["ended"],
    }
}

fn start(sandbox: &Sandbox, event: &str) -> Child {
    let mut command = Command::new(executable(executable_for(event).unwrap()));
    command.env_clear().env("HOME", sandbox.home()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Hands the rest of its input to a hook, and closes it.
fn feed(hook: &mut Child, rest: &[u8]) {
    hook.stdin.take().unwrap().write_all(rest).unwrap();
}

fn ends_well(hook: Child) {
    let output = hook.wait_with_output().unwrap();
    let silent = output.stdout.is_empty() && output.stderr.is_empty();
    assert!(output.status.success() && silent, "{output:?}");
}
