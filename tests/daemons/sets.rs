//! A set for each session, and none of another's.

use std::collections::BTreeSet;

use super::world::{World, kill, lives, twelve, until};

#[test]
fn three_sessions_of_twelve_begin_and_end_apart() {
    let world = World::new(&twelve());
    let mut clis = ["one", "two", "three"].map(|session| world.begin(session));
    let pids = ["one", "two", "three"].map(|session| world.pids(session));
    let all: BTreeSet<u32> = pids.iter().flat_map(|pids| pids.values().copied()).collect();
    assert_eq!(all.len(), 36);
    assert!(all.iter().all(|pid| lives(*pid)));
    until("all of them", || world.running().into_iter().collect::<BTreeSet<_>>() == all);
    let listed = world.list();
    assert_eq!(listed.len(), 36);
    for line in &listed {
        let of = ["one", "two", "three"].iter().position(|session| line["sessionId"] == *session).unwrap();
        assert_eq!((line["state"].as_str(), line["restarts"].as_u64()), (Some("running"), Some(0)), "{line}");
        assert_eq!(line["pid"].as_u64(), Some(pids[of][line["name"].as_str().unwrap()].into()), "{line}");
    }
    clis[1].end("prompt_input_exit").assert_success();
    // Gone when it returns, not some time after.
    assert!(pids[1].values().all(|pid| !lives(*pid)));
    assert!(pids[0].values().chain(pids[2].values()).all(|pid| lives(*pid)));
    assert_eq!((world.pids("one"), world.pids("three")), (pids[0].clone(), pids[2].clone()));
    assert_eq!(world.files().iter().filter(|name| name.contains("two")).count(), 0);
    // As somebody would by hand.
    let file = world.directory().join(".d7.three.pid");
    let by_hand = format!("kill $(cat {})", file.display());
    assert!(std::process::Command::new("sh").args(["-c", &by_hand]).status().unwrap().success());
    until("its end", || !lives(pids[2]["d7"]) && !file.exists());
    assert_eq!(world.line("three", "d7")["state"], "exited");
    clis[0].end("other").assert_success();
    clis[2].end("other").assert_success();
    assert_eq!((world.files(), world.running()), (vec![], vec![]));
}

#[test]
fn what_one_session_does_to_its_set_no_other_feels() {
    let world = World::new(&twelve());
    let _clis = ["one", "two"].map(|session| world.begin(session));
    let two = world.pids("two");
    kill("-KILL", world.guard("one"));
    world.runs(12);
    assert!(two.values().all(|pid| lives(*pid)));
}
