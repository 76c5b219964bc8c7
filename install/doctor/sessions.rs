//! Sessions that run and have no signal, according to the registry of the CLI.

use std::time::{SystemTime, UNIX_EPOCH};

use session_signals_cli::FindingId;
use session_signals_reader::{Collector, RegistryEntry};

use super::finding::{Finding, Repair};
use crate::environment::Environment;
use crate::{phrases, receipt};

/// Returns whether such a finding keeps the hooks of all sessions from publishing.
fn silences_all(id: FindingId) -> bool {
    matches!(
        id,
        FindingId::NotInstalled
            | FindingId::SettingsUnusable
            | FindingId::HooksDisabled
            | FindingId::EntryMissing
            | FindingId::EntryUnknownEvent
            | FindingId::ExecutableGone
            | FindingId::ExecutableNotExecutable
            | FindingId::ExecutableUnreadable
            | FindingId::ExecutableForeign
            | FindingId::ExecutableNoexec
            | FindingId::ExecutableFails
            | FindingId::SpoolOpen
            | FindingId::SpoolUnwritable
            | FindingId::SpoolNotADirectory
            | FindingId::SpoolNotOurs
    )
}

/// Finds the sessions of this computer that run, did something since the hooks were installed, and have no signal.
///
/// The sentence names the cause: one of the other `findings`, or the CLI if it `is_too_old`. If there is no such cause, the
/// session is older than the hooks.
pub fn check(env: &Environment, findings: &[Finding], is_too_old: bool) -> Vec<Finding> {
    let causes =
        findings.iter().filter(|finding| finding.silences || silences_all(finding.id)).map(|finding| finding.id);
    let causes: Vec<&str> =
        is_too_old.then_some(FindingId::ClaudeTooOld).into_iter().chain(causes).map(FindingId::as_str).collect();
    let advice = if causes.is_empty() {
        "a session that is older than the hooks has to be restarted".to_owned()
    } else {
        format!("repair {} first", phrases::list_all(causes))
    };
    let installed = receipt::newest_receipt(env).unwrap_or(UNIX_EPOCH);
    let mut collector = Collector::new(&env.config_dir);
    collector.read_all_signals();
    let sessions = collector.collect_evidence(SystemTime::now()).sessions.into_values();
    let silent = sessions.filter(|evidence| evidence.signals.is_empty()).filter_map(|evidence| evidence.registry);
    let finding = |RegistryEntry { session, pid, .. }| {
        let sentence = format!("session {session} (process {pid}) has no signal: {advice}");
        Finding::new(FindingId::SessionSilent, sentence, Repair::ByHand)
    };
    silent.filter(|entry| entry.status_changed_at > installed).map(finding).collect()
}
