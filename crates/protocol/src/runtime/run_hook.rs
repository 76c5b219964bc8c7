//! What a hook does from standard input to its exit code.

use core::cell::OnceCell;

use crate::cli_process::{self, CliIdentity};
use crate::decision::{Decision, EventFacts, StoredSignals, decide, decide_module_event};
use crate::error::{Error, Operation, Result, Subject};
use crate::event_table::{CallEffect, Publication};
use crate::hook::Hook;
use crate::json;
use crate::payload::{PayloadFields, SessionId};
use crate::payload_reader::read_payload;
use crate::pending_calls;
use crate::signal_format::FORMAT_MEMBER_TEXT;
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::store::{self, ListChange, SignalStore, SignalWriter};
use crate::system::{self, Environment};
use crate::time::{Time, parse_decimal};

/// How old an event of the module may be by its own account, in nanoseconds. The module gives up an event before that.
pub const MAX_EVENT_AGE: u64 = 5_000_000_000;

/// Handles the event on standard input, and returns the exit code: 0, or 1 with one line on standard error.
///
/// The exit code is never 2, which would block the user's prompt. Nothing is written to standard output, because the CLI would
/// add it to the conversation.
#[must_use]
pub fn run(hook: Hook, environment: &Environment) -> i32 {
    let mut session = SessionId::default();
    match handle_event(hook, environment, &mut session) {
        Ok(()) => 0,
        Err(error) => {
            report_error(hook, environment, &session, &error);
            1
        }
    }
}

// Not inlined: its lines and paths take pages of stack, which every hook would touch.
#[cold]
#[inline(never)]
fn report_error(hook: Hook, environment: &Environment, session: &SessionId, error: &Error) {
    let signal_dir = store::signal_dir_path(environment).unwrap_or_default();
    system::write_error_line(error.to_line(hook.executable(), &signal_dir, session.as_bytes()).as_bytes());
}

#[inline(never)]
fn handle_event(hook: Hook, environment: &Environment, session: &mut SessionId) -> Result<()> {
    // The clock is read first, because it orders the events.
    let time = system::now().map_err(Error::from_system(Operation::Read, Subject::Clock))?;
    system::block_signals();
    let payload = read_payload(hook)?;
    let fields = PayloadFields::parse(payload);
    *session = fields.parse_session_id()?;
    let rule = fields.find_rule(hook)?;
    let time = if hook == Hook::Mod { seen_at(payload, time) } else { time };
    let facts = fields.event_facts(time);
    // If there is no signal directory, there is no call to resolve and no signal to delete. An event of the module publishes only
    // where another signal is.
    let may_publish = hook != Hook::Mod && !matches!(rule.publication, Publication::Nothing | Publication::TurnGoesOn);
    let Some(store) = SignalStore::open(environment, may_publish)? else {
        return Ok(());
    };
    let identity = OnceCell::new();
    if hook == Hook::Mod
        && let Some(pid) = json::last_member(payload, "cli_pid").and_then(parse_decimal)
    {
        // The event is that of another process, which runs the same session.
        let _ = identity.set(cli_process::identify_process(pid, 0));
    }
    let handler = EventHandler {
        store: &store,
        session: session.as_bytes(),
        time,
        payload,
        fields: &fields,
        environment,
        identity,
    };
    let mut stored = store.stored_signals(handler.session)?;
    if rule.publication == Publication::SessionStart {
        for kind in SIGNAL_KINDS {
            stored.is_from_this_process[kind as usize] =
                stored.modified[kind as usize].is_some() && handler.is_from_this_process(kind);
        }
    }
    let decision =
        if hook == Hook::Mod { decide_module_event(rule, &facts, &stored) } else { decide(rule, &facts, &stored) };
    handler.carry_out(decision, &stored)?;
    let has_changed = decision.publish.is_some() || decision.clear.contains(&true);
    if has_changed { handler.settle_signals(decision, &facts) } else { Ok(()) }
}

/// Returns when the module saw the event. Returns `now` if the payload does not say it, and if the time is in the future or too old.
fn seen_at(payload: &[u8], now: Time) -> Time {
    json::last_member(payload, "seen_at")
        .and_then(|value| Time::parse_stamp(json::unquote(value)))
        .filter(|time| *time <= now && now.to_nanoseconds() - time.to_nanoseconds() <= MAX_EVENT_AGE)
        .unwrap_or(now)
}

/// Carries out the decision on one event.
struct EventHandler<'a> {
    store: &'a SignalStore,
    session: &'a [u8],
    time: Time,
    payload: &'a [u8],
    fields: &'a PayloadFields<'a>,
    environment: &'a Environment,
    /// The CLI process, which is looked up when it is first needed.
    identity: OnceCell<CliIdentity>,
}

impl EventHandler<'_> {
    fn identity(&self) -> &CliIdentity {
        self.identity.get_or_init(|| cli_process::identify_cli(self.environment))
    }

    /// Publishes the new signal first, and then deletes the others. If the hook is killed in between, readers find both and
    /// prefer one of them.
    #[inline(never)]
    fn carry_out(&self, decision: Decision, stored: &StoredSignals) -> Result<()> {
        if let Some(kind) = decision.publish.filter(|kind| *kind != SignalKind::Permission) {
            let (stamp, identity) = (decision.since.to_stamp(), self.identity().tail.as_bytes());
            self.store.publish(self.session, kind, decision.since, stored, &|out| {
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
        let revised = if decision.call_effect == CallEffect::Keep {
            Ok(())
        } else {
            self.revise_pending_calls(decision.call_effect, *stored)
        };
        for kind in SIGNAL_KINDS {
            if decision.clear[kind as usize] {
                self.store.clear_signal(self.session, kind, self.time, stored)?;
            }
        }
        // An error of the list is returned last, so that the other signals are deleted all the same.
        revised
    }

    /// Adds this event's call to the pending calls, or removes those that this event resolves.
    fn revise_pending_calls(&self, effect: CallEffect, stored: StoredSignals) -> Result<()> {
        let (time, fields, payload) = (self.time, self.fields, self.payload);
        let tail = &|out: &mut SignalWriter| out.put(self.identity().tail.as_bytes());
        self.store.revise_calls(
            self.session,
            &ListChange {
                effect,
                fields,
                time,
                payload,
                stamp: pending_calls::pending_since_member(time).as_bytes(),
                tail,
            },
            stored,
        )
    }

    /// Corrects what other hooks did at the same time without knowledge of this event. Of several states the newest stays. A
    /// call is removed if a newer event would have resolved it.
    fn settle_signals(&self, decision: Decision, facts: &EventFacts) -> Result<()> {
        let stored = self.store.stored_signals(self.session)?;
        let effect = match decision.call_effect {
            CallEffect::Add if stored.is_late(facts) => CallEffect::ResolveOwn,
            CallEffect::Add => CallEffect::Keep,
            effect => effect,
        };
        if effect != CallEffect::Keep {
            self.revise_pending_calls(effect, stored)?;
        }
        self.store.remove_superseded(self.session, &stored)
    }

    /// Returns whether the same CLI process published the stored signal.
    fn is_from_this_process(&self, kind: SignalKind) -> bool {
        let identity = self.identity();
        identity.is_known
            && self.store.read_signal(self.session, kind).is_ok_and(|text| text.ends_with(identity.tail.as_bytes()))
    }
}
