//! Daemons that end by themselves.

use super::world::{World, holds, kill, lives, shell, until};
use serde_json::Value;

fn with(mut daemon: Value, restart: &str) -> Value {
    daemon["restart"] = restart.into();
    daemon
}

#[test]
fn each_is_started_again_as_its_config_says() {
    let world = World::new(&[
        shell("never", "exit 3"),
        with(shell("clean", "exit 0"), "on-failure"),
        with(shell("crash", "echo again; exit 3"), "on-failure"),
        with(shell("always", "exit 0"), "always"),
    ]);
    let mut cli = world.begin("s");
    let state = |name: &str| world.line("s", name)["state"].as_str().unwrap().to_owned();
    until("two that rest", || state("never") == "failed" && state("clean") == "exited");
    let restarts = |name: &str| world.line("s", name)["restarts"].as_u64().unwrap();
    until("two that come back", || restarts("crash") >= 2 && restarts("always") >= 2);
    // The fifth end within a minute is the last.
    until("enough of it", || state("crash") == "failed" && state("always") == "failed");
    assert_eq!((restarts("crash"), restarts("always"), restarts("never")), (4, 4, 0));
    let log = world.directory().join("crash.s.log");
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.matches("again\n").count(), 5, "{text}");
    assert!(text.contains("crash ended with exit code 3, starts again in 500.0ms\n"), "{text}");
    assert!(text.ends_with("crash ended with exit code 3, too often\n"), "{text}");
    assert!(world.pids("s").is_empty());
    // What failed leaves its log, and nothing else.
    cli.end("other").assert_success();
    assert_eq!(world.files(), ["always.s.log", "crash.s.log", "never.s.log"]);
}

#[test]
fn one_that_is_killed_comes_back_with_another_pid_and_nothing_of_its_old_self() {
    let daemon = with(shell("worker", "sleep 2000 & echo ready; sleep 1000"), "always");
    let world = World::new(&[daemon]);
    let _cli = world.begin("s");
    let log = world.directory().join("worker.s.log");
    until("its beginning", || holds(&log, "ready") && world.running().len() == 3);
    let old = world.running();
    kill("-KILL", world.pids("s")["worker"]);
    until("its return", || world.line("s", "worker")["restarts"] == 1 && world.running().len() == 3);
    assert!(old.iter().all(|pid| !lives(*pid)));
    assert_eq!(u64::from(world.pids("s")["worker"]), world.line("s", "worker")["pid"].as_u64().unwrap());
}

#[test]
fn of_failures_only_the_last_logs_are_kept() {
    let world = World::new(&[shell("fails", "echo no; exit 1")]);
    for number in 0..25 {
        let session = format!("s{number}");
        world.daemons(&["start", "--session", &session]).assert_success();
        until("its failure", || world.line(&session, "fails")["state"] == "failed");
        world.daemons(&["stop", "--session", &session]).assert_success();
    }
    let files = world.files();
    assert!(files.len() <= 21 && files.contains(&"fails.s24.log".to_owned()), "{files:?}");
}
