//! What must be sent so that the bucket has what it should have. This is pure: it sends nothing and reads no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::desired_sessions::DesiredValues;

/// How soon a session is sent again if only times and counts have changed. While a session works, they change each second.
const UNHURRIED: Duration = Duration::from_secs(5);

/// What the bucket is known to have under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldValue {
    /// The hash of the value.
    pub hash: u64,
    /// What tells whether a change must be known soon.
    pub urgent: u64,
    /// When this process sent the value; `None` if an earlier one did.
    pub sent_at: Option<Instant>,
    /// When the value must be sent again, so that the bucket does not drop it; `None` if the bucket drops nothing.
    pub renew_at: Option<Instant>,
}

impl HeldValue {
    /// What is known of a value that was sent without an answer: the bucket may have it or an older one, or nothing.
    pub const UNKNOWN: Self = Self { hash: 0, urgent: 0, sent_at: None, renew_at: None };
}

/// What the bucket is known to have of this machine, by the ids of the sessions.
pub type HeldValues = BTreeMap<String, HeldValue>;

/// What must be sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SendPlan {
    /// The sessions whose value must be put.
    pub puts: Vec<String>,
    /// The sessions whose key must be deleted.
    pub deletes: Vec<String>,
    /// When there is more to send, even if nothing changes.
    pub next: Option<Instant>,
}

/// Plans what must be sent now. What is being sent already is left out.
pub fn plan_sending(
    desired: &DesiredValues,
    held: &HeldValues,
    in_flight: &BTreeSet<String>,
    now: Instant,
) -> SendPlan {
    let mut plan = SendPlan::default();
    for (id, value) in desired.iter().filter(|(id, _)| !in_flight.contains(*id)) {
        let due = match held.get(id) {
            Some(held) if held.hash == hash_value(&value.json) => held.renew_at,
            Some(held) if held.urgent == value.urgent => held.sent_at.map_or(Some(now), |sent| Some(sent + UNHURRIED)),
            None | Some(_) => Some(now),
        };
        match due {
            Some(due) if due <= now => plan.puts.push(id.clone()),
            Some(due) => plan.next = Some(plan.next.map_or(due, |next| next.min(due))),
            None => {}
        }
    }
    plan.deletes = held.keys().filter(|id| !desired.contains_key(*id) && !in_flight.contains(*id)).cloned().collect();
    plan
}

/// Returns the hash of a value.
pub fn hash_value(json: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(json);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::desired_sessions::DesiredValue;
    use super::*;

    /// A value is its first word, and what is urgent in it is its first letter.
    fn value(text: &str) -> DesiredValue {
        DesiredValue::open(text.as_bytes().to_vec(), u64::from(text.as_bytes()[0]))
    }

    fn held(text: &str, sent_at: Option<Instant>, renew_at: Option<Instant>) -> HeldValue {
        HeldValue { hash: hash_value(text.as_bytes()), urgent: u64::from(text.as_bytes()[0]), sent_at, renew_at }
    }

    fn plan(desired: &[(&str, &str)], held: &[(&str, HeldValue)], in_flight: &[&str], now: Instant) -> SendPlan {
        let desired = desired.iter().map(|(id, text)| ((*id).to_owned(), value(text))).collect();
        let held = held.iter().map(|(id, value)| ((*id).to_owned(), *value)).collect();
        plan_sending(&desired, &held, &in_flight.iter().map(|id| (*id).to_owned()).collect(), now)
    }

    #[test]
    fn only_the_difference_is_sent() {
        let now = Instant::now();
        let same = held("working", None, None);
        let desired = [("same", "working"), ("new", "working"), ("other", "approval"), ("busy", "x")];
        let made = plan(
            &desired,
            &[("same", same), ("other", same), ("gone", same), ("leaving", same)],
            &["busy", "leaving"],
            now,
        );
        assert_eq!(
            (made.puts, made.deletes, made.next),
            (vec!["new".to_owned(), "other".to_owned()], vec!["gone".to_owned()], None)
        );
    }

    #[test]
    fn what_may_be_in_the_bucket_is_sent_again_or_deleted() {
        let now = Instant::now();
        let made =
            plan(&[("wanted", "working")], &[("wanted", HeldValue::UNKNOWN), ("gone", HeldValue::UNKNOWN)], &[], now);
        assert_eq!((made.puts, made.deletes), (vec!["wanted".to_owned()], vec!["gone".to_owned()]));
    }

    #[test]
    fn a_change_of_times_alone_waits_and_a_value_is_renewed() {
        let sent_at = Instant::now();
        let now = sent_at + Duration::from_secs(1);
        let (soon, later) = (sent_at + UNHURRIED, sent_at + Duration::from_secs(60));
        let sent = |text| held(text, Some(sent_at), Some(later));
        let waits = plan(
            &[("a", "working 2"), ("b", "working 1")],
            &[("a", sent("working 1")), ("b", sent("working 1"))],
            &[],
            now,
        );
        assert_eq!(waits, SendPlan { next: Some(soon), ..SendPlan::default() });
        let after = plan(
            &[("a", "working 2"), ("b", "working 1")],
            &[("a", sent("working 1")), ("b", sent("working 1"))],
            &[],
            soon,
        );
        assert_eq!(after, SendPlan { puts: vec!["a".to_owned()], next: Some(later), ..SendPlan::default() });
        let old = plan(&[("b", "working 1")], &[("b", sent("working 1"))], &[], later);
        assert_eq!(old.puts, ["b"]);
        // What an earlier process sent may be sent at once.
        assert_eq!(plan(&[("a", "working 2")], &[("a", held("working 1", None, None))], &[], now).puts, ["a"]);
    }
}
