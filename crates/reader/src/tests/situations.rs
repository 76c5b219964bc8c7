//! Situations of real life, and what must be decided about them.

use crate::evidence::Evidence;
use crate::process_state::ProcessState;
use crate::session::Session;
use crate::session_state::SessionState::{self, Ended, Permission, Waiting, Working};
use crate::state_rules::{STATE_RULES, decide_state};
use crate::tests::{at, evidence};

/// The situation; the signals, the registry entry and the end of the transcript; the state and the id of its rule.
type Row = (&'static str, &'static str, &'static str, &'static str, SessionState, &'static str);

/// What is decided long after the last change. An empty text stands for a source that says nothing; an old CLI has no registry.
#[rustfmt::skip]
const SETTLED: [Row; 98] = [
    ("started, no prompt yet", "SessionStart@10", "idle@10", "", Waiting, "started"),
    ("the same, an old CLI", "SessionStart@10", "", "", Waiting, "started"),
    ("the same, and no hooks", "", "idle@1", "", Waiting, "started"),
    ("the same, and the start is not known", "", "idle@0", "", Waiting, "idle"),
    ("the same, and no hooks, and it was busy since", "", "idle@3", "", Waiting, "idle"),
    ("started, and its prompt's turn runs, which no hook reported", "SessionStart@10", "busy@20", "", Working, "queued"),
    ("started, and /model", "SessionStart@10", "dialog@20", "", Waiting, "dialog"),
    ("started, and a subagent of before asks", "SessionStart@10 asks@12", "", "", Permission, "permission"),
    ("the turn is over", "stop@10", "idle@10", "", Waiting, "idle"),
    ("the same, an old CLI", "stop@10", "", "", Waiting, "stop"),
    ("a turn runs", "working@10", "busy@10", "", Working, "busy"),
    ("the same, an old CLI", "working@10", "", "", Working, "working"),
    ("a permission pends", "working@10 permission@12", "permission@12", "", Permission, "asks"),
    ("the same, an old CLI", "working@10 permission@12", "", "", Permission, "permission"),
    ("approved, the tool runs", "working@10 permission@12", "busy@20", "", Working, "approved"),
    ("approved and done, no hook reported it, an old CLI", "working@10 permission@12", "", "answered@20", Working, "answered"),
    ("denied", "working@10 permission@12", "idle@20", "", Waiting, "denied"),
    ("the same, an old CLI", "working@10 permission@12", "", "interrupted@20", Waiting, "marked"),
    ("dismissed with Esc", "working@10 permission@12", "idle@20", "interrupted@20", Waiting, "denied"),
    ("interrupted before any output", "working@10", "idle@12", "", Waiting, "interrupted"),
    ("interrupted in a tool, an old CLI", "working@10", "", "interrupted@12", Waiting, "marked"),
    ("interrupted, then a new prompt, an old CLI", "working@14", "", "interrupted@12", Working, "working"),
    ("interrupted, and the plugin tells it", "TurnEnd+aborted@12", "idle@12", "", Waiting, "interrupted"),
    ("the same, and the registry is gone", "TurnEnd+aborted@12", "", "", Waiting, "interrupted"),
    ("denied, and the plugin tells it", "TurnEnd+answer@12", "idle@12", "", Waiting, "interrupted"),
    ("an error, and the plugin alone tells it", "TurnEnd+error@12", "idle@12", "", Waiting, "idle"),
    ("a prompt that another hook blocked, and the plugin tells it", "PromptDropped@12", "idle@12", "", Waiting, "interrupted"),
    ("interrupted, and a repair wrote it", "stop+interrupted@12", "idle@12", "", Waiting, "interrupted"),
    ("denied, and a repair wrote it", "stop+denied@12", "idle@12", "", Waiting, "denied"),
    ("the turn is over, and a repair wrote it", "stop+idle@12", "idle@12", "", Waiting, "idle"),
    ("interrupted, then a turn that no hook reported", "TurnEnd+aborted@12", "busy@20", "", Working, "queued"),
    ("interrupted, and a subagent asks after it", "TurnEnd+aborted@12 asks@14", "permission@14", "", Permission, "asks"),
    ("an API error", "stop@11", "idle@11", "", Waiting, "idle"),
    ("a question", "working@10 permission@12", "question@12", "", Permission, "questions"),
    ("the second of two permissions in a row", "working@10 permission@22", "permission@22", "", Permission, "asks"),
    ("parallel tools, one asks", "working@10 permission@12", "permission@12", "", Permission, "asks"),
    ("a subagent runs on after Stop", "working@20", "busy@10", "", Working, "busy"),
    ("the same, an old CLI", "working@20", "", "", Working, "working"),
    ("its permission, while the main agent waits", "working@20 asks@12", "permission@20", "", Permission, "asks"),
    ("the same, an old CLI", "working@20 asks@12", "", "", Permission, "permission"),
    ("the same after the main agent's Stop, an old CLI", "stop@20 asks@12", "", "", Permission, "permission"),
    ("a background shell after Stop", "stop@20", "shell@20", "", Waiting, "background"),
    ("a queued prompt's turn", "stop@20", "busy@20", "", Working, "queued"),
    ("a prompt that another hook blocked", "working@20", "idle@10", "", Waiting, "interrupted"),
    ("!cmd is over", "stop@20", "idle@20", "", Waiting, "idle"),
    ("a dialog, opened while the session waits", "stop@20", "dialog@30", "", Waiting, "dialog"),
    ("Esc before any output, then /model", "working@20", "dialog@30", "", Waiting, "dialog"),
    ("Esc in a tool, then /model", "working@20", "dialog@30", "interrupted@25", Waiting, "dialog"),
    ("denied, then /config", "working@10 permission@12", "dialog@30", "interrupted@20", Waiting, "dialog"),
    ("the same, and the transcript is somewhere else", "working@10 permission@12", "dialog@30", "", Waiting, "dialog"),
    ("/model, while nothing but the registry is known", "", "dialog@30", "", Waiting, "dialog"),
    ("auto mode's own dialog", "working@10", "dialog@30", "called@15", Permission, "held"),
    ("the same beside another call that waits", "working@10 permission@12", "dialog@30", "called@11", Permission, "held"),
    ("a call of a turn before that never got its result, Esc, /model", "working@20", "dialog@30", "called@15", Waiting, "dialog"),
    ("a dialog while a subagent runs after Stop", "Stop@20", "dialog@30", "", Working, "working"),
    ("the same, and the subagent asks", "Stop@20 asks@25", "dialog@30", "", Permission, "permission"),
    ("a teammate asks before Stop, and a dialog is open", "stop@20 asks@12", "dialog@30", "", Permission, "permission"),
    ("the same after Stop", "stop@20 asks@25", "dialog@30", "", Permission, "permission"),
    ("the same in a turn that no hook reported", "working+healed@20 asks@25", "dialog@30", "", Permission, "permission"),
    ("a dialog while a teammate goes on after Stop", "stop+teammate@20", "dialog@30", "", Waiting, "stop"),
    ("the same, and a call waits", "stop+teammate@20 permission@25", "dialog@30", "", Permission, "permission"),
    ("the same while a workflow goes on", "stop+shell+workflow@20 permission@25", "dialog@30", "", Permission, "permission"),
    ("a shell asks nothing", "stop+shell@20 permission@25", "dialog@30", "", Waiting, "dialog"),
    ("a dialog while a teammate works in a turn that no hook reported", "working+healed+teammate@20", "dialog@30", "", Working, "working"),
    ("the same, and it is not known what runs", "working+healed@20", "dialog@30", "", Working, "working"),
    ("a queued prompt's turn, Esc, /model", "working+healed+shell@20", "dialog@30", "", Waiting, "dialog"),
    ("a teammate works on after Stop", "stop+teammate@20", "busy@21", "", Working, "queued"),
    ("the same, and its message came before Stop", "stop+teammate@20", "busy@10", "", Working, "queued"),
    ("a teammate rests: Stop calls it running all the same", "stop+teammate@20", "idle@21", "", Waiting, "idle"),
    ("`-p`, and a background shell keeps it", "stop+shell@20", "busy@10", "", Working, "queued"),
    ("a call that fires no hook waits, and it is not known which", "working@10 unnamed@11", "permission@11", "", Permission, "asks"),
    ("the same, and the registry is gone", "working@10 unnamed@11", "", "", Permission, "permission"),
    ("the registry says an unknown word", "working@20", "other@30", "", Working, "working"),
    ("/clear, the old session", "ended@20", "", "", Ended, "ended"),
    ("/compact in a turn", "working@10", "busy@10", "", Working, "busy"),
    ("/compact, idle", "stop@20", "idle@20", "", Waiting, "idle"),
    ("a sandbox asks, which fires no hook", "working@10", "permission@20", "", Permission, "asks"),
    ("no hooks, a turn", "", "busy@20", "", Working, "busy"),
    ("no hooks, idle", "", "idle@20", "", Waiting, "idle"),
    ("ended and resumed, its SessionStart hook failed", "ended@10", "idle@20", "", Waiting, "idle"),
    ("`-p --resume` beside a living session is over", "ended-by-2@20", "idle@10", "", Waiting, "idle"),
    ("the same, and a turn runs in the other", "ended-by-2@20", "busy@10", "", Working, "busy"),
    ("the same, and the registry entry of the other says nothing", "ended-by-2@20", "other@10", "", Waiting, "unknown"),
    ("ended, and its own process has not gone yet", "ended-by-2@20", "2:idle@10", "", Ended, "ended"),
    ("ended in the files, and nothing else", "ended@20", "", "", Ended, "ended"),
    // Signals that cannot all be true: the newer one counts, and of equal times ended > permission > stop > working.
    ("ended and working at once", "ended@20 working@20", "", "", Ended, "ended"),
    ("permission and stop at once", "permission@20 stop@20 working@20", "", "", Permission, "permission"),
    ("stop and working at once", "stop@20 working@20", "", "", Waiting, "stop"),
    ("working, and a leftover stop", "stop@10 working@20", "", "", Working, "working"),
    ("stop, and a leftover permission", "stop@20 permission@10", "", "", Waiting, "stop"),
    ("permission, and the end of another tool in a turn that Stop did not end", "PostToolUse@22 permission@20", "", "", Permission, "permission"),
    ("permission, and a compaction", "PreCompact@22 permission@20", "", "", Permission, "permission"),
    ("permission, and the next prompt", "UserPromptSubmit@22 permission@20", "", "", Working, "working"),
    ("permission, and a Stop while a subagent runs", "Stop@22 permission@20", "", "", Working, "working"),
    ("stop from the future: the clock stepped back", "stop@5000 working@20", "", "", Working, "working"),
    ("end from the future, and a turn", "ended@5000 working@20", "busy@20", "", Working, "busy"),
    ("working from the future, and the registry", "working@5000", "idle@20", "", Waiting, "interrupted"),
    ("working, and a leftover end", "ended@10 working@20", "", "", Working, "working"),
];

#[test]
fn decides_every_situation() {
    for (situation, signals, registry, transcript, state, rule) in SETTLED {
        let decided = decide_state(&evidence(signals, registry, transcript), at(1000));
        assert_eq!((decided.state, decided.rule), (state, rule), "{situation}");
    }
}

#[test]
fn the_registry_counts_only_once_all_sources_are_quiet() {
    for (signals, registry) in [("stop@20", "busy@20"), ("stop@20", "busy@10"), ("stop@10", "busy@20")] {
        assert_eq!(decide_state(&evidence(signals, registry, ""), at(20)).rule, "stop", "{signals} {registry}");
        assert_eq!(decide_state(&evidence(signals, registry, ""), at(21)).rule, "queued", "{signals} {registry}");
    }
    assert_eq!(decide_state(&evidence("", "busy@20", ""), at(20)).rule, "unsettled");
    assert_eq!(decide_state(&evidence("", "idle@20", ""), at(20)).rule, "unknown");
}

#[test]
fn a_dead_process_ends_its_session_and_an_unknown_one_does_not() {
    for signals in ["working@10", "working@10 permission@12", "stop@10"] {
        let with = |process| Evidence { process, ..evidence(signals, "", "") };
        assert_eq!(decide_state(&with(ProcessState::Dead), at(20)).rule, "killed");
        assert_ne!(decide_state(&with(ProcessState::Elsewhere), at(20)).state, Ended);
        assert_ne!(decide_state(&with(ProcessState::Unknown), at(20)).state, Ended);
    }
    let left =
        |seconds| Evidence { left_at: Some(at(seconds)), process: ProcessState::Alive, ..evidence("stop@10", "", "") };
    assert_eq!(decide_state(&left(20), at(30)).rule, "left");
    // The registry does not know yet a session that has just begun.
    assert_eq!(decide_state(&left(5), at(30)).rule, "stop");
}

#[test]
fn every_rule_is_met_and_documented() {
    let page = include_str!("../../../../docs/sessions.md");
    let met: Vec<_> = SETTLED.iter().map(|row| row.5).chain(["killed", "left", "unsettled", "unknown"]).collect();
    for rule in &STATE_RULES {
        assert!(met.contains(&rule.id), "no situation for {}", rule.id);
        assert!(page.contains(&format!("| `{}` |", rule.id)), "docs/sessions.md does not have {}", rule.id);
    }
}

#[test]
fn what_is_printed_of_a_session_can_be_read_again() {
    for (name, signals, registry, transcript, ..) in SETTLED {
        let mut session = Session::from_evidence("s", &evidence(signals, registry, transcript), at(1000));
        (session.machine, session.cwd) = (Some("box".to_owned()), Some("/srv/a".into()));
        let mut json = serde_json::to_value(&session).unwrap();
        let again: Session = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), json, "{name}");
        // Another version may have other members and other rules.
        json["later"] = 1.into();
        json["rule"] = "later".into();
        let again: Session = serde_json::from_str(&json.to_string()).unwrap();
        assert_eq!((again.rule, again.state), ("unknown", session.state), "{name}");
    }
}

#[test]
fn a_session_whose_machine_cannot_be_reached_says_nothing_that_may_be_over() {
    for (name, signals, registry, transcript, ..) in SETTLED {
        let mut session = Session::from_evidence("s", &evidence(signals, registry, transcript), at(1000));
        session.machine = Some("box".to_owned());
        let before = serde_json::to_value(&session).unwrap();
        let after = session.into_unreachable(at(900));
        let json = serde_json::to_value(&after).unwrap();
        if before["state"] == "ended" {
            assert_eq!(json, before, "{name}");
            continue;
        }
        assert!(after.is_open() && !after.needs_user(), "{name}");
        // What is not said any more is as it is in other sessions without it, so the schemas of dashboards hold.
        for (member, value) in json.as_object().unwrap() {
            let expected = match &**member {
                "state" | "rule" => "unreachable".into(),
                "status" => "idle".into(),
                "since" => crate::format_rfc3339(at(900)).to_string().into(),
                "reason" => "the machine cannot be reached".into(),
                "hasPendingToolUse" => false.into(),
                "pendingCount" => 0.into(),
                "background" => Vec::<String>::new().into(),
                "pendingPermission" | "pendingTool" | "error" | "prompt" | "lastMessage" => serde_json::Value::Null,
                _ => before[member].clone(),
            };
            assert_eq!(*value, expected, "{name}: {member}");
        }
        let again: Session = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), json, "{name}");
    }
}
