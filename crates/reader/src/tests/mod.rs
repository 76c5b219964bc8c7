//! Tests of the reader. The executables that use it are tested in `tests/` of the repository.

mod cleanup;
mod config_dir;
mod conversation;
mod followed_transcripts;
mod git_checkout;
mod git_layouts;
mod long_transcripts;
mod messages;
mod namespaces;
mod processes;
mod properties;
mod recorded_start;
mod registry_files;
mod repair;
mod session;
mod signal;
mod situations;
mod transcript;
mod watch;

use std::time::{Duration, SystemTime};

use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::session_signals::SessionSignals;
use crate::signal::Signal;
use crate::state_rules::STATE_RULES;
use crate::transcript::TranscriptTail;

/// Returns the content of a file in `tests/fixtures` of the repository.
fn fixture(name: &str) -> Vec<u8> {
    fs_err::read(format!("{}/../../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Returns the time that is this many seconds after an arbitrary one.
pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_246_000 + seconds)
}

/// Splits `word@seconds word@seconds …`.
fn words(text: &str) -> impl Iterator<Item = (&str, SystemTime)> {
    text.split_whitespace().map(|word| {
        let (word, seconds) = word.split_once('@').unwrap();
        (word, at(seconds.parse().unwrap()))
    })
}

/// Makes signals of a text such as `working@10 permission@12`, with the kind and the second of each event. `asks@12` is a
/// permission of a subagent, `unnamed@12` a permission without a call, `PreCompact@12` the `working` of that event,
/// `SessionStart@12` the `stop` of that event (as do `TurnEnd` and `PromptDropped`), and `ended-by-2@12` names process 2.
///
/// `permission+12+13@30` has calls of these seconds, `stop+teammate@20` has a running task of that type, and `working+healed@20`
/// was written by a repair. `stop+denied@20` was written by a repair after this rule, and `TurnEnd+aborted@20` has this reason.
pub fn signals(text: &str) -> SessionSignals {
    let mut signals = SessionSignals::default();
    for (word, at) in words(text) {
        let mut parts = word.split('+');
        let word = parts.next().unwrap();
        let name = match word {
            "asks" | "unnamed" => "permission",
            "UserPromptSubmit" | "PostToolUse" | "PreCompact" | "Stop" => "working",
            "SessionStart" | "TurnEnd" | "PromptDropped" => "stop",
            "ended-by-2" => "ended",
            word => word,
        };
        let kind = SIGNAL_KINDS.into_iter().find(|kind| kind.word() == name).unwrap();
        let (mut members, mut calls, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        match word {
            "ended-by-2" => members.push(r#""claude_pid":2,"claude_start":7"#.to_owned()),
            word if kind != SignalKind::Permission && word != name => {
                members.push(format!(r#""hook_event_name":"{word}""#));
            }
            _ => {}
        }
        let agent = if word == "asks" { r#""agent_id":"a","# } else { "" };
        let call = |since: &str| format!(r#"{{{agent}"tool_name":"Bash","tool_input":{{"n":1}}{since}}}"#);
        for part in parts {
            match part.parse() {
                Ok(since) => calls.push(call(&format!(r#","pending_since":"{}""#, stamp(since)))),
                Err(_) if part == "healed" => members.push(r#""healed_by":"queued""#.to_owned()),
                Err(_) if STATE_RULES.iter().any(|rule| rule.id == part) => {
                    members.push(format!(r#""healed_by":"{part}""#));
                }
                Err(_) if ["aborted", "answer", "error"].contains(&part) => {
                    members.push(format!(r#""reason":"{part}""#));
                }
                Err(_) => tasks.push(format!(r#"{{"type":"{part}","status":"running"}}"#)),
            }
        }
        if kind == SignalKind::Permission {
            if calls.is_empty() && word != "unnamed" {
                calls.push(call(""));
            }
            members.push(format!(r#""pending":[{}]"#, calls.join(",")));
        } else if !tasks.is_empty() {
            members.push(format!(r#""background_tasks":[{}]"#, tasks.join(",")));
        }
        signals.replace(kind, Signal::parse(format!("{{{}}}", members.join(",")).as_bytes(), at, kind).ok());
    }
    signals
}

/// Returns the stamp of [`at`].
fn stamp(seconds: u64) -> String {
    let since = at(seconds).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("{}.000000000", since.as_secs())
}

/// Makes a registry entry of a text such as `busy@20`, of process 1 that started at second 0; `2:busy@20` is of process 2.
pub fn registry(text: &str) -> Option<RegistryEntry> {
    let (word, updated) = words(text).next()?;
    let (pid, word) = word.split_once(':').unwrap_or(("1", word));
    let pid = pid.parse().unwrap();
    let status = match word {
        "busy" => RegistryStatus::Busy,
        "idle" => RegistryStatus::Idle,
        "shell" => RegistryStatus::Shell,
        "permission" => RegistryStatus::Permission,
        "question" => RegistryStatus::Question,
        "dialog" => RegistryStatus::Dialog,
        "other" => RegistryStatus::Other,
        _ => panic!("{word}"),
    };
    Some(RegistryEntry {
        session: "s".to_owned(),
        status,
        status_changed_at: updated,
        written_at: updated,
        started_at: Some(at(0)),
        pid,
        start: Some(7),
        namespace: None,
        is_of_this_host: true,
        cwd: None,
        name: None,
    })
}

/// Makes the end of a transcript of a text such as `interrupted@15` or `answered@15`; `called@15` is a call without a result.
fn tail(text: &str) -> Option<TranscriptTail> {
    let (word, time) = words(text).next()?;
    let line = match word {
        "interrupted" => {
            r#"{"type":"user","timestamp":"TIME","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}"#
        }
        "called" => {
            r#"{"type":"assistant","timestamp":"TIME","message":{"content":[{"type":"tool_use","id":"t","name":"Bash","input":{"n":1}}]}}"#
        }
        "answered" => concat!(
            r#"{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Bash","input":{"n":1}}]}}"#,
            "\n",
            r#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t"}]}}"#
        ),
        _ => panic!("{word}"),
    };
    let time = humantime::format_rfc3339_millis(time).to_string();
    Some(TranscriptTail::parse(line.replace("TIME", &time).as_bytes()))
}

/// Makes evidence of these three texts.
pub fn evidence(signal_words: &str, entry: &str, transcript: &str) -> Evidence {
    Evidence {
        signals: signals(signal_words),
        registry: registry(entry),
        transcript: tail(transcript),
        ..Evidence::default()
    }
}
