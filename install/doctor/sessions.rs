//! Live sessions that leave no signal, by the CLI's own registry.

use std::time::UNIX_EPOCH;

use super::{Finding, Mend};
use crate::env::Env;
use crate::evidence::{Collector, Entry};
use crate::receipt;

/// Every session of this computer that lives, did something since the hooks were installed, and has no signal.
pub fn check(env: &Env) -> Vec<Finding> {
    let installed = receipt::newest(env).unwrap_or(UNIX_EPOCH);
    let mut collector = Collector::new(&env.config);
    collector.read_spool();
    let sessions = collector.collect().sessions.into_values();
    let silent = sessions.filter(|evidence| evidence.signals.is_empty()).filter_map(|evidence| evidence.registry);
    let finding = |Entry { session, pid, .. }| {
        let sentence = format!(
            "session {session} (process {pid}) has left no signal: a session older than the hooks has to be started anew"
        );
        Finding::new("session-silent", sentence, Mend::ByHand)
    };
    silent.filter(|entry| entry.updated > installed).map(finding).collect()
}
