//! A hook's life: read, decide, publish, exit code.

use core::cell::OnceCell;

use crate::calls;
use crate::change::Change;
use crate::error::{Error, Operation, Place, Result};
use crate::event::{Calls, Decision, Facts, Hook, KINDS, Kind, Publishes, Standing, decide};
use crate::payload::{self, Fields, SessionId};
use crate::process::{self, Identity};
use crate::spool::{self, Spool, Writer};
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
    let time = sys::now().map_err(Error::at(Operation::Read, Place::Clock))?;
    sys::block_signals();
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
    let identity = OnceCell::new();
    let session = Session { spool: &spool, id: id.as_bytes(), time, payload, fields: &fields, environment, identity };
    let mut standing = spool.standing(session.id)?;
    if rule.publishes == Publishes::Start {
        for kind in KINDS {
            standing.ours[kind as usize] = standing.modified[kind as usize].is_some() && session.is_ours(kind);
        }
    }
    let decision = decide(rule, &facts, &standing);
    session.carry_out(decision, &standing)?;
    let changed = decision.publish.is_some() || decision.clear.contains(&true);
    if changed { session.settle(decision, &facts) } else { Ok(()) }
}

/// One session, as one event of it sees it.
struct Session<'a> {
    spool: &'a Spool,
    id: &'a [u8],
    time: Time,
    payload: &'a [u8],
    fields: &'a Fields<'a>,
    environment: &'a Environment,
    /// Found out where it is asked for.
    identity: OnceCell<Identity>,
}

impl Session<'_> {
    fn identity(&self) -> &Identity {
        self.identity.get_or_init(|| process::identity(self.environment))
    }

    /// The new signal first, then the clears: of a crash in between, both are left, and priority decides.
    #[inline(never)]
    fn carry_out(&self, decision: Decision, standing: &Standing) -> Result<()> {
        if let Some(kind) = decision.publish.filter(|kind| *kind != Kind::Permission) {
            let (stamp, identity) = (decision.since.stamp(), self.identity().tail.as_bytes());
            self.spool.publish(self.id, kind, decision.since, standing, &|out| {
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
        for kind in KINDS {
            if decision.clear[kind as usize] {
                self.spool.clear(self.id, kind, self.time, standing)?;
            }
        }
        // A list that cannot be read or written keeps nothing else from being cleared.
        revised
    }

    /// Adds this event's call to those that wait, or takes those out that it resolves.
    fn revise(&self, calls: Calls, standing: Standing) -> Result<()> {
        let (time, fields, payload) = (self.time, self.fields, self.payload);
        let tail = &|out: &mut Writer| out.put(self.identity().tail.as_bytes());
        self.spool.revise(
            self.id,
            &Change { calls, fields, time, payload, stamp: calls::stamp(time).as_bytes(), tail },
            standing,
        )
    }

    /// What others did meanwhile may not have taken this event into account: of several states the newest stays,
    /// and a call that a newer event would have resolved does not.
    fn settle(&self, decision: Decision, facts: &Facts) -> Result<()> {
        let standing = self.spool.standing(self.id)?;
        let calls = match decision.calls {
            Calls::Add if standing.late(facts) => Calls::Own,
            Calls::Add => Calls::Keep,
            calls => calls,
        };
        if calls != Calls::Keep {
            self.revise(calls, standing)?;
        }
        self.spool.settle(self.id, &standing)
    }

    /// Whether the same CLI process published the signal that stands.
    fn is_ours(&self, kind: Kind) -> bool {
        let identity = self.identity();
        identity.is_known && self.spool.read(self.id, kind).is_ok_and(|text| text.ends_with(identity.tail.as_bytes()))
    }
}
