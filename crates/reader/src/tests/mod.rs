//! Tests of the pure parts. The executable itself is tested in the integration crate.

mod cleanup;
mod namespaces;
mod properties;
mod repair;
mod situations;
mod sources;

use std::time::{Duration, SystemTime};

use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::registry::RegistryEntry;
use crate::registry::RegistryStatus;
use crate::session_signals::SessionSignals;
use crate::signal::Signal;
use crate::transcript::TranscriptTail;

/// `seconds` after an arbitrary moment.
pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_246_000 + seconds)
}

/// `word@seconds word@seconds …`, apart.
fn words(text: &str) -> impl Iterator<Item = (&str, SystemTime)> {
    text.split_whitespace().map(|word| {
        let (word, seconds) = word.split_once('@').unwrap();
        (word, at(seconds.parse().unwrap()))
    })
}

/// Signals such as `working@10 permission@12`; `asks@12` is a subagent's permission, `unnamed@12` one that names no call,
/// `PreCompact@12` that event's `working`, `SessionStart@12` that event's `stop`; `ended-by-2@12` names process 2.
///
/// `permission+12+13@30` has calls since then, `stop+teammate@20` a task of that type that runs, `working+healed@20` no event.
pub fn signals(text: &str) -> SessionSignals {
    let mut signals = SessionSignals::default();
    for (word, at) in words(text) {
        let mut parts = word.split('+');
        let word = parts.next().unwrap();
        let name = match word {
            "asks" | "unnamed" => "permission",
            "UserPromptSubmit" | "PostToolUse" | "PreCompact" | "Stop" => "working",
            "SessionStart" => "stop",
            "ended-by-2" => "ended",
            word => word,
        };
        let kind = SIGNAL_KINDS.into_iter().find(|kind| kind.word() == name).unwrap();
        let (mut members, mut calls, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        match word {
            "ended-by-2" => members.push(r#""claude_pid":2,"claude_start":7"#.to_owned()),
            word if kind != SignalKind::Permission && word != name => {
                members.push(format!(r#""hook_event_name":"{word}""#))
            }
            _ => {}
        }
        let agent = if word == "asks" { r#""agent_id":"a","# } else { "" };
        let call = |since: &str| format!(r#"{{{agent}"tool_name":"Bash","tool_input":{{"n":1}}{since}}}"#);
        for part in parts {
            match part.parse() {
                Ok(since) => calls.push(call(&format!(r#","pending_since":"{}""#, stamp(since)))),
                Err(_) if part == "healed" => members.push(r#""healed_by":"queued""#.to_owned()),
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

/// [`at`], as a signal says it.
fn stamp(seconds: u64) -> String {
    let since = at(seconds).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("{}.000000000", since.as_secs())
}

/// A registry's entry such as `busy@20`, of process 1 that started at 0; `2:busy@20` is process 2's.
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
        start_ticks: Some(7),
        namespace: None,
        is_of_this_host: true,
        cwd: None,
        name: None,
    })
}

/// A transcript's end such as `interrupted@15` or `answered@15`; `called@15` is a call without a result.
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

/// All of these.
pub fn evidence(spool: &str, entry: &str, transcript: &str) -> Evidence {
    Evidence { signals: signals(spool), registry: registry(entry), transcript: tail(transcript), ..Evidence::default() }
}
