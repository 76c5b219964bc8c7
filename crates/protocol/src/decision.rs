//! What one event changes, given the signals that are stored. Everything here is pure.

use crate::event_table::{CallEffect, EventRule, Publication};
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::time::Time;

/// What the decision needs of an event's payload.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct EventFacts {
    /// When the hook started.
    pub time: Time,
    /// It has an `agent_id`: a subagent's event.
    pub is_subagent: bool,
    /// `source` is `compact`.
    pub is_after_compaction: bool,
    /// `trigger` is `manual`.
    pub is_manual: bool,
    /// `background_tasks` holds a task that may ask.
    pub has_delegated_task: bool,
    /// `background_tasks` holds a task that works on.
    pub has_working_task: bool,
}

/// What stands in the spool for the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredSignals {
    /// Read under the lock.
    pub now: Time,
    /// When each kind's file says its event was: its modification time. Indexed by `Kind as usize`.
    pub modified: [Option<Time>; 4],
    /// Whether this CLI process published it. Only [`Publishes::Start`] asks.
    pub is_from_this_process: [bool; 4],
}

impl StoredSignals {
    /// Whether a signal of this kind came after `time`. One from the future is old: the clock stepped back.
    #[must_use]
    pub fn has_newer(&self, kind: SignalKind, time: Time) -> bool {
        self.modified[kind as usize].is_some_and(|modified| time < modified && modified <= self.now)
    }

    /// When the next version of a kind's file is modified: at `time`, but after the version that stands, so that no
    /// two look alike. One from the future does not count.
    #[must_use]
    pub fn next_version_time(&self, kind: SignalKind, time: Time) -> Time {
        self.modified[kind as usize]
            .filter(|seen| *seen <= self.now)
            .map_or(time, |seen| seen.next_nanosecond().max(time))
    }

    /// The newer signal that makes this one false. One from the future is older than any other, because the clock stepped
    /// back; of two of one time, the one that readers prefer counts.
    #[must_use]
    pub fn superseded_by(&self, older: SignalKind) -> Option<SignalKind> {
        let age = |kind: SignalKind| self.modified[kind as usize].map(|time| (time.age_order(self.now), kind as usize));
        let own = age(older)?;
        SIGNAL_KINDS
            .into_iter()
            .find(|kind| kind.supersedes().contains(&older) && age(*kind).is_some_and(|age| own < age))
    }

    /// Whether the event was overtaken by a later one of its session.
    #[must_use]
    pub fn is_late(&self, facts: &EventFacts) -> bool {
        let overtaken = |kind| self.has_newer(kind, facts.time);
        overtaken(SignalKind::Ended)
            || !facts.is_subagent && (overtaken(SignalKind::Working) || overtaken(SignalKind::Stop))
    }
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The signal to publish. A `permission` is a call added to those that wait.
    pub publish: Option<SignalKind>,
    /// Since when that is true. It is the event's time, but for a turn that goes on after a blocked Stop: that turn runs since the
    /// Stop. With the event's time, a request that was made before this event and is handled after it would count as late.
    pub since: Time,
    /// Which calls are resolved; [`Calls::Add`], [`Calls::Stopped`] and [`Calls::Subagents`] are resolved into the others.
    pub calls: CallEffect,
    /// The signals to delete, indexed by `Kind as usize`.
    pub clear: [bool; 4],
}

/// What `rule` makes of an event before the background of what stands.
#[must_use]
#[inline(never)]
pub fn decide(rule: &EventRule, facts: &EventFacts, standing: &StoredSignals) -> Decision {
    let late = standing.is_late(facts);
    let stands = |kind: SignalKind| standing.modified[kind as usize].is_some();
    let ours = |kind: SignalKind| stands(kind) && standing.is_from_this_process[kind as usize];
    let wanted = match rule.publication {
        Publication::Nothing => None,
        Publication::Signal(kind) => Some(kind),
        Publication::Start
            if facts.is_after_compaction || ours(SignalKind::Working) || ours(SignalKind::Permission) =>
        {
            None
        }
        Publication::Turn if facts.has_working_task => Some(SignalKind::Working),
        Publication::Start | Publication::Turn => Some(SignalKind::Stop),
        Publication::Resumption => stands(SignalKind::Stop).then_some(SignalKind::Working),
        Publication::ManualCompaction => facts.is_manual.then_some(SignalKind::Stop),
    };
    // A subagent's event says nothing of the session but that its own calls wait or are over.
    let publish = wanted.filter(|kind| !late && (!facts.is_subagent || *kind == SignalKind::Permission));
    let mut clear = [false; 4];
    for kind in publish.map_or(&[][..], SignalKind::supersedes) {
        clear[*kind as usize] = true;
    }
    if rule.publication == Publication::Start && !late && !facts.is_subagent {
        // The session is back; what an earlier process of it left (it was killed) is no longer true.
        for kind in SIGNAL_KINDS {
            let of_the_dead = stands(kind) && !ours(kind) && !facts.is_after_compaction;
            clear[kind as usize] |= publish != Some(kind) && (kind == SignalKind::Ended || of_the_dead);
        }
    }
    let calls = match rule.call_effect {
        CallEffect::Add if late => CallEffect::Keep,
        CallEffect::ResolveSubagents if !facts.is_subagent => CallEffect::Keep,
        CallEffect::ResolveAtStop if !facts.is_subagent && !facts.has_delegated_task => CallEffect::ResolveAll,
        CallEffect::ResolveSubagents | CallEffect::ResolveAtStop => CallEffect::ResolveAgents,
        calls => calls,
    };
    let stop = standing.modified[SignalKind::Stop as usize].filter(|_| rule.publication == Publication::Resumption);
    Decision { publish, since: stop.map_or(facts.time, Time::next_nanosecond).min(facts.time), calls, clear }
}
