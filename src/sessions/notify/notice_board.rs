//! Decides for which sessions the user is called, when, and which notices are withdrawn. Pure: it reads no clock and no file,
//! and shows nothing.
//!
//! A need begins when a session begins to need its user, or when another call asks. It is called for once, after it has lasted
//! for a while. A notice is withdrawn when the need of each of its sessions is over.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant, SystemTime};

use super::need::{Need, NeedKind};

/// How many notices may come within [`WINDOW`] one by one. More are put together into one.
pub const MAX_SINGLE: usize = 3;

/// See [`MAX_SINGLE`]. A notice waits at most this long for the window to pass.
pub const WINDOW: Duration = Duration::from_secs(3);

/// A session that is seen for the first time is called for only if its need is at most this old, or not older than `after`. An
/// older need began before this program, and its user was called for it or knows of it.
pub const MAX_FIRST_AGE: Duration = Duration::from_secs(5);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeAction {
    /// Call the user for these sessions. Of several sessions there is one notice.
    Call { number: u64, sessions: Vec<String> },
    /// Take back the notice with this number.
    Withdraw { number: u64 },
}

/// Where the user may look while a need becomes due. The first argument is the id of a session.
pub type FocusQuestion<'a> = &'a mut dyn FnMut(&str) -> bool;

/// The needs that there are, and the notices that were given.
pub struct NoticeBoard {
    /// How long a need lasts before the user is called.
    after: Duration,
    /// The sessions that were seen, whether they needed the user or not.
    seen: HashSet<String>,
    needs: BTreeMap<String, TrackedNeed>,
    /// The sessions of each notice that still need the user.
    notices: BTreeMap<u64, BTreeSet<String>>,
    last_number: u64,
    /// The notices to be withdrawn.
    withdrawn: Vec<u64>,
    /// When notices were given lately.
    recent: Vec<Instant>,
}

/// A need that has begun.
struct TrackedNeed {
    need: Need,
    call: CallState,
}

enum CallState {
    /// The user is called at this time.
    Due(Instant),
    /// The user was called at this time, or need not be called. A number is that of the notice.
    Settled(SystemTime, Option<u64>),
}

impl NoticeBoard {
    /// Starts without a session.
    pub fn new(after: Duration) -> Self {
        Self {
            after,
            seen: HashSet::new(),
            needs: BTreeMap::new(),
            notices: BTreeMap::new(),
            last_number: 0,
            withdrawn: Vec::new(),
            recent: Vec::new(),
        }
    }

    /// Takes what a session needs now. The two times are the same one, of two clocks.
    pub fn observe(&mut self, session: &str, need: Option<Need>, now: Instant, wall: SystemTime) {
        let is_new = self.seen.insert(session.to_owned());
        let Some(need) = need else { return self.end_need(session) };
        let Some(tracked) = self.needs.get_mut(session) else {
            return self.begin_need(session, need, is_new, now, wall);
        };
        match tracked.compare(&need) {
            Comparison::Same => tracked.merge(need, wall),
            Comparison::NextOfKnownCalls => {
                // The call of the notice has its answer, and the user who gave it sees the next one.
                self.end_need(session);
                let call = CallState::Settled(wall, None);
                self.needs.insert(session.to_owned(), TrackedNeed { need, call });
            }
            Comparison::Other => {
                self.end_need(session);
                self.begin_need(session, need, false, now, wall);
            }
        }
    }

    /// Forgets a session of which nothing is known any more.
    pub fn forget(&mut self, session: &str) {
        self.end_need(session);
        self.seen.remove(session);
    }

    fn begin_need(&mut self, session: &str, need: Need, is_new: bool, now: Instant, wall: SystemTime) {
        // The age of a need counts only if the session was not seen before. A session that was seen has begun to need its user
        // just now, although its turn may have ended long ago: a subagent may have gone on.
        let age = if is_new { wall.duration_since(need.since).unwrap_or_default() } else { Duration::ZERO };
        let is_called = !need.is_users_act && age <= self.after.max(MAX_FIRST_AGE);
        let due = now.checked_add(self.after.saturating_sub(age)).filter(|_| is_called);
        let call = due.map_or(CallState::Settled(wall, None), CallState::Due);
        self.needs.insert(session.to_owned(), TrackedNeed { need, call });
    }

    fn end_need(&mut self, session: &str) {
        let Some(TrackedNeed { call: CallState::Settled(_, Some(number)), .. }) = self.needs.remove(session) else {
            return;
        };
        if let Some(sessions) = self.notices.get_mut(&number) {
            sessions.remove(session);
            if sessions.is_empty() {
                self.notices.remove(&number);
                self.withdrawn.push(number);
            }
        }
    }

    /// Returns when [`decide`](Self::decide) must be called although nothing was observed.
    pub fn next_wakeup(&self) -> Option<Instant> {
        let due = self.needs.values().filter_map(TrackedNeed::due).min()?;
        // If notices came lately, the next ones may have to wait.
        let is_full = self.recent.len() >= MAX_SINGLE;
        let free = self.recent.first().filter(|_| is_full).map(|first| *first + WINDOW);
        Some(free.map_or(due, |free| free.max(due)))
    }

    /// Decides what is to be done now. A session whose terminal has the focus is not called for: the user sees it.
    pub fn decide(&mut self, now: Instant, wall: SystemTime, has_focus: FocusQuestion) -> Vec<NoticeAction> {
        let withdrawn = std::mem::take(&mut self.withdrawn);
        let mut actions: Vec<_> = withdrawn.into_iter().map(|number| NoticeAction::Withdraw { number }).collect();
        self.recent.retain(|given| now.duration_since(*given) < WINDOW);
        let mut due: Vec<_> =
            self.needs.iter().filter_map(|(id, tracked)| Some((tracked.due()?, id.clone()))).collect();
        due.retain(|(due, _)| *due <= now);
        due.sort();
        let is_too_many = self.recent.len() + due.len() > MAX_SINGLE;
        if due.is_empty() || is_too_many && !self.recent.is_empty() {
            // What must wait is counted as a full window, so that it is decided on when the window has passed.
            if is_too_many && !due.is_empty() {
                self.fill_window();
            }
            return actions;
        }
        let mut sessions = Vec::new();
        for (_, id) in due {
            if has_focus(&id) {
                self.settle(&id, wall, None);
            } else {
                sessions.push(id);
            }
        }
        if sessions.len() > MAX_SINGLE {
            actions.push(self.give_notice(sessions, now, wall));
            self.fill_window();
        } else {
            actions.extend(sessions.into_iter().map(|id| self.give_notice(vec![id], now, wall)));
        }
        actions
    }

    fn fill_window(&mut self) {
        if let Some(last) = self.recent.last().copied() {
            self.recent.resize(self.recent.len().max(MAX_SINGLE), last);
        }
    }

    fn give_notice(&mut self, sessions: Vec<String>, now: Instant, wall: SystemTime) -> NoticeAction {
        self.last_number += 1;
        let number = self.last_number;
        for id in &sessions {
            self.settle(id, wall, Some(number));
        }
        self.notices.insert(number, sessions.iter().cloned().collect());
        self.recent.push(now);
        NoticeAction::Call { number, sessions }
    }

    fn settle(&mut self, session: &str, wall: SystemTime, number: Option<u64>) {
        if let Some(tracked) = self.needs.get_mut(session) {
            tracked.call = CallState::Settled(wall, number);
        }
    }
}

/// How what a session needs now is related to what it needed before.
enum Comparison {
    Same,
    /// Another call, which waited already when the user was called.
    NextOfKnownCalls,
    Other,
}

impl TrackedNeed {
    fn due(&self) -> Option<Instant> {
        match self.call {
            CallState::Due(due) => Some(due),
            CallState::Settled(..) => None,
        }
    }

    fn compare(&self, need: &Need) -> Comparison {
        match (&self.need.kind, &need.kind) {
            (NeedKind::Approval(Some(before)), NeedKind::Approval(Some(after))) if before != after => {
                let was_known = match self.call {
                    CallState::Due(_) => false,
                    CallState::Settled(at, _) => after.asked_at.is_some_and(|asked| asked <= at),
                };
                if was_known { Comparison::NextOfKnownCalls } else { Comparison::Other }
            }
            // The files that name the call may be seen later than those that say that one waits.
            (NeedKind::Approval(_), NeedKind::Approval(_)) | (NeedKind::Prompt, NeedKind::Prompt) => Comparison::Same,
            _ => Comparison::Other,
        }
    }

    /// Takes what is newly known of the same need.
    fn merge(&mut self, need: Need, wall: SystemTime) {
        if let NeedKind::Approval(Some(_)) = need.kind {
            self.need.kind = need.kind;
        }
        // The source that says who made the session wait may be seen later, too.
        if need.is_users_act && self.due().is_some() {
            self.call = CallState::Settled(wall, None);
        }
    }
}
