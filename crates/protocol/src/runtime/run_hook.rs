//! A hook's life: read, decide, publish, exit code.

use core::cell::OnceCell;

use crate::cli_process::{self, CliIdentity};
use crate::decision::{Decision, EventFacts, StoredSignals, decide};
use crate::error::{Error, Operation, Result, Subject};
use crate::event_table::{CallEffect, Publication};
use crate::hook::Hook;
use crate::payload::{PayloadFields, SessionId};
use crate::payload_reader::read_payload;
use crate::pending_calls;
use crate::signal_format::FORMAT_MEMBER_TEXT;
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::store::{self, ListChange, SignalStore, SignalWriter};
use crate::system::{self, Environment};
use crate::time::Time;

/// Handles the event on standard input. The exit code: 0, or 1 with one line on standard error.
///
/// Never 2, which would block the user's prompt; and nothing on standard output, which the CLI would put
/// into the conversation.
#[must_use]
pub fn run(hook: Hook, environment: &Environment) -> i32 {
    let mut id = SessionId::default();
    match handle_event(hook, environment, &mut id) {
        Ok(()) => 0,
        Err(error) => {
            report_error(hook, environment, &id, &error);
            1
        }
    }
}

/// Not inlined: its lines and paths are pages of stack that every hook would touch.
#[cold]
#[inline(never)]
fn report_error(hook: Hook, environment: &Environment, id: &SessionId, error: &Error) {
    let spool = store::signal_dir_path(environment).unwrap_or_default();
    system::write_error_line(error.to_line(hook.executable(), &spool, id.as_bytes()).as_bytes());
}

#[inline(never)]
fn handle_event(hook: Hook, environment: &Environment, id: &mut SessionId) -> Result<()> {
    // First of all: events are ordered by it.
    let time = system::now().map_err(Error::from_system(Operation::Read, Subject::Clock))?;
    system::block_signals();
    let payload = read_payload(hook)?;
    let fields = PayloadFields::parse(payload);
    *id = fields.parse_session_id()?;
    let rule = fields.find_rule(hook)?;
    let facts = fields.event_facts(time);
    // Where there is no spool, there is nothing to answer or to clear.
    let may_publish = !matches!(rule.publication, Publication::Nothing | Publication::Resumption);
    let Some(spool) = SignalStore::open(environment, may_publish)? else {
        return Ok(());
    };
    let identity = OnceCell::new();
    let session =
        EventHandler { spool: &spool, id: id.as_bytes(), time, payload, fields: &fields, environment, identity };
    let mut standing = spool.stored_signals(session.id)?;
    if rule.publication == Publication::Start {
        for kind in SIGNAL_KINDS {
            standing.is_from_this_process[kind as usize] =
                standing.modified[kind as usize].is_some() && session.is_from_this_process(kind);
        }
    }
    let decision = decide(rule, &facts, &standing);
    session.carry_out(decision, &standing)?;
    let changed = decision.publish.is_some() || decision.clear.contains(&true);
    if changed { session.settle_signals(decision, &facts) } else { Ok(()) }
}

/// One session, as one event of it sees it.
struct EventHandler<'a> {
    spool: &'a SignalStore,
    id: &'a [u8],
    time: Time,
    payload: &'a [u8],
    fields: &'a PayloadFields<'a>,
    environment: &'a Environment,
    /// Found out where it is asked for.
    identity: OnceCell<CliIdentity>,
}

impl EventHandler<'_> {
    fn identity(&self) -> &CliIdentity {
        self.identity.get_or_init(|| cli_process::identify_cli(self.environment))
    }

    /// The new signal first, then the clears: of a crash in between, both are left, and priority decides.
    #[inline(never)]
    fn carry_out(&self, decision: Decision, standing: &StoredSignals) -> Result<()> {
        if let Some(kind) = decision.publish.filter(|kind| *kind != SignalKind::Permission) {
            let (stamp, identity) = (decision.since.to_stamp(), self.identity().tail.as_bytes());
            self.spool.publish(self.id, kind, decision.since, standing, &|out| {
                out.put(pending_calls::without_closing_brace(self.payload))?;
                out.put(FORMAT_MEMBER_TEXT)?;
                out.put(b",\"")?;
                out.put(kind.stamp_member().as_bytes())?;
                out.put(b"\":\"")?;
                out.put(stamp.as_bytes())?;
                out.put(b"\"")?;
                out.put(identity)
            })?;
        }
        let revised = if decision.calls == CallEffect::Keep {
            Ok(())
        } else {
            self.revise_pending_calls(decision.calls, *standing)
        };
        for kind in SIGNAL_KINDS {
            if decision.clear[kind as usize] {
                self.spool.clear_signal(self.id, kind, self.time, standing)?;
            }
        }
        // A list that cannot be read or written keeps nothing else from being cleared.
        revised
    }

    /// Adds this event's call to those that wait, or takes those out that it resolves.
    fn revise_pending_calls(&self, calls: CallEffect, standing: StoredSignals) -> Result<()> {
        let (time, fields, payload) = (self.time, self.fields, self.payload);
        let tail = &|out: &mut SignalWriter| out.put(self.identity().tail.as_bytes());
        self.spool.revise_calls(
            self.id,
            &ListChange {
                calls,
                fields,
                time,
                payload,
                stamp: pending_calls::pending_since_member(time).as_bytes(),
                tail,
            },
            standing,
        )
    }

    /// What others did meanwhile may not have taken this event into account: of several states the newest stays,
    /// and a call that a newer event would have resolved does not.
    fn settle_signals(&self, decision: Decision, facts: &EventFacts) -> Result<()> {
        let standing = self.spool.stored_signals(self.id)?;
        let calls = match decision.calls {
            CallEffect::Add if standing.is_late(facts) => CallEffect::ResolveOwn,
            CallEffect::Add => CallEffect::Keep,
            calls => calls,
        };
        if calls != CallEffect::Keep {
            self.revise_pending_calls(calls, standing)?;
        }
        self.spool.remove_superseded(self.id, &standing)
    }

    /// Whether the same CLI process published the signal that stands.
    fn is_from_this_process(&self, kind: SignalKind) -> bool {
        let identity = self.identity();
        identity.is_known
            && self.spool.read_signal(self.id, kind).is_ok_and(|text| text.ends_with(identity.tail.as_bytes()))
    }
}
