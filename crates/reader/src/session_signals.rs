//! The signals of one session, and which of them count.

use std::sync::Arc;
use std::time::SystemTime;

use session_signals_protocol::{SIGNAL_KINDS, SignalKind, StoredSignals};

use crate::signal::Signal;
use crate::timestamps::to_hook_time;

/// The order in which a reader that has only the signal files looks at the kinds: the first kind of which there is a signal
/// says what the session does.
///
/// The order is right only because hooks and repairs delete the signals that a newer one supersedes. A reader that knows the
/// time of each signal uses [`SessionSignals::in_force`] instead.
pub const KIND_PRIORITY: [SignalKind; 4] =
    [SignalKind::Ended, SignalKind::Permission, SignalKind::Stop, SignalKind::Working];

/// The signals of one session: at most one of each kind.
///
/// Signals are shared, because there may be very many of them and several readers keep them.
#[derive(Clone, Debug, Default)]
pub struct SessionSignals([Option<Arc<Signal>>; 4]);

impl SessionSignals {
    /// Calls `read` for each kind and keeps what it returns.
    pub fn from_kinds(read: impl FnMut(SignalKind) -> Option<Arc<Signal>>) -> Self {
        Self(SIGNAL_KINDS.map(read))
    }

    /// Returns the signal of this kind.
    #[must_use]
    pub fn get(&self, kind: SignalKind) -> Option<&Signal> {
        self.0[kind as usize].as_deref()
    }

    /// Replaces the signal of this kind, and returns the one that was there before.
    pub fn replace(&mut self, kind: SignalKind, signal: Option<Arc<Signal>>) -> Option<Arc<Signal>> {
        std::mem::replace(&mut self.0[kind as usize], signal)
    }

    /// Removes the signals for which `keep` returns false.
    pub fn retain(&mut self, keep: impl Fn(&Signal) -> bool) {
        for signal in &mut self.0 {
            *signal = signal.take().filter(|signal| keep(signal));
        }
    }

    /// Returns the signals that are there, in the order of their kinds.
    pub fn iter(&self) -> impl Iterator<Item = &Signal> {
        self.0.iter().flatten().map(Arc::as_ref)
    }

    /// Returns whether there is no signal at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Returns the newest signal. A signal with a time after `now` is older than any other, because the clock stepped back.
    #[must_use]
    pub fn newest(&self, now: SystemTime) -> Option<&Signal> {
        self.get(self.newest_kind(now)?)
    }

    /// Returns the kind of the newest signal.
    #[must_use]
    pub fn newest_kind(&self, now: SystemTime) -> Option<SignalKind> {
        let age = |kind: &SignalKind| self.get(*kind).map(|signal| signal.age_order(now));
        SIGNAL_KINDS.into_iter().filter(|kind| self.get(*kind).is_some()).max_by_key(age)
    }

    /// Returns the kind that a reader of the files alone believes: see [`KIND_PRIORITY`].
    #[must_use]
    pub fn first_by_priority(&self) -> Option<SignalKind> {
        KIND_PRIORITY.into_iter().find(|kind| self.get(*kind).is_some())
    }

    /// Returns the signal of this kind, unless a newer signal made it false.
    ///
    /// Such a signal is there for a moment while a hook works. It stays if the hook was killed, or if another program wrote it.
    /// Which signal makes which other one false is the rule of the hooks, [`StoredSignals::superseded_by`]. For `permission`
    /// there are two additions:
    ///
    /// - An `ended` that is itself false does not count.
    /// - The begin or the end of a turn answers the older calls of the main agent. Hooks resolve these calls one by one and do
    ///   not need this rule.
    #[must_use]
    pub fn in_force(&self, kind: SignalKind, now: SystemTime) -> Option<&Signal> {
        let signal = self.get(kind)?;
        let stored = self.to_stored(now);
        let is_superseded = |kind| stored.superseded_by(kind).is_some();
        let is_false = if kind == SignalKind::Permission {
            stored.superseded_by(kind).is_some_and(|end| !is_superseded(end)) || {
                let is_answer = |turn: SignalKind| {
                    let is_newer = self.get(turn).is_some_and(|turn| turn.age_order(now) > signal.age_order(now));
                    is_newer && !is_superseded(turn) && self.answers_main_agent(turn)
                };
                !signal.asks_for_subagent() && (is_answer(SignalKind::Working) || is_answer(SignalKind::Stop))
            }
        } else {
            is_superseded(kind)
        };
        (!is_false).then_some(signal)
    }

    /// Returns the times of the signals in the form in which the hooks compare them.
    fn to_stored(&self, now: SystemTime) -> StoredSignals {
        let modified = SIGNAL_KINDS.map(|kind| self.get(kind).map(|signal| to_hook_time(signal.time)));
        StoredSignals { now: to_hook_time(now), modified, ..StoredSignals::default() }
    }

    /// Returns whether a `working` or `stop` signal answers the older calls of the main agent. The begin and the end of a turn do.
    /// A turn that goes on or is compacted answers no call.
    fn answers_main_agent(&self, kind: SignalKind) -> bool {
        let event = self.get(kind).and_then(|signal| signal.members.hook_event_name.as_deref());
        // The scripts that the hooks replace write no event name. They write `working` only when a turn begins.
        kind != SignalKind::Working || matches!(event, None | Some("UserPromptSubmit" | "Stop"))
    }
}
