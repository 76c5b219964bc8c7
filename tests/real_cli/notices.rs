//! `sessions notify` with the real CLI: for which steps it calls the user.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::cli_home::{add_plugin, create_cli_home};
use super::cli_slots::CliSlot;
use super::expected_state::ExpectedState::{Background, Ended, Permission, Waiting, Working};
use super::scenario_run::ScenarioRun;
use super::scenario_step::UserAction::{CreateFile, Deny, Press, Prompt, Quit, Start};
use super::scenario_step::VisibleSign::{File, Nothing, Text};
use super::scenario_step::{ScenarioStep, step};
use super::{becomes_true, newest_version};
use crate::sandbox::Sandbox;
use crate::sessions::notify::{Notify, notes, noting_target};

/// How long a need lasts before the user is called. It is longer than `sessions` needs to believe the registry.
const AFTER: &str = "3s";

/// A time in which a notice that should not come would come.
const QUIET_TIME: Duration = Duration::from_secs(5);

/// The steps, each with what is noted after it: the titles of the notices, and `over`.
#[rustfmt::skip]
const STEPS: &[(ScenarioStep, &[&str])] = &[
    (step("the CLI has started", &[Start], Waiting, Nothing), &[]),
    (step("a call asks", &[Prompt("bash ~/bin/ask-gate one")], Permission, Nothing), &["project (main) needs approval"]),
    (step("it is approved", &[Press("1")], Working, File("one.runs")), &["over"]),
    (step("the turn is over", &[CreateFile("one")], Waiting, Nothing), &["project (main) waits for you"]),
    (step("the next turn runs", &[Prompt("hold never")], Working, Nothing), &["over"]),
    (step("the user presses Esc", &[Press("Escape")], Waiting, Nothing), &[]),
    (step("a call asks again", &[Prompt("bash ~/bin/ask-gate two")], Permission, Nothing), &["project (main) needs approval"]),
    (step("it is denied", &[Deny], Waiting, Nothing), &["over"]),
    (step("another hook blocks the prompt", &[Prompt("block")], Waiting, Text("Blocked by another hook")), &[]),
    (step("a question asks", &[Prompt("ask Tea?")], Permission, Nothing), &["project (main) needs an answer"]),
    (step("it is dismissed", &[Press("Escape")], Waiting, Nothing), &["over"]),
    (step("a subagent goes on after the turn", &[Prompt("background hold later")], Background, Text("done")), &[]),
    (step("its result was delivered", &[CreateFile("later")], Waiting, Nothing), &["project (main) waits for you"]),
    (step("the user leaves", &[Quit], Ended, Nothing), &["over"]),
];

/// Steps after which the user is there. The module of the plugin tells them, so the signals are right before the registry counts.
#[rustfmt::skip]
const STEPS_WITH_THE_PLUGIN: &[(ScenarioStep, &[&str])] = &[
    (step("the CLI has started", &[Start], Waiting, Nothing), &[]),
    (step("a turn runs", &[Prompt("hold never")], Working, Nothing), &[]),
    (step("the user presses Esc", &[Press("Escape")], Waiting, Nothing), &[]),
    (step("a call asks", &[Prompt("bash ~/bin/ask-gate two")], Permission, Nothing), &["project (main) needs approval"]),
    (step("it is denied", &[Deny], Waiting, Nothing), &["over"]),
    (step("another hook blocks the prompt", &[Prompt("block")], Waiting, Text("Blocked by another hook")), &[]),
    (step("the next turn is over", &[Prompt("hi")], Waiting, Text("ok")), &["project (main) waits for you"]),
];

fn check_notices(sandbox: Sandbox, name: &str, steps: &[(ScenarioStep, &[&str])]) {
    let sandbox = Arc::new(sandbox);
    let target = noting_target(&sandbox);
    let _notify = Notify::start(&sandbox, &["--notify", &target, "--after", AFTER], &[]);
    let mut run = ScenarioRun::new(Arc::clone(&sandbox), None, newest_version(), name);
    let (mut read, mut wrong) = (0, Vec::new());
    for (step, expected) in steps {
        run.run_step(step);
        becomes_true(|| notes(&sandbox).len() >= read + expected.len());
        thread::sleep(QUIET_TIME);
        let notes = notes(&sandbox);
        let word = |note: &serde_json::Value| note["title"].as_str().unwrap_or("over").to_owned();
        let new: Vec<_> = notes[read..].iter().map(word).collect();
        println!("{:36} {new:?}", step.situation);
        if new != *expected {
            wrong.push((step.situation, new));
        }
        read = notes.len();
    }
    run.finish();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
#[ignore = "needs the real CLI, tmux and unshare"]
fn each_need_of_the_real_cli_is_called_for_once() {
    let _slot = CliSlot::take();
    check_notices(create_cli_home(newest_version()), "notices", STEPS);
}

#[test]
#[ignore = "needs the real CLI, tmux and unshare"]
fn the_plugin_tells_what_the_user_did_and_calls_nobody() {
    let _slot = CliSlot::take();
    let sandbox = create_cli_home(newest_version());
    add_plugin(&sandbox);
    check_notices(sandbox, "notices", STEPS_WITH_THE_PLUGIN);
}
