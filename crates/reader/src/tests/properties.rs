//! What is true of any evidence.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::collector::Collector;
use crate::evidence::Evidence;
use crate::process_state::ProcessState;
use crate::registry_entry::RegistryStatus;
use crate::repair::{plan_repair, repaired_signal, state_by_files};
use crate::session::Session;
use crate::session_signals::SessionSignals;
use crate::signal::Signal;
use crate::signal_dir::parse_signal_name;
use crate::state_rules::{STATE_RULES, decide_state};
use crate::tests::{at, registry, tail};

/// Mostly one of a few times, and sometimes any time, because a file may say anything.
fn any_time() -> impl Strategy<Value = SystemTime> {
    let odd = any::<i64>().prop_filter_map("a time", |seconds| {
        let away = Duration::from_secs(seconds.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        if seconds < 0 { epoch.checked_sub(away) } else { epoch.checked_add(away) }
    });
    prop_oneof![9 => (0..80_u64).prop_map(at), 1 => odd]
}

/// Any signals with any times.
fn any_signals() -> impl Strategy<Value = SessionSignals> {
    let content = prop_oneof![
        Just(r#"{"pending":[{"tool_name":"Bash"}]}"#),
        Just(r#"{"pending":[{"agent_id":"a","tool_name":"Bash"}]}"#),
        Just(r#"{"pending":7,"cwd":[],"claude_pid":-1,"claude_start":"x","stopped_at":1}"#),
        Just(r#"{"stopped_at":"999999999999.000000000","ended_at":"999999999999999999.999999999"}"#),
        Just(r#"{"hook_event_name":"PostToolUse"}"#),
        Just(r#"{"hook_event_name":"UserPromptSubmit"}"#),
        Just(r#"{"hook_event_name":"Stop","background_tasks":[{"type":"teammate","status":"running"}]}"#),
        Just(r#"{"pending":[],"healed_by":"asks","pending_since":"1795246030.000000000"}"#),
        Just(r#"{"pending":[{"pending_since":"1795246010.000000000"},{"pending_since":"1795246040.000000000"}]}"#),
        Just("{}"),
    ];
    let signal = proptest::option::of((any_time(), content));
    proptest::array::uniform4(signal).prop_map(|signals| {
        SessionSignals::from_kinds(|kind| {
            let (time, text) = signals[kind as usize]?;
            Signal::parse(text.as_bytes(), time, kind).ok()
        })
    })
}

/// Any evidence, as far as a collector can make it.
fn any_evidence() -> impl Strategy<Value = Evidence> {
    let entry =
        (proptest::sample::select(vec!["busy", "idle", "shell", "permission", "question", "dialog"]), 0..40_u64);
    let entry = proptest::option::of(entry)
        .prop_map(|entry| registry(&entry.map_or(String::new(), |(word, t)| format!("{word}@{t}"))));
    let process = proptest::sample::select(vec![
        ProcessState::Unknown,
        ProcessState::Alive,
        ProcessState::Dead,
        ProcessState::Elsewhere,
    ]);
    let left_at = proptest::option::of(any_time());
    let transcript = proptest::sample::select(vec!["", "called@15", "called@35"]);
    let all = (any_signals(), entry, any_time(), process, left_at, transcript);
    all.prop_map(|(signals, mut registry, started, process, left_at, transcript)| {
        if let Some(entry) = &mut registry {
            entry.started_at = Some(started);
        }
        // If there is a registry entry, the transcript is read only for a dialog.
        let is_dialog = registry.as_ref().is_some_and(|entry| entry.status == RegistryStatus::Dialog);
        let transcript = tail(transcript).filter(|_| is_dialog);
        Evidence { signals, registry, process, left_at, is_of_this_host: true, transcript }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_rule_decides_any_evidence_and_always_in_the_same_way(evidence in any_evidence(), now in 0..60_u64) {
        let decided = decide_state(&evidence, at(now));
        prop_assert!(STATE_RULES.iter().any(|rule| rule.id == decided.rule));
        prop_assert_eq!(&decided, &decide_state(&evidence.clone(), at(now)));
        let session = Session::from_evidence("s", &evidence, at(now));
        prop_assert_eq!(session.has_pending_tool_use, session.pending_count > 0);
        prop_assert!(serde_json::to_string(&session).is_ok());
    }

    /// A `working`, `stop` or `ended` signal that is older than another one changes nothing. The same is true of a permission of the
    /// main agent, unless the newest signal says only that a turn goes on.
    #[test]
    fn older_signals_change_nothing(evidence in any_evidence(), now in 0..60_u64, kind in 0..4_usize, age in 1..50_u64) {
        let state = [SignalKind::Working, SignalKind::Stop, SignalKind::Ended].iter().filter_map(|kind| evidence.signals.get(*kind));
        let Some(newest) = state.max_by_key(|signal| signal.age_order(at(now))) else { return Ok(()) };
        let goes_on = newest.members.hook_event_name.as_deref() == Some("PostToolUse");
        let Some(older) = newest.time.checked_sub(Duration::from_secs(age)) else { return Ok(()) };
        let older = Signal::parse(br#"{"pending":[{"tool_name":"Bash"}]}"#, older, SIGNAL_KINDS[kind]).unwrap();
        let is_older = older.age_order(at(now)) < newest.age_order(at(now));
        if evidence.signals.get(SIGNAL_KINDS[kind]).is_some() || !is_older || goes_on && SIGNAL_KINDS[kind] == SignalKind::Permission {
            return Ok(());
        }
        let mut more = evidence.clone();
        more.signals.replace(SIGNAL_KINDS[kind], Some(older));
        let (before, after) = (decide_state(&evidence, at(now)), decide_state(&more, at(now)));
        prop_assert_eq!((before.state, before.rule), (after.state, after.rule));
    }

    /// After a repair the state is what it was, a reader of the files alone sees it, and nothing is left to repair.
    #[test]
    fn one_repair_is_enough(evidence in any_evidence(), now in 0..60_u64) {
        // A process that has an entry for this session has not left it.
        let evidence = Evidence { left_at: evidence.left_at.filter(|_| evidence.registry.is_none()), ..evidence };
        let Some(plan) = plan_repair(&evidence, at(now)) else { return Ok(()) };
        let mut repaired = evidence.clone();
        for kind in SIGNAL_KINDS {
            if plan.clear[kind as usize] {
                repaired.signals.replace(kind, None);
            }
        }
        if let Some(kind) = plan.publish {
            let nanoseconds = Duration::new(plan.modified.seconds(), plan.modified.nanoseconds());
            let content = repaired_signal(b"", b"", "s", kind, &plan);
            let signal = Signal::parse(&content, SystemTime::UNIX_EPOCH + nanoseconds, kind).ok();
            prop_assert!(signal.is_some());
            repaired.signals.replace(kind, signal);
        }
        prop_assert_eq!(decide_state(&repaired, at(now)).state, plan.state);
        prop_assert_eq!(decide_state(&evidence, at(now)).state, plan.state);
        prop_assert_eq!(state_by_files(&repaired.signals), Some(plan.state));
        prop_assert_eq!(plan_repair(&repaired, at(now)), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Any number of files with any names and any contents: what can be understood is reported, and nothing panics.
    #[test]
    fn any_files_can_be_read(files in proptest::collection::vec((any_name(), any_content()), 0..12)) {
        let config_dir = tempfile::tempdir().unwrap();
        for directory in ["session-signals", "sessions"] {
            fs_err::create_dir(config_dir.path().join(directory)).unwrap();
            for (name, content) in &files {
                fs_err::write(config_dir.path().join(directory).join(name), content).unwrap();
            }
        }
        let mut collector = Collector::new(config_dir.path());
        collector.read_all_signals();
        let once = collector.collect_evidence(SystemTime::now());
        for (name, _) in files.iter().rev().chain(&files) {
            if let Some((session, _)) = parse_signal_name(name.as_ref()) {
                collector.read_session_signals(session);
            }
        }
        let again = collector.collect_evidence(SystemTime::now());
        prop_assert_eq!(once.sessions.keys().collect::<Vec<_>>(), again.sessions.keys().collect::<Vec<_>>());
        for (id, evidence) in &once.sessions {
            prop_assert_eq!(decide_state(evidence, at(100)), decide_state(&again.sessions[id], at(100)));
        }
    }
}

fn any_name() -> impl Strategy<Value = String> {
    let kind = proptest::sample::select(vec!["working", "permission", "stop", "ended", "other"]);
    prop_oneof![
        ("[a-c]", kind).prop_map(|(id, kind)| format!("{id}.{kind}.json")),
        "[0-9]{1,3}".prop_map(|pid| format!("{pid}.json")),
        "\\PC{1,20}"
            .prop_map(|name| name.replace(['/', '\0'], "_"))
            .prop_filter("a name", |name| name != "." && name != ".."),
    ]
}

fn any_content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<Vec<u8>>(),
        Just(b"{}".to_vec()),
        Just(br#"{"pending":[{},{"tool_input":[[]]}],"background_tasks":[{}],"claude_pid":1}"#.to_vec()),
        (0..400_u32)
            .prop_map(|pid| format!(r#"{{"pid":{pid},"sessionId":"a","status":"busy","statusUpdatedAt":{pid}}}"#)
                .into_bytes()),
        Just(br#"{"pid":1,"sessionId":"../..","status":"busy","statusUpdatedAt":18446744073709551615}"#.to_vec()),
    ]
}
