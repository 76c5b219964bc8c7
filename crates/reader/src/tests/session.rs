//! What is shown about a session.

use session_signals_protocol::SignalKind;

use super::{at, evidence, fixture};
use crate::session::Session;
use crate::session_state::SessionState;
use crate::signal::Signal;
use crate::state_rules::decide_state;

#[test]
fn the_newer_source_names_the_working_directory() {
    let cwd = |written_at: u64| {
        let mut evidence = evidence("", &format!("idle@{written_at}"), "");
        evidence.signals.replace(SignalKind::Stop, Signal::parse(br#"{"cwd":"/a"}"#, at(20), SignalKind::Stop).ok());
        evidence.registry.as_mut().unwrap().cwd = Some("/b".into());
        // The members other than the status are as new as the file.
        evidence.registry.as_mut().unwrap().status_changed_at = at(5);
        Session::from_evidence("s", &evidence, at(1000)).cwd
    };
    assert_eq!(cwd(30), Some("/b".into()), "/cd fires no hook");
    assert_eq!(cwd(10), Some("/a".into()), "a hook reported it first");
    let mut without_cwd = evidence("stop@20", "idle@10", "");
    without_cwd.registry.as_mut().unwrap().cwd = Some("/b".into());
    assert_eq!(
        Session::from_evidence("s", &without_cwd, at(1000)).cwd,
        Some("/b".into()),
        "the signal has no directory"
    );
}

#[test]
fn only_the_registry_shows_whether_a_teammate_rests() {
    let lines = fixture("claude-2.1.330/teammate.jsonl");
    let events = lines.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    let stops: Vec<_> = events
        .filter_map(|event| Signal::parse(event, at(20), SignalKind::Stop).ok())
        .filter(|event| event.members.hook_event_name.as_deref() == Some("Stop") && event.members.has_delegated_task())
        .collect();
    // The teammate works at the first Stop and rests at the second, and both say the same about it.
    assert_eq!(stops.len(), 5);
    for stop in stops {
        for (registry, state, rule) in [
            ("busy@21", SessionState::Working, "queued"),
            ("busy@10", SessionState::Working, "queued"),
            ("idle@21", SessionState::Waiting, "idle"),
            ("", SessionState::Waiting, "stop"),
        ] {
            let mut evidence = evidence("", registry, "");
            evidence.signals.replace(SignalKind::Stop, Some(stop.clone()));
            let decided = decide_state(&evidence, at(1000));
            assert_eq!((decided.state, decided.rule), (state, rule), "{registry}");
        }
    }
}
