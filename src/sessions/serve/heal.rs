//! Mends the spool for those who read the files alone, and says so on standard error, each with its rule.

use std::io::{self, Write as _};
use std::time::SystemTime;

use crate::evidence::{Collector, Evidence};
use crate::heal::{Treatment, heal};
use crate::verdict::State;

/// Heals, and remembers what it said.
#[derive(Default)]
pub struct Healer {
    complaint: String,
}

impl Healer {
    /// Mends what the evidence of a session shows to be wrong with its files.
    pub fn heal(&mut self, collector: &Collector, session: &str, evidence: &Evidence, now: SystemTime) {
        let [spool, _] = collector.directories();
        match heal(spool, session, evidence, now) {
            Ok(None) => {}
            Ok(Some(treatment)) => log(&line(session, &treatment)),
            // The same again every second helps nobody.
            Err(error) => {
                let complaint = format!("sessions: {error}");
                if complaint != self.complaint {
                    log(&complaint);
                    self.complaint = complaint;
                }
            }
        }
    }
}

/// A log that is gone must not end the daemon.
pub fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What was done, as the log has it.
fn line(session: &str, treatment: &Treatment) -> String {
    let Treatment { was, is, rule, reason, .. } = treatment;
    format!("healed {session}: {} -> {} ({rule}: {reason})", was.map_or("nothing", State::word), is.word())
}
