//! The members of an event's payload that the protocol uses.

use core::cell::OnceCell;

use crate::decision::EventFacts;
use crate::error::{Error, Operation, Problem, Result, Subject};
use crate::event_table::{EVENT_RULES, EventRule, MODULE_EVENT_RULES, TaskKind};
use crate::hook::Hook;
use crate::json::{self, digest};
use crate::session_id;
use crate::text::Name;
use crate::time::Time;

/// A session id, which is safe in a file name.
pub type SessionId = Name;

/// The members of a payload that the protocol uses, as raw JSON values.
#[derive(Default)]
#[expect(missing_docs, reason = "each is the member of its name")]
pub struct PayloadFields<'a> {
    pub session_id: Option<&'a [u8]>,
    pub hook_event_name: Option<&'a [u8]>,
    pub agent_id: Option<&'a [u8]>,
    pub tool_name: Option<&'a [u8]>,
    pub tool_input: Option<&'a [u8]>,
    pub source: Option<&'a [u8]>,
    pub trigger: Option<&'a [u8]>,
    pub background_tasks: Option<&'a [u8]>,
    pub pending_since: Option<&'a [u8]>,
    /// The result of [`PayloadFields::input_digest`], once it has been computed.
    pub cached_input_digest: OnceCell<Option<u64>>,
}

impl<'a> PayloadFields<'a> {
    /// Finds the members in a JSON object. If a name comes twice, the last member counts, as for `JSON.parse` and jq.
    #[must_use]
    pub fn parse(object: &'a [u8]) -> Self {
        Self::parse_prefix(object).0
    }

    /// Finds the members in the JSON object at the start of `text`, and returns where the object ends as well.
    #[must_use]
    #[inline(never)]
    pub fn parse_prefix(text: &'a [u8]) -> (Self, usize) {
        let mut fields = Self::default();
        let mut items = json::items(text);
        for item in items.by_ref() {
            let slots = [
                ("session_id", &mut fields.session_id),
                ("hook_event_name", &mut fields.hook_event_name),
                ("agent_id", &mut fields.agent_id),
                ("tool_name", &mut fields.tool_name),
                ("tool_input", &mut fields.tool_input),
                ("source", &mut fields.source),
                ("trigger", &mut fields.trigger),
                ("background_tasks", &mut fields.background_tasks),
                ("pending_since", &mut fields.pending_since),
            ];
            for (name, slot) in slots {
                if json::spells(item.key, name) {
                    *slot = Some(item.value);
                }
            }
        }
        (fields, items.position())
    }

    /// Returns the [digest] of `tool_input`, which is the same however JSON spells the value.
    #[must_use]
    pub fn input_digest(&self) -> Option<u64> {
        *self.cached_input_digest.get_or_init(|| self.tool_input.map(digest))
    }

    /// Returns the id of the subagent as raw JSON; empty for the main agent.
    #[must_use]
    pub fn subagent_id(&self) -> &'a [u8] {
        self.agent_id.filter(|agent| agent.len() > 2 && agent[0] == b'"').unwrap_or_default()
    }

    /// Returns the session id.
    ///
    /// # Errors
    /// [`Problem::NoSessionId`] if there is no `session_id`; [`Problem::BadSessionId`] if it is not a string that
    /// [`session_id::is_session_id`] accepts.
    #[inline(never)]
    pub fn parse_session_id(&self) -> Result<SessionId> {
        let refuse = |problem| Error::from_problem(Operation::Read, Subject::Stdin, problem);
        let raw = self.session_id.ok_or_else(|| refuse(Problem::NoSessionId))?;
        let mut session = SessionId::default();
        if raw[0] == b'"' {
            json::decode_ascii(json::unquote(raw)).for_each(|byte| session.push(&[byte]));
        }
        // An id that does not fit into the text is too long.
        if session.overflowed() || !session_id::is_session_id(session.as_bytes()) {
            return Err(refuse(Problem::BadSessionId));
        }
        Ok(session)
    }

    /// Returns the rule for this event in the table of events.
    ///
    /// # Errors
    /// [`Problem::NoEventName`] if there is no `hook_event_name`; [`Problem::OtherHooksEvent`] if `hook` does not handle the event.
    pub fn find_rule(&self, hook: Hook) -> Result<&'static EventRule> {
        let refuse = |problem| Error::from_problem(Operation::Read, Subject::Stdin, problem);
        let name = json::unquote(self.hook_event_name.ok_or_else(|| refuse(Problem::NoEventName))?);
        let handles = |rule: &&EventRule| rule.hook == hook && json::spells(name, rule.event);
        // The linker leaves out the part of the table that an executable does not name.
        let rules: &[EventRule] = if hook == Hook::Mod { &MODULE_EVENT_RULES } else { &EVENT_RULES };
        rules.iter().find(handles).ok_or_else(|| refuse(Problem::OtherHooksEvent))
    }

    /// Returns what the decision needs to know about the event.
    #[must_use]
    pub fn event_facts(&self, time: Time) -> EventFacts {
        let is_word = |value: Option<&[u8]>, word| value.is_some_and(|value| json::spells(json::unquote(value), word));
        let (mut has_delegated_task, mut has_working_task) = (false, false);
        for task in json::items(self.background_tasks.unwrap_or_default()) {
            let member = |name| json::unquote(json::last_member(task.value, name).unwrap_or_default());
            let task = TaskKind::classify(member("type"), member("status"));
            has_delegated_task |= task != TaskKind::Irrelevant;
            has_working_task |= task == TaskKind::WorksOn;
        }
        EventFacts {
            time,
            is_subagent: !self.subagent_id().is_empty(),
            is_after_compaction: is_word(self.source, "compact"),
            is_manual: is_word(self.trigger, "manual"),
            has_delegated_task,
            has_working_task,
        }
    }
}
