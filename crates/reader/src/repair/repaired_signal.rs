//! The content of a repaired signal.

use std::collections::HashMap;

use serde_json::value::RawValue;
use session_signals_protocol::SignalKind;
use session_signals_protocol::signal_format::{FORMAT_MEMBER, SIGNAL_FORMAT};

use super::repair_plan::RepairPlan;
use crate::timestamps;

/// The members that are true of a session whatever it does.
const SESSION_MEMBERS: [&str; 4] = ["session_id", "transcript_path", "cwd", "permission_mode"];

/// The members that name the CLI's process. They are last and in this order, as the hooks write them and look for them.
const PROCESS_MEMBERS: [&str; 3] = ["claude_pid", "claude_start", "claude_host"];

/// Returns the members of the last turn that are still true when the session does what `kind` says.
fn turn_members(kind: SignalKind) -> &'static [&'static str] {
    match kind {
        // If no event reported the turn, its background tasks may still run after it.
        SignalKind::Working => &["last_assistant_message", "background_tasks"],
        SignalKind::Stop => &["last_assistant_message"],
        SignalKind::Permission | SignalKind::Ended => &[],
    }
}

/// Returns the content of the signal that a plan publishes. `base` is the content of the newest signal, and `turn` that of the
/// signal of the last turn. A content that is not a JSON object counts as empty.
pub fn repaired_signal(base: &[u8], turn: &[u8], session: &str, kind: SignalKind, plan: &RepairPlan) -> Vec<u8> {
    let parse = |text| serde_json::from_slice::<HashMap<String, &RawValue>>(text).unwrap_or_default();
    let (base, turn) = (parse(base), parse(turn));
    let mut members = Vec::new();
    let carry_over = |members: &mut Vec<(String, String)>, from: &HashMap<String, &RawValue>, names: &[&str]| {
        let found = names.iter().filter_map(|name| Some(((*name).to_owned(), from.get(*name)?.get().to_owned())));
        members.extend(found);
    };
    carry_over(&mut members, &base, &SESSION_MEMBERS);
    if !members.iter().any(|(name, _)| name == "session_id") {
        members.insert(0, ("session_id".to_owned(), format!("\"{session}\"")));
    }
    carry_over(&mut members, &turn, turn_members(kind));
    members.push(("healed_by".to_owned(), format!("\"{}\"", plan.rule)));
    if kind == SignalKind::Ended {
        members.push(("reason".to_owned(), format!("\"{}\"", plan.rule)));
    }
    let format = (FORMAT_MEMBER.to_owned(), SIGNAL_FORMAT.to_string());
    if kind != SignalKind::Permission {
        members.push(format.clone());
    }
    let stamp = timestamps::to_hook_time(plan.since).to_stamp();
    members.push((kind.stamp_member().to_owned(), format!("\"{}\"", String::from_utf8_lossy(stamp.as_bytes()))));
    if kind == SignalKind::Permission {
        members.push(format);
        // It is not known which call waits. A hook that knows it adds it to the list.
        members.push(("pending".to_owned(), "[]".to_owned()));
    }
    carry_over(&mut members, &base, &PROCESS_MEMBERS);
    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}\n", members.join(",")).into_bytes()
}
