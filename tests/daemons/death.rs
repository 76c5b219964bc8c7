//! Who is killed, and what is left then.

use super::world::{World, kill, lives, shell, twelve, until};
use crate::serve::server::Server;

#[test]
fn when_the_cli_is_killed_nothing_is_left_and_the_session_has_ended() {
    let mut daemons = twelve();
    daemons.push(shell("stubborn", "trap '' TERM; setsid -f sleep 1000; while :; do sleep 1000; done"));
    let world = World::new(&daemons);
    let mut cli = world.begin("s");
    let other = world.begin("t");
    cli.life.fire("s", "UserPromptSubmit", "").succeeds();
    assert_eq!(world.sandbox.state("s"), "working");
    // The stubborn one has two more.
    world.runs(30);
    let guard = world.guard("s");
    kill("-KILL", cli.life.pid());
    until("the end of the guard", || !lives(guard));
    assert_eq!(world.sandbox.state("s"), "ended");
    assert_eq!(world.sandbox.read("s", "ended")["reason"], "killed");
    assert!(world.files().iter().all(|name| !name.contains(".s.")), "{:?}", world.files());
    // The other session's are all that is left.
    world.runs(15);
    assert!(world.pids("t").values().all(|pid| lives(*pid)));
    assert_eq!(world.sandbox.state("t"), "");
    drop(other);
    world.runs(0);
}

#[test]
fn when_the_guard_is_killed_its_daemons_die_and_the_next_start_ends_what_escaped() {
    let world =
        World::new(&[shell("plain", "exec sleep 1000"), shell("escapes", "setsid -f sleep 2000; exec sleep 1000")]);
    let mut cli = world.begin("s");
    world.runs(3);
    let pids = world.pids("s");
    kill("-KILL", world.guard("s"));
    until("the end of both", || pids.values().all(|pid| !lives(*pid)));
    let escaped = world.running();
    assert_eq!(escaped.len(), 1, "it called setsid");
    assert_eq!(world.line("s", "plain")["state"], "lost");
    // Another session's start.
    let _other = world.begin("t");
    assert!(!lives(escaped[0]));
    assert!(world.files().iter().all(|name| !name.contains(".s.")), "{:?}", world.files());
    world.runs(3);
    // And the session itself has a set again once it is resumed.
    cli.start("resume").succeeds();
    world.runs(6);
}

#[test]
fn when_both_are_killed_an_end_by_hand_leaves_nothing() {
    let world = World::new(&[shell("escapes", "setsid -f sleep 2000; exec sleep 1000")]);
    let cli = world.begin("s");
    world.runs(2);
    kill("-KILL", world.guard("s"));
    kill("-KILL", cli.life.pid());
    world.runs(1);
    world.daemons(&["stop", "--session", "s"]).succeeds();
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}

#[test]
fn when_both_are_killed_a_server_leaves_nothing_and_says_so() {
    let world = World::new(&[shell("escapes", "setsid -f sleep 2000; exec sleep 1000")]);
    let mut cli = world.begin("s");
    cli.life.fire("s", "UserPromptSubmit", "").succeeds();
    world.runs(2);
    kill("-KILL", world.guard("s"));
    kill("-KILL", cli.life.pid());
    world.runs(1);
    let server = Server::start(&world.sandbox);
    world.runs(0);
    until("the log", || server.log().contains("ended 1 processes of daemons whose session and supervisor are gone"));
    until("the end", || world.sandbox.signal("s", "ended").exists() && !world.sandbox.signal("s", "working").exists());
    assert_eq!(world.files(), [""; 0]);
}

#[test]
fn a_cli_that_died_before_its_hook_was_done_has_no_daemons() {
    let world = World::new(&twelve());
    let cli = world.begin("t");
    let pid = cli.life.pid().to_string();
    drop(cli);
    world.becomes_empty();
    let started = world.daemons(&["start", "--session", "s", "--pid", &pid]);
    started.fails(&format!("there is no process {pid}"));
    assert_eq!((world.running(), world.files()), (vec![], vec![]));
}
