//! Times that nothing tells, so that they are "now" at every look: what was said first stays said.

use std::time::SystemTime;

use session_signals_reader::Session;

/// What is remembered of one session.
#[derive(Clone, Debug)]
pub struct StableTimes {
    rule: &'static str,
    since: SystemTime,
    last_activity_at: SystemTime,
    /// Whether its end stands in the spool: then time changes nothing any more.
    pub has_ended: bool,
    /// Whether time changes nothing of it, for this or another reason.
    pub is_still: bool,
}

impl StableTimes {
    /// Gives the session the times that were said `before`, where its own are only `now`.
    pub fn keep_first_times(session: &mut Session, before: Option<&Self>, now: SystemTime) -> Self {
        if let Some(before) = before.filter(|before| before.rule == session.rule) {
            if session.since == now {
                session.since = before.since;
            }
            if session.last_activity_at == now {
                session.last_activity_at = before.last_activity_at;
            }
        }
        Self {
            rule: session.rule,
            since: session.since,
            last_activity_at: session.last_activity_at,
            has_ended: session.rule == "ended",
            is_still: false,
        }
    }
}
