//! What one event changes, given the signals that are stored. Everything here is pure.

use crate::event_table::{CallEffect, EventRule, Publication};
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::time::Time;

/// What the decision needs to know about an event.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct EventFacts {
    /// When the hook started.
    pub time: Time,
    /// The payload has an `agent_id`: it is a subagent's event.
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

/// The signals that are stored for one session, at one time.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredSignals {
    /// The realtime clock, read after the signals were looked up.
    pub now: Time,
    /// The modification time of each kind's file, which is the time of its event. Indexed by `SignalKind as usize`; `None` if
    /// there is no signal of the kind.
    pub modified: [Option<Time>; 4],
    /// Whether this CLI process published the signal. Only [`Publication::SessionStart`] uses it.
    pub is_from_this_process: [bool; 4],
}

impl StoredSignals {
    /// Returns whether there is a signal of this kind that is newer than `time`.
    ///
    /// A signal from the future counts as old: it was written before the clock was set back.
    #[must_use]
    pub fn has_newer(&self, kind: SignalKind, time: Time) -> bool {
        self.modified[kind as usize].is_some_and(|modified| time < modified && modified <= self.now)
    }

    /// Returns the modification time for the next version of a kind's file: `time`, or one nanosecond after the stored
    /// version if that is later. So no two versions have the same time. A stored version from the future does not count.
    #[must_use]
    pub fn next_version_time(&self, kind: SignalKind, time: Time) -> Time {
        self.modified[kind as usize]
            .filter(|modified| *modified <= self.now)
            .map_or(time, |modified| modified.next_nanosecond().max(time))
    }

    /// Returns the stored signal that makes the signal of this kind false; `None` if the signal is true, or is not stored.
    ///
    /// **This is the only function that says which of several stored signals wins.** Hooks use it to delete what is false,
    /// and readers use it to ignore what is false. A signal is false if a newer one is stored that
    /// [supersedes](SignalKind::supersedes) its kind. A signal from the future counts as older than any other, because it was
    /// written before the clock was set back. Of two signals with the same time, the kind that is later in [`SIGNAL_KINDS`]
    /// counts as newer.
    #[must_use]
    pub fn superseded_by(&self, kind: SignalKind) -> Option<SignalKind> {
        let rank =
            |kind: SignalKind| self.modified[kind as usize].map(|time| (time.age_order(self.now), kind as usize));
        let own_rank = rank(kind)?;
        SIGNAL_KINDS
            .into_iter()
            .find(|other| other.supersedes().contains(&kind) && rank(*other).is_some_and(|rank| own_rank < rank))
    }

    /// Returns whether a later event of the session was handled before this one. A late event publishes nothing and deletes
    /// nothing. It may still resolve pending calls.
    #[must_use]
    pub fn is_late(&self, facts: &EventFacts) -> bool {
        let has_newer = |kind| self.has_newer(kind, facts.time);
        has_newer(SignalKind::Ended)
            || !facts.is_subagent && (has_newer(SignalKind::Working) || has_newer(SignalKind::Stop))
    }
}

/// What a hook must do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The signal to publish. For a `permission`, the event's call is added to the pending calls.
    pub publish: Option<SignalKind>,
    /// The time of the published signal. It is the event's time, with one exception: a turn that goes on after a blocked Stop
    /// has been running since that Stop. With the event's time, a request that was made before this event and is handled
    /// after it would count as late.
    pub since: Time,
    /// What to do to the pending calls. It is never [`CallEffect::ResolveSubagent`] or [`CallEffect::ResolveAtStop`]: the
    /// decision replaces these two by one of the others.
    pub call_effect: CallEffect,
    /// The signals to delete. Indexed by `SignalKind as usize`.
    pub clear: [bool; 4],
}

/// Decides what an event of the module changes. It publishes nothing if no stored signal is false because of it: then a hook of
/// `settings.json` has already told the same, with more members.
#[must_use]
pub fn decide_module_event(rule: &EventRule, facts: &EventFacts, stored: &StoredSignals) -> Decision {
    let decision = decide(rule, facts, stored);
    let is_false = |kind: &SignalKind| stored.modified[*kind as usize].is_some();
    if decision.publish.is_some_and(|kind| kind.supersedes().iter().any(is_false)) {
        return decision;
    }
    Decision { publish: None, clear: [false; 4], ..decision }
}

/// Decides what an event changes, by its rule, its payload and the stored signals.
#[must_use]
#[inline(never)]
pub fn decide(rule: &EventRule, facts: &EventFacts, stored: &StoredSignals) -> Decision {
    let is_late = stored.is_late(facts);
    let is_stored = |kind: SignalKind| stored.modified[kind as usize].is_some();
    let is_ours = |kind: SignalKind| is_stored(kind) && stored.is_from_this_process[kind as usize];
    let is_start = rule.publication == Publication::SessionStart;
    let publication = match rule.publication {
        Publication::Nothing => None,
        Publication::Signal(kind) => Some(kind),
        Publication::SessionStart
            if facts.is_after_compaction || is_ours(SignalKind::Working) || is_ours(SignalKind::Permission) =>
        {
            None
        }
        Publication::TurnEnd if facts.has_working_task => Some(SignalKind::Working),
        Publication::SessionStart | Publication::TurnEnd => Some(SignalKind::Stop),
        Publication::TurnGoesOn => is_stored(SignalKind::Stop).then_some(SignalKind::Working),
        Publication::ManualCompaction => facts.is_manual.then_some(SignalKind::Stop),
    };
    // A subagent's event changes nothing but the subagent's own calls.
    let publish = publication.filter(|kind| !is_late && (!facts.is_subagent || *kind == SignalKind::Permission));
    let mut clear = [false; 4];
    for kind in publish.map_or(&[][..], SignalKind::supersedes) {
        clear[*kind as usize] = true;
    }
    if is_start && !is_late && !facts.is_subagent {
        // The session runs again. Signals of an earlier process of the session, which was killed, are no longer true.
        for kind in SIGNAL_KINDS {
            let is_of_dead_process = is_stored(kind) && !is_ours(kind) && !facts.is_after_compaction;
            clear[kind as usize] |= publish != Some(kind) && (kind == SignalKind::Ended || is_of_dead_process);
        }
    }
    let call_effect = match rule.call_effect {
        CallEffect::Add if is_late => CallEffect::Keep,
        CallEffect::ResolveSubagent if !facts.is_subagent => CallEffect::Keep,
        CallEffect::ResolveAtStop if !facts.is_subagent && !facts.has_delegated_task => CallEffect::ResolveAll,
        CallEffect::ResolveSubagent | CallEffect::ResolveAtStop => CallEffect::ResolveAgent,
        effect => effect,
    };
    let blocked_stop =
        stored.modified[SignalKind::Stop as usize].filter(|_| rule.publication == Publication::TurnGoesOn);
    let since = blocked_stop.map_or(facts.time, Time::next_nanosecond).min(facts.time);
    Decision { publish, since, call_effect, clear }
}
