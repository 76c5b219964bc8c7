//! A hook's life: read, decide, publish, exit code.

use core::cell::LazyCell;

use crate::calls;
use crate::error::{Error, Place, Reason, Result};
use crate::event::{Calls, Decision, Facts, Hook, KINDS, Kind, Publishes, Standing, decide};
use crate::payload::{self, Fields, SessionId};
use crate::process::{self, Identity};
use crate::spool::{self, Spool};
use crate::sys::{self, Environment};
use crate::time::Time;

/// How often the list of calls is made anew where others change it at the same time.
const TRIES: usize = 8;

/// Handles the event on standard input. The exit code: 0, or 1 with one line on standard error.
///
/// Never 2, which would block the user's prompt; and nothing on standard output, which the CLI would put
/// into the conversation.
#[must_use]
pub fn run(hook: Hook, environment: &Environment) -> i32 {
    let mut id = SessionId::default();
    match live(hook, environment, &mut id) {
        Ok(()) => 0,
        Err(error) => {
            report(hook, environment, &id, &error);
            1
        }
    }
}

/// Not inlined: its lines and paths are pages of stack that every hook would touch.
#[cold]
#[inline(never)]
fn report(hook: Hook, environment: &Environment, id: &SessionId, error: &Error) {
    let spool = spool::path(environment).unwrap_or_default();
    sys::complain(error.line(hook.executable(), &spool, id.as_bytes()).as_bytes());
}

#[inline(never)]
fn live(hook: Hook, environment: &Environment, id: &mut SessionId) -> Result<()> {
    // First of all: events are ordered by it.
    let time = sys::now().map_err(Error::at("read", Place::Clock))?;
    let payload = payload::read(hook)?;
    let fields = Fields::of(payload);
    *id = fields.session()?;
    let rule = fields.rule(hook)?;
    let facts = fields.facts(time);
    // Where there is no spool, there is nothing to answer or to clear.
    let may_publish = !matches!(rule.publishes, Publishes::Nothing | Publishes::Resumption);
    let Some(spool) = Spool::open(environment, may_publish)? else {
        return Ok(());
    };
    let identity = LazyCell::new(process::identity as fn() -> Identity);
    let session = Session { spool: &spool, id: id.as_bytes(), time, payload, fields: &fields, identity: &identity };
    let mut standing = spool.standing(session.id)?;
    if rule.publishes == Publishes::Start {
        for kind in KINDS {
            standing.ours[kind as usize] = standing.modified[kind as usize].is_some() && session.is_ours(kind);
        }
    }
    let decision = decide(rule, &facts, &standing);
    session.carry_out(decision, &standing)?;
    let changed = decision.publish.is_some() || decision.clear.contains(&true);
    if changed && !session.is_alone() { session.settle(decision, &facts) } else { Ok(()) }
}

/// One session, as one event of it sees it.
struct Session<'a> {
    spool: &'a Spool,
    id: &'a [u8],
    time: Time,
    payload: &'a [u8],
    fields: &'a Fields<'a>,
    identity: &'a LazyCell<Identity>,
}

impl Session<'_> {
    /// The new signal first, then the clears: of a crash in between, both are left, and priority decides.
    #[inline(never)]
    fn carry_out(&self, decision: Decision, standing: &Standing) -> Result<()> {
        if let Some(kind) = decision.publish.filter(|kind| *kind != Kind::Permission) {
            let (stamp, identity) = (self.time.stamp(), self.identity.tail.as_bytes());
            let may = || self.is_alone() || !self.is_overtaken(kind);
            self.spool.publish(self.id, kind, self.time, &may, &|out| {
                out.put(calls::open(self.payload))?;
                out.put(b",\"")?;
                out.put(kind.stamp_member().as_bytes())?;
                out.put(b"\":\"")?;
                out.put(stamp.as_bytes())?;
                out.put(b"\"")?;
                out.put(identity)
            })?;
        }
        let revised = if decision.calls == Calls::Keep { Ok(()) } else { self.revise(decision.calls, *standing) };
        let stands = |kind: Kind| standing.modified[kind as usize].is_some();
        for kind in KINDS {
            if decision.clear[kind as usize] && stands(kind) {
                self.clear(kind, self.time)?;
            }
        }
        // A list that cannot be read or written keeps nothing else from being cleared.
        revised
    }

    /// Whether nobody else can be at work on the spool. One who is stopped while it holds the lock is not waited
    /// for any longer, and does not know: it is too old to be sure.
    fn is_alone(&self) -> bool {
        self.spool.locked && sys::now().is_ok_and(|now| self.time.is_within(spool::PATIENCE, now))
    }

    /// Whether a newer event has published this kind.
    fn is_overtaken(&self, kind: Kind) -> bool {
        let now = sys::now().unwrap_or_default();
        self.spool.modified(self.id, kind).is_some_and(|modified| self.time < modified && modified <= now)
    }

    /// Deletes a signal; that of a later event than `time` only if the lock says that there is none.
    fn clear(&self, kind: Kind, time: Time) -> Result<()> {
        if self.is_alone() { self.spool.clear(self.id, kind) } else { self.spool.clear_up_to(self.id, kind, time) }
    }

    /// Adds this event's call to those that wait, or takes those out that it resolves. Again, on what stands by
    /// then, where somebody without the lock was quicker.
    fn revise(&self, calls: Calls, mut standing: Standing) -> Result<()> {
        for _ in 0..TRIES {
            if self.revised(calls, &standing)? {
                break;
            }
            standing = self.spool.standing(self.id)?;
        }
        Ok(())
    }

    /// `false` where the calls that wait are no longer those of `standing`.
    #[inline(never)]
    fn revised(&self, calls: Calls, standing: &Standing) -> Result<bool> {
        let (time, seen) = (self.time, standing.modified[Kind::Permission as usize]);
        let still = || self.is_alone() || self.spool.modified(self.id, Kind::Permission) == seen;
        let old = match seen.map(|_| self.spool.read(self.id, Kind::Permission)) {
            Some(Err(_)) if !still() => return Ok(false),
            // No reader can tell what waits there. A list that can be read at another time is left for then.
            Some(Err(Error { reason: Reason::Words(_), .. })) if matches!(calls, Calls::Agents | Calls::All) => {
                Default::default()
            }
            old => old.transpose()?.unwrap_or_default(),
        };
        let len = old.len();
        let revision = calls::revise(calls::pending(old), calls, self.fields, time, standing.now);
        if revision.is_empty() {
            return match seen {
                Some(seen) if still() => self.clear(Kind::Permission, seen).map(|()| true),
                seen => Ok(seen.is_none()),
            };
        }
        if !revision.adds && !revision.resolves {
            return Ok(true);
        }
        if revision.adds && (len + 2 * self.payload.len()) as u64 > spool::MAX_LEN {
            return Err(Error::words("add to", Place::Signal(Kind::Permission), "too much waits already"));
        }
        // A late answer must not make what still waits look older than it is.
        let modified = seen.filter(|seen| *seen <= standing.now).map_or(time, |seen| seen.max(time));
        let (stamp, identity) = (calls::stamp(time), self.identity.tail.as_bytes());
        self.spool.publish(self.id, Kind::Permission, modified, &still, &|out| {
            for piece in revision.pieces(self.payload, stamp.as_bytes()) {
                out.put(piece)?;
            }
            out.put(identity)
        })
    }

    /// What others did meanwhile may not have taken this event into account: of several states the newest stays,
    /// and a call that a newer event would have resolved does not.
    fn settle(&self, decision: Decision, facts: &Facts) -> Result<()> {
        let standing = self.spool.standing(self.id)?;
        if decision.publish == Some(Kind::Permission) {
            return if standing.late(facts) { self.revise(Calls::Own, standing) } else { Ok(()) };
        }
        let (newest, time) = standing.newest();
        for kind in newest.supersedes() {
            self.spool.clear_up_to(self.id, *kind, time)?;
        }
        Ok(())
    }

    /// Whether the same CLI process published the signal that stands.
    fn is_ours(&self, kind: Kind) -> bool {
        let identity: &Identity = self.identity;
        identity.is_known && self.spool.read(self.id, kind).is_ok_and(|text| text.ends_with(identity.tail.as_bytes()))
    }
}
