//! Times that no file tells. Such a time is "now" at every refresh; the session keeps the one that was published first.

use std::time::SystemTime;

use session_signals_reader::Session;

/// The times of one session as they were published last.
#[derive(Clone, Debug)]
pub struct StableTimes {
    rule: &'static str,
    since: SystemTime,
    last_activity_at: SystemTime,
}

impl StableTimes {
    /// Replaces each time of the session that is only `now` by the one that was published before. A time is replaced only
    /// if the session is still in its state by the same rule. Returns the times to remember.
    pub fn keep_first_times(session: &mut Session, before: Option<&Self>, now: SystemTime) -> Self {
        if let Some(before) = before.filter(|before| before.rule == session.rule) {
            if session.since == now {
                session.since = before.since;
            }
            if session.last_activity_at == now {
                session.last_activity_at = before.last_activity_at;
            }
        }
        Self { rule: session.rule, since: session.since, last_activity_at: session.last_activity_at }
    }
}
