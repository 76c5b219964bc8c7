//! Live sessions that leave no signal, by the CLI's own registry.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Finding, Fix};
use crate::environment::Environment;
use crate::receipt;
use session_signals_reader::{Collector, RegistryEntry};

/// What keeps the hooks from publishing, whenever a session was started.
const CAUSES: [&str; 8] = [
    "not-installed",
    "settings-unusable",
    "hooks-disabled",
    "entry-missing",
    "entry-unknown-event",
    "spool-open",
    "spool-not-a-directory",
    "spool-not-ours",
];

/// Every session of this computer that lives, did something since the hooks were installed, and has no signal.
/// `findings` are the others: among them may be the reason, or in the CLI, which `is_too_old`.
pub fn check(env: &Environment, findings: &[Finding], is_too_old: bool) -> Vec<Finding> {
    let is_cause = |id: &str| CAUSES.contains(&id) || id.starts_with("executable") && id != "executable-stale";
    let causes = findings.iter().filter(|finding| finding.silences || is_cause(finding.id)).map(|finding| finding.id);
    let mut causes: Vec<&str> = is_too_old.then_some("claude-too-old").into_iter().chain(causes).collect();
    causes.dedup();
    let why = if causes.is_empty() {
        "a session older than the hooks has to be started anew".to_owned()
    } else {
        format!("mend {} first", causes.join(", "))
    };
    let installed = receipt::newest_receipt(env).unwrap_or(UNIX_EPOCH);
    let mut collector = Collector::new(&env.config);
    collector.read_all_signals();
    let sessions = collector.collect_evidence(SystemTime::now()).sessions.into_values();
    let silent = sessions.filter(|evidence| evidence.signals.is_empty()).filter_map(|evidence| evidence.registry);
    let finding = |RegistryEntry { session, pid, .. }| {
        let sentence = format!("session {session} (process {pid}) has left no signal: {why}");
        Finding::new("session-silent", sentence, Fix::ByHand)
    };
    silent.filter(|entry| entry.status_changed_at > installed).map(finding).collect()
}
