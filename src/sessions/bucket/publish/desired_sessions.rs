//! What the bucket should have of this machine.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use session_signals_reader::{Session, SessionState};
use tokio::sync::Notify;

use super::super::bucket_key::BucketKey;
use super::super::host_name::HostName;
use super::super::publish_text::PublishText;
use super::super::shared_session::{shared_json, urgent_part};
use crate::model::SessionChange;

/// For how long a session that has ended stays.
const ENDED_STAYS: Duration = Duration::from_secs(3600);

/// The value that a session should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredValue {
    /// The value.
    pub json: Vec<u8>,
    /// What tells whether a change must be known soon.
    pub urgent: u64,
    /// When the session leaves.
    leaves_at: Option<SystemTime>,
}

impl DesiredValue {
    /// Returns the value of a session that is open.
    #[cfg(test)]
    pub fn open(json: Vec<u8>, urgent: u64) -> Self {
        Self { json, urgent, leaves_at: None }
    }
}

/// The newest value of each session of this machine.
pub struct DesiredSessions {
    host: HostName,
    text: PublishText,
    values: Mutex<Values>,
    changed: Notify,
}

/// The values, by the ids of their sessions.
pub type DesiredValues = BTreeMap<String, DesiredValue>;

#[derive(Default)]
struct Values {
    by_id: DesiredValues,
    /// Whether the model has told of all sessions. Until then a session that is missing may exist.
    are_complete: bool,
}

impl DesiredSessions {
    /// Returns values of which nothing is known yet.
    pub fn new(host: HostName, text: PublishText) -> Self {
        Self { host, text, values: Mutex::default(), changed: Notify::new() }
    }

    /// Takes sessions that may have changed. The first call has all sessions.
    pub fn observe(&self, changes: &[SessionChange], now: SystemTime) {
        let new: Vec<_> =
            changes.iter().map(|(id, session)| (id, self.make_value(id, session.as_ref(), now))).collect();
        let mut values = self.lock();
        let mut has_changed = !values.are_complete;
        values.are_complete = true;
        for (id, value) in new {
            if values.by_id.get(id) == value.as_ref() {
                continue;
            }
            has_changed = true;
            match value {
                Some(value) => drop(values.by_id.insert(id.clone(), value)),
                None => drop(values.by_id.remove(id)),
            }
        }
        drop(values);
        if has_changed {
            self.changed.notify_one();
        }
    }

    /// Returns the value of a session; `None` if the session is not published.
    fn make_value(&self, id: &str, session: Option<&Session>, now: SystemTime) -> Option<DesiredValue> {
        let session = session.filter(|session| session.machine.is_none())?;
        BucketKey::session(&self.host, id)?;
        let leaves_at = (session.state == SessionState::Ended).then(|| session.since + ENDED_STAYS);
        if leaves_at.is_some_and(|leaves_at| leaves_at <= now) {
            return None;
        }
        let json = shared_json(session, self.text);
        let urgent = urgent_part(&json);
        Some(DesiredValue { json, urgent, leaves_at })
    }

    /// Forgets the sessions that have ended long ago.
    pub fn remove_ended(&self, now: SystemTime) {
        self.lock().by_id.retain(|_, value| value.leaves_at.is_none_or(|leaves_at| leaves_at > now));
    }

    /// Waits until something has changed.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Looks at the values; at nothing until all sessions are known.
    pub fn look<T>(&self, look: impl FnOnce(&DesiredValues) -> T) -> Option<T> {
        let values = self.lock();
        values.are_complete.then(|| look(&values.by_id))
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use session_signals_reader::Evidence;

    use super::*;

    fn ids(desired: &DesiredSessions) -> Option<Vec<String>> {
        desired.look(|values| values.keys().cloned().collect())
    }

    #[test]
    fn sessions_that_cannot_or_need_not_be_published_are_left_out() {
        let desired = DesiredSessions::new("box".parse().unwrap(), PublishText::None);
        assert_eq!(ids(&desired), None);
        let now = SystemTime::now();
        let session = |id: &str| Session::from_evidence(id, &Evidence::default(), now);
        let change = |session: Session| (session.session_id.clone(), Some(session));
        let (mut ended, mut long_ended, mut elsewhere) = (session("ended"), session("long"), session("elsewhere"));
        for session in [&mut ended, &mut long_ended] {
            session.state = SessionState::Ended;
        }
        ended.since = now - ENDED_STAYS / 2;
        long_ended.since = now - ENDED_STAYS;
        elsewhere.machine = Some("other".to_owned());
        let changes = [session("open"), ended, long_ended, elsewhere, session("no.word")].map(change);
        desired.observe(&changes, now);
        assert_eq!(ids(&desired).unwrap(), ["ended", "open"]);
        desired.remove_ended(now + ENDED_STAYS / 2);
        assert_eq!(ids(&desired).unwrap(), ["open"]);
        desired.observe(&[("open".to_owned(), None)], now);
        assert_eq!(ids(&desired).unwrap(), [""; 0]);
    }
}
