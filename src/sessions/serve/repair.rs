//! Mends the spool for those who read the files alone, and says so on standard error, each with its rule.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::{Duration, Instant, SystemTime};

use session_signals_protocol::time::Time;

use session_signals_reader::{Evidence, RepairPlan, SessionState, SignalDir, apply_plan, plan_repair};

/// What was found once must be found again after this long, by a clock that neither steps nor runs while the machine
/// sleeps: what was due a second after it is due a second after that.
const CONFIRM_AFTER: Duration = Duration::from_millis(900);

/// Where somebody else has the lock, nothing is healed for this long.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// Heals, and remembers what it found and said.
#[derive(Default)]
pub struct Repairer {
    found: HashMap<String, (&'static str, Time, Instant)>,
    complaints: HashMap<String, String>,
    rests_until: Option<Instant>,
}

impl Repairer {
    /// Mends what the evidence of a session shows to be wrong with its files.
    pub fn repair_session(&mut self, signal_dir: &SignalDir, session: &str, evidence: &Evidence, now: SystemTime) {
        let Some(treatment) = plan_repair(evidence, now) else {
            self.forget_session(session);
            return;
        };
        if !self.is_confirmed(session, &treatment) || self.rests_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        match apply_plan(signal_dir, session, evidence, &treatment) {
            Ok(is_done) => {
                if is_done {
                    log_line(&repair_line(session, &treatment));
                }
                self.forget_session(session);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.rests_until = Some(Instant::now() + RETRY_DELAY);
            }
            // The same again every second helps nobody.
            Err(error) => {
                let complaint = format!("sessions: {error}");
                if self.complaints.get(session) != Some(&complaint) {
                    log_line(&complaint);
                    self.complaints.insert(session.to_owned(), complaint);
                }
            }
        }
    }

    /// A process that is dead, or a signal that was overtaken, is so for good.
    fn is_confirmed(&mut self, session: &str, treatment: &RepairPlan) -> bool {
        let is_for_good = matches!(treatment.rule, "killed" | "overtaken");
        let (rule, time, since) =
            *self.found.entry(session.to_owned()).or_insert((treatment.rule, treatment.modified, Instant::now()));
        if (rule, time) != (treatment.rule, treatment.modified) {
            self.found.insert(session.to_owned(), (treatment.rule, treatment.modified, Instant::now()));
            return is_for_good;
        }
        is_for_good || since.elapsed() >= CONFIRM_AFTER
    }

    fn forget_session(&mut self, session: &str) {
        self.found.remove(session);
        self.complaints.remove(session);
    }
}

/// A log that is gone must not end the daemon.
pub fn log_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// What was done, as the log has it.
fn repair_line(session: &str, treatment: &RepairPlan) -> String {
    let RepairPlan { state_by_files: was, state: is, rule, reason, .. } = treatment;
    format!("healed {session}: {} -> {} ({rule}: {reason})", was.map_or("nothing", SessionState::word), is.word())
}
