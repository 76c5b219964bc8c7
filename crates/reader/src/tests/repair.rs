//! What is repaired, and what is not.

use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::process_state::ProcessState;
use crate::repair::{RepairPlan, apply_plan, plan_repair};
use crate::signal_dir::SignalDir;
use crate::tests::{at, evidence};

/// The situation; the signals, the registry entry and the transcript; the signals after the repair, and the id of the rule.
/// `healed` stands before the kind of a signal that the repair wrote.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const REPAIRED: [Row; 37] = [
    ("approved, and the tool runs", "working@10 permission@12", "busy@20", "", "working@10", "approved"),
    ("approved after Stop", "stop@10 permission@12", "busy@20", "", "healed working", "approved"),
    ("approved, as the transcript shows", "working@10 permission@12", "", "answered@20", "working@10", "answered"),
    ("denied", "working@10 permission@12", "idle@20", "", "healed stop", "denied"),
    ("dismissed with Esc, an old CLI", "working@10 permission@12", "", "interrupted@20", "healed stop", "marked"),
    ("a subagent's permission, dismissed after Stop", "stop@10 asks@12", "idle@20", "", "stop@10", "denied"),
    ("interrupted", "working@10", "idle@12", "", "healed stop", "interrupted"),
    ("another hook blocked the prompt", "working@20", "idle@10", "", "healed stop", "interrupted"),
    ("a queued prompt's turn", "stop@20", "busy@21", "", "healed working", "queued"),
    ("resumed, its SessionStart hook failed", "ended@10", "idle@20", "", "healed stop", "idle"),
    ("the same, and a turn runs", "ended@10", "busy@20", "", "healed working", "busy"),
    ("ended and working at once", "ended@20 working@10", "", "", "ended@20", "overtaken"),
    ("working, and a leftover end", "ended@10 working@20", "", "", "working@20", "overtaken"),
    ("stop, and a leftover working", "stop@20 working@10", "idle@20", "", "stop@20", "overtaken"),
    ("stop, and a question that it answered", "stop@20 permission@10", "", "", "stop@20", "overtaken"),
    ("a question after a leftover end", "ended@10 asks@20 working@15", "", "", "permission@20 working@15", "overtaken"),
    ("approved, and then came another's late result", "working@10 permission+12+13@30", "busy@20", "", "working@10", "approved"),
    ("the same, denied", "working@10 permission+12+13@30", "idle@20", "", "healed stop", "denied"),
    ("Esc, then /model", "working@20", "dialog@30", "", "healed stop", "dialog"),
    ("denied, then /config", "working@10 permission@12", "dialog@30", "interrupted@20", "healed stop", "dialog"),
    ("the same after Stop", "stop@10 permission+12@14", "dialog@13", "", "stop@10", "dialog"),
    ("the turn goes on after Stop, and the registry does not move", "stop@20", "busy@10", "", "healed working", "queued"),
    ("the same, because a teammate works", "stop+teammate@20", "busy@10", "", "healed working", "queued"),
    ("the same, because `-p` waits for its shell", "stop+shell@20", "busy@10", "", "healed working", "queued"),
    ("a call that fires no hook waits", "working@10", "permission@20", "", "healed permission working@10", "asks"),
    ("the same, and the registry does not move", "working@20", "permission@10", "", "healed permission working@20", "asks"),
    ("the same of a teammate's after Stop", "stop@10", "permission@20", "", "healed permission stop@10", "asks"),
    ("the same where a call that a prompt answered is left", "UserPromptSubmit@20 permission@10", "permission@30", "", "healed permission UserPromptSubmit@20", "asks"),
    ("the same, resumed, its SessionStart hook failed", "ended@10", "permission@20", "", "healed permission", "asks"),
    ("a question that fires no hook", "working@10", "question@20", "", "healed permission working@10", "questions"),
    ("auto mode's own dialog", "working@10", "dialog@30", "called@15", "healed permission working@10", "held"),
    ("a call that is not known, approved", "working@10 unnamed@11", "busy@20", "", "working@10", "approved"),
    ("the same after Stop", "stop@10 unnamed@11", "busy@20", "", "healed working", "approved"),
    ("the same, denied", "working@10 unnamed@11", "idle@20", "", "healed stop", "denied"),
    ("the same after Stop, denied", "stop@10 unnamed@11", "idle@20", "", "stop@10", "denied"),
    ("`-p --resume` beside a living session is over", "ended-by-2@20", "idle@10", "", "healed stop", "idle"),
    ("a leftover stop, interrupted", "stop@10 working@20", "idle@30", "", "healed stop", "interrupted"),
];

/// Situations in which nothing is wrong, or nothing is certain.
#[rustfmt::skip]
const NOT_REPAIRED: [(&str, &str, &str, &str); 19] = [
    ("a turn runs", "working@10", "busy@10", ""),
    ("it is over", "stop@10", "idle@10", ""),
    ("a call waits", "working@10 permission@12", "permission@12", ""),
    ("a subagent's call waits after Stop", "stop@10 asks@12", "permission@12", ""),
    ("it ended", "ended@10", "", ""),
    ("a call waits that is not known", "working@10 unnamed@11", "permission@20", ""),
    ("no signals at all", "", "busy@10", ""),
    ("a call waits, and the registry does not know it", "working@10 permission@12", "busy@10", ""),
    ("the same of a subagent's after Stop", "stop@11 asks@12", "idle@11", ""),
    ("approved but for the last of three calls", "working@10 permission+12+13+25@30", "busy@20", ""),
    ("denied, all but the last", "working@10 permission+12+25@30", "idle@20", ""),
    ("a teammate rests", "stop+teammate@20", "idle@21", ""),
    ("a teammate asks before Stop, and a dialog is open", "stop@20 asks@12", "dialog@30", ""),
    ("the same after Stop", "stop@20 asks@25", "dialog@30", ""),
    ("a call waits beside a teammate, and a dialog is open", "stop+teammate@20 permission@25", "dialog@30", ""),
    ("a call came while a dialog was open", "working@10 permission@35", "dialog@30", ""),
    ("a turn began while a dialog was open", "working@35", "dialog@30", ""),
    ("a dialog is open", "stop@20", "dialog@30", ""),
    ("nothing but signals", "working@10", "", ""),
];

/// Evidence of a process of this host.
fn evidence_here(signals: &str, registry: &str, transcript: &str) -> Evidence {
    Evidence { is_of_this_host: true, ..evidence(signals, registry, transcript) }
}

/// Returns the signals after the plan was carried out.
fn after(before: &str, plan: &RepairPlan) -> String {
    let kinds = SIGNAL_KINDS.into_iter().filter(|kind| plan.clear[*kind as usize] || plan.publish == Some(*kind));
    let removed: Vec<_> = kinds.map(SignalKind::word).collect();
    let before = before.replace("asks@", "permission@").replace("unnamed@", "permission@");
    let left = before.split_whitespace().filter(|signal| removed.iter().all(|word| !signal.starts_with(word)));
    let repaired = plan.publish.map(|kind| format!("healed {}", kind.word()));
    repaired.into_iter().chain(left.map(str::to_owned)).collect::<Vec<_>>().join(" ")
}

#[test]
fn repairs_files_that_say_something_else() {
    for (situation, signals, registry, transcript, expected, rule) in REPAIRED {
        let evidence = evidence_here(signals, registry, transcript);
        let plan = plan_repair(&evidence, at(1000)).expect(situation);
        assert_eq!((&*after(signals, &plan), plan.rule), (expected, rule), "{situation}");
        // One nanosecond newer than the newest signal, so that every event that comes is newer.
        let newest = evidence.signals.newest(at(1000)).unwrap().time;
        let since = newest.duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!((plan.modified.seconds(), plan.modified.nanoseconds()), (since.as_secs(), 1), "{situation}");
    }
}

#[test]
fn leaves_alone_what_is_true_or_not_certain() {
    for (situation, signals, registry, transcript) in NOT_REPAIRED {
        assert_eq!(plan_repair(&evidence_here(signals, registry, transcript), at(1000)), None, "{situation}");
    }
    // The registry counts only once it and the signals are quiet.
    assert_eq!(plan_repair(&evidence_here("working@10 permission@12", "busy@20", ""), at(20)), None);
    assert!(plan_repair(&evidence_here("working@10 permission@12", "busy@20", ""), at(21)).is_some());
    // It does not move for a prompt that another hook blocked, nor where a turn goes on after its Stop, so these are
    // waited for longer; and so is a call of which no hook told.
    for (signals, registry) in [("working@20", "idle@10"), ("stop@20", "busy@10"), ("working@20", "permission@10")] {
        assert_eq!(plan_repair(&evidence_here(signals, registry, ""), at(22)), None, "{signals} {registry}");
        assert!(plan_repair(&evidence_here(signals, registry, ""), at(23)).is_some(), "{signals} {registry}");
    }
}

#[test]
fn leaves_alone_the_processes_of_other_hosts() {
    for (situation, signals, registry, transcript, ..) in REPAIRED {
        assert_eq!(plan_repair(&evidence(signals, registry, transcript), at(1000)), None, "{situation}");
    }
    for process in [ProcessState::Alive, ProcessState::Elsewhere, ProcessState::Unknown] {
        let evidence = Evidence { process, ..evidence_here("working@10", "", "") };
        assert_eq!(plan_repair(&evidence, at(1000)), None, "{process:?}");
    }
}

#[test]
fn a_dead_process_ends_its_session() {
    for signals in ["working@10", "working@10 permission@12", "stop@10", "ended@5 working@10"] {
        let dead = Evidence { process: ProcessState::Dead, ..evidence_here(signals, "", "") };
        let plan = plan_repair(&dead, at(20)).unwrap();
        assert_eq!((&*after(signals, &plan), plan.rule), ("healed ended", "killed"), "{signals}");
        assert_eq!(plan_repair(&Evidence { is_of_this_host: false, ..dead }, at(20)), None);
    }
}

#[test]
fn a_signal_that_is_newer_than_the_evidence_stays() {
    let config = tempfile::tempdir().unwrap();
    let signal_dir = SignalDir::of_config_dir(config.path());
    let directory = signal_dir.path();
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(directory).unwrap();
    let publish = |seconds| {
        let signal = directory.join("s.working.json");
        fs_err::write(&signal, "{\"session_id\":\"s\",\"cwd\":\"/here\"}\n").unwrap();
        fs_err::File::options().write(true).open(&signal).unwrap().into_file().set_modified(at(seconds)).unwrap();
    };
    let file_names = || {
        let entries =
            fs_err::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    };
    let evidence = Evidence { process: ProcessState::Dead, ..evidence_here("working@10", "", "") };
    let plan = plan_repair(&evidence, at(20)).unwrap();
    // A prompt came meanwhile.
    publish(11);
    assert!(!apply_plan(&signal_dir, "s", &evidence, &plan).unwrap());
    assert_eq!(file_names(), ["s.working.json"]);
    // Another process has the lock.
    publish(10);
    let lock = std::fs::File::open(directory).unwrap();
    lock.lock().unwrap();
    let refused = apply_plan(&signal_dir, "s", &evidence, &plan).unwrap_err();
    assert_eq!((refused.kind(), file_names()), (std::io::ErrorKind::WouldBlock, vec!["s.working.json".to_owned()]));
    drop(lock);
    assert!(apply_plan(&signal_dir, "s", &evidence, &plan).unwrap());
    assert_eq!(file_names(), ["s.ended.json"]);
    let ended = fs_err::read_to_string(directory.join("s.ended.json")).unwrap();
    let since = "\"signal_format\":1,\"ended_at\":\"1795246010.000000000\"";
    assert_eq!(
        ended,
        format!("{{\"session_id\":\"s\",\"cwd\":\"/here\",\"healed_by\":\"killed\",\"reason\":\"killed\",{since}}}\n")
    );
}
