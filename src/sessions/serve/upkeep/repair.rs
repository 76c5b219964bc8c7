//! Repairs the signals of sessions. Each repair is logged with its rule.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use session_signals_protocol::time::Time;

use crate::serve::error_log::{ErrorLog, log_line};
use session_signals_reader::{Evidence, RepairPlan, SessionState, SignalDir, apply_plan, plan_repair};

/// A plan is applied if it is the same after this time. The time is measured by a clock that is never set, and that stops
/// while the machine sleeps: after a sleep, the CLI gets the same time to write its files.
const CONFIRM_AFTER: Duration = Duration::from_millis(900);

/// If another process has the lock, no session is repaired for this long.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// A plan that must be confirmed.
#[derive(Clone, Copy)]
struct UnconfirmedPlan {
    rule: &'static str,
    modified: Time,
    found_at: Instant,
}

/// Repairs sessions, and remembers the plans that are not confirmed yet.
#[derive(Default)]
pub struct Repairer {
    unconfirmed: HashMap<String, UnconfirmedPlan>,
    errors: HashMap<String, ErrorLog>,
    paused_until: Option<Instant>,
}

impl Repairer {
    /// Repairs the signals of a session if the evidence shows that they are not true, and did so before.
    pub fn repair_session(&mut self, signal_dir: &SignalDir, session: &str, evidence: &Evidence, now: SystemTime) {
        let Some(plan) = plan_repair(evidence, now) else {
            self.forget_session(session);
            return;
        };
        if !self.is_confirmed(session, &plan) || self.paused_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        match apply_plan(signal_dir, session, evidence, &plan) {
            Ok(is_done) => {
                if is_done {
                    log_line(&describe_repair(session, &plan));
                }
                self.forget_session(session);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.paused_until = Some(Instant::now() + RETRY_DELAY);
            }
            Err(error) => self.errors.entry(session.to_owned()).or_default().log_error(&error.to_string()),
        }
    }

    /// Returns whether the plan can be applied: it was found before, or its reason can never change. A process that is dead
    /// stays dead, and a signal that was overtaken stays so.
    fn is_confirmed(&mut self, session: &str, plan: &RepairPlan) -> bool {
        let is_final = matches!(plan.rule, "killed" | "overtaken");
        let found_now = UnconfirmedPlan { rule: plan.rule, modified: plan.modified, found_at: Instant::now() };
        let found = self.unconfirmed.entry(session.to_owned()).or_insert(found_now);
        if (found.rule, found.modified) != (plan.rule, plan.modified) {
            *found = found_now;
            return is_final;
        }
        is_final || found.found_at.elapsed() >= CONFIRM_AFTER
    }

    fn forget_session(&mut self, session: &str) {
        self.unconfirmed.remove(session);
        self.errors.remove(session);
    }
}

/// Returns the line of the log for a repair.
fn describe_repair(session: &str, plan: &RepairPlan) -> String {
    let RepairPlan { state_by_files, state, rule, reason, .. } = plan;
    let before = state_by_files.map_or("nothing", SessionState::word);
    format!("repaired {session}: {before} -> {} ({rule}: {reason})", state.word())
}
