//! Daemons that will not go. They go.

use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::{Value, json};

use super::world::{Cli, World, holds, kill, lives, shell, until};
use crate::sandbox::write_script;

/// Starts the only daemon, and waits until it says that it is at its worst.
fn at_its_worst(daemon: Value) -> (World, Cli) {
    let world = World::new(&[daemon]);
    let cli = world.begin("s");
    let log = world.directory().join("naughty.s.log");
    until("its worst", || holds(&log, "ready"));
    (world, cli)
}

/// Its session ends, and nothing of it is left when that is said.
#[track_caller]
fn goes(script: &str, at_least: usize) {
    let (world, mut cli) = at_its_worst(shell("naughty", script));
    until("all of them", || world.running().len() >= at_least);
    let all = world.running();
    let begun = Instant::now();
    cli.end("other").assert_success();
    // 1.2 s, and a machine that others keep busy.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert!(all.iter().all(|pid| !lives(*pid)));
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}

#[test]
fn one_that_ignores_sigterm() {
    goes("trap '' TERM HUP INT; echo ready; while :; do sleep 1000; done", 2);
}

#[test]
fn one_that_forks() {
    goes("sleep 1000 & (sleep 1000 & sleep 1000) & (sleep 1000 &) ; echo ready; wait", 5);
}

#[test]
fn one_that_leaves_its_process_group() {
    goes("setsid -f sleep 1000; setsid -f sh -c 'trap \"\" TERM; sleep 1000'; echo ready; sleep 1000", 4);
}

#[test]
fn one_that_ended_and_left_others_behind() {
    goes("setsid -f sh -c 'trap \"\" TERM; sleep 1000'; sleep 1000 & echo ready", 3);
}

#[test]
fn one_that_stops_itself() {
    goes("trap '' TERM; echo ready; kill -STOP $$", 1);
}

#[test]
fn one_with_a_thousand_children() {
    let script = "trap '' TERM; i=0; while [ $i -lt 1000 ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait";
    let (world, _cli) = at_its_worst(shell("naughty", script));
    until("all of them", || world.running().len() >= 1001);
    let (all, guard) = (world.running(), world.guard("s"));
    // It is told directly, so that there is nobody to kill it and to sweep up after it: it ends them itself.
    kill("-TERM", guard);
    until("its end", || !lives(guard));
    assert!(all.iter().all(|pid| !lives(*pid)));
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}

/// Each generation has a session of its own, and ends as soon as the next one lives.
#[test]
fn one_that_is_never_the_same_process_for_long() {
    let world = World::new(&[]);
    let script = world.path("hop");
    // Ends by itself where the test does not come to its end.
    write_script(&script, &format!("trap '' TERM\n[ -e {} ] && setsid $0 &", world.path("go").display()));
    fs::write(world.path("go"), "").unwrap();
    fs::write(world.config(), json!({"daemons": [{"name": "hop", "command": script}]}).to_string()).unwrap();
    let mut cli = world.begin("s");
    until("a generation or two", || {
        world.running().first().is_some_and(|pid| !world.pids("s").values().any(|first| first == pid))
    });
    cli.end("other").assert_success();
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}

/// More and more of them, each in a session of its own.
#[test]
fn ones_that_multiply() {
    let world = World::new(&[]);
    let script = world.path("multiply");
    let go = world.path("go");
    write_script(
        &script,
        &format!("trap '' TERM\nwhile [ -e {} ]; do setsid sleep 1000 & sleep 0.01; done", go.display()),
    );
    fs::write(world.path("go"), "").unwrap();
    let daemons: Vec<_> = ["a", "b", "c"].iter().map(|name| json!({"name": name, "command": script})).collect();
    fs::write(world.config(), json!({ "daemons": daemons }).to_string()).unwrap();
    let mut cli = world.begin("s");
    until("many", || world.running().len() > 50);
    cli.end("other").assert_success();
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}

#[test]
fn a_guard_that_stands_still_is_no_way_out() {
    let (world, mut cli) = at_its_worst(shell("naughty", "setsid -f sleep 1000; echo ready; sleep 1000"));
    let guard = world.guard("s");
    kill("-STOP", guard);
    cli.end("other").assert_success();
    assert!(!lives(guard));
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}
