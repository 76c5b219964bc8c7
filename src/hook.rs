//! A hook's life: read, decide, publish, exit code.

use core::cell::LazyCell;

use crate::calls::{self, Added};
use crate::error::{Error, Place, Result};
use crate::event::{Calls, Decision, Facts, Hook, KINDS, Kind, Publishes, Standing, decide};
use crate::payload::{self, Fields, SessionId};
use crate::process::{self, Identity};
use crate::spool::{self, Spool};
use crate::sys::{self, Environment};
use crate::time::Time;

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
            let spool = spool::paths(environment).map(|(_, spool)| spool).unwrap_or_default();
            sys::complain(error.line(hook.executable(), &spool, id.as_bytes()).as_bytes());
            1
        }
    }
}

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
    let session = Session { spool: &spool, id: id.as_bytes(), payload, fields: &fields, identity: &identity };
    let mut standing = spool.standing(session.id)?;
    if rule.publishes == Publishes::Start {
        for kind in KINDS {
            standing.ours[kind as usize] = standing.modified[kind as usize].is_some() && session.is_ours(kind);
        }
    }
    let decision = decide(rule, &facts, &standing);
    session.carry_out(decision, time, &standing)?;
    if spool.locked { Ok(()) } else { session.look_again(decision, &facts) }
}

/// One session, as one event of it sees it.
struct Session<'a> {
    spool: &'a Spool,
    id: &'a [u8],
    payload: &'a [u8],
    fields: &'a Fields<'a>,
    identity: &'a LazyCell<Identity>,
}

impl Session<'_> {
    /// The new signal first, then the clears: of a crash in between, both are left, and priority decides.
    fn carry_out(&self, decision: Decision, time: Time, standing: &Standing) -> Result<()> {
        if let Some(kind) = decision.publish.filter(|kind| *kind != Kind::Permission) {
            let (stamp, identity) = (time.stamp(), self.identity.tail.as_bytes());
            self.spool.publish(self.id, kind, time, |out| {
                out.put(calls::open(self.payload))?;
                out.put(b",\"")?;
                out.put(kind.stamp_member().as_bytes())?;
                out.put(b"\":\"")?;
                out.put(stamp.as_bytes())?;
                out.put(b"\"")?;
                out.put(identity)
            })?;
        }
        let stands = |kind: Kind| standing.modified[kind as usize].is_some();
        let asked = stands(Kind::Permission) && !decision.clear[Kind::Permission as usize];
        if decision.calls == Calls::Add || asked && decision.calls != Calls::Keep {
            self.revise(decision.calls, time, standing.now, asked)?;
        }
        for kind in KINDS {
            // Without the lock, what was not there may be there by now.
            if decision.clear[kind as usize] && (stands(kind) || !self.spool.locked) {
                self.spool.clear(self.id, kind)?;
            }
        }
        Ok(())
    }

    /// Adds this event's call to those that wait, or takes those out that it resolves.
    fn revise(&self, calls: Calls, time: Time, now: Time, asked: bool) -> Result<()> {
        let old = if asked { self.spool.read(self.id, Kind::Permission)? } else { b"" };
        let waits = |entry: &&[u8]| !calls::resolves(calls, self.fields, time, now, entry);
        let known = |entry: &[u8]| calls::same(self.fields, &Fields::of(entry));
        let adds = calls == Calls::Add && !calls::entries(old).any(known);
        let left = calls::entries(old).filter(waits).count();
        if !adds && left == 0 {
            return self.spool.clear(self.id, Kind::Permission);
        }
        if !adds && left == calls::entries(old).count() {
            return Ok(());
        }
        let (stamp, identity) = (calls::stamp(time), self.identity.tail.as_bytes());
        let list = || {
            let added = adds.then(|| Added::new(self.payload, time, stamp.as_bytes()));
            calls::merge(calls::entries(old).filter(waits), added)
        };
        self.spool.publish(self.id, Kind::Permission, time, |out| {
            // The oldest one's members are the file's own.
            for piece in list().next().into_iter().flatten() {
                out.put(piece)?;
            }
            let mut before: &[u8] = b",\"pending\":[";
            for pieces in list() {
                for piece in [before, pieces[0], pieces[1], b"}"] {
                    out.put(piece)?;
                }
                before = b",";
            }
            out.put(b"]")?;
            out.put(identity)
        })
    }

    /// Without the lock: takes back what a newer event may not have seen.
    fn look_again(&self, decision: Decision, facts: &Facts) -> Result<()> {
        let standing = self.spool.standing(self.id)?;
        let Some(kind) = decision.publish.filter(|_| standing.late(facts)) else {
            return Ok(());
        };
        let is_this = standing.modified[kind as usize] == Some(facts.time);
        match kind {
            Kind::Permission if is_this => self.revise(Calls::Own, facts.time, standing.now, true),
            _ if is_this => self.spool.clear(self.id, kind),
            _ => Ok(()),
        }
    }

    /// Whether the same CLI process published the signal that stands.
    fn is_ours(&self, kind: Kind) -> bool {
        let identity: &Identity = self.identity;
        identity.is_known && self.spool.read(self.id, kind).is_ok_and(|text| text.ends_with(identity.tail.as_bytes()))
    }
}
