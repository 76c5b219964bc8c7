//! What `sessions` and the files say of a session of the real CLI.

use std::time::{Duration, Instant, SystemTime};

use fs_err as fs;
use serde_json::Value;

use super::eventually;
use crate::sandbox::{Sandbox, executable_path, run_with_input};

/// What `sessions` says.
pub fn said(sandbox: &Sandbox, id: &str) -> Value {
    let done = run_with_input(sandbox.command(executable_path("sessions")).args(["--all", "--json"]), "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut all: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
    all.iter().position(|one| one["sessionId"] == id).map_or(Value::Null, |at| all.swap_remove(at))
}

/// What a reader says who has only the signals.
pub fn files_alone(sandbox: &Sandbox, id: &str) -> &'static str {
    let order = [("ended", "ended"), ("permission", "permission"), ("stop", "waiting"), ("working", "working")];
    order.iter().find(|(kind, _)| sandbox.signal_path(id, kind).exists()).map_or("-", |(_, state)| state)
}

/// Prints all that there is to know where `sessions` is wrong.
pub fn explain(sandbox: &Sandbox, id: &str, pid: u32, wrong: &Value) {
    let registry = sandbox.home().join(format!(".claude/sessions/{pid}.json"));
    println!("  now {:?}\n  sessions: {wrong}", SystemTime::now());
    println!("  registry: {}", fs::read_to_string(registry).unwrap_or_default());
    for kind in ["ended", "permission", "stop", "working"] {
        let signal = sandbox.signal_path(id, kind);
        if let Ok(metadata) = fs::metadata(&signal) {
            println!("  {kind} {:?}: {}", metadata.modified().unwrap(), fs::read_to_string(signal).unwrap().trim());
        }
    }
    let start = Instant::now();
    let is_other = || said(sandbox, id)["state"] != wrong["state"];
    let later = eventually(|| start.elapsed() > Duration::from_secs(4) || is_other());
    println!("  {:?} later: {} ({later})", start.elapsed(), said(sandbox, id)["state"]);
}
