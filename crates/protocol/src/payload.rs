//! The members of a payload that the protocol knows.

use core::cell::OnceCell;

use crate::decision::EventFacts;
use crate::error::{Error, Operation, Problem, Result, Subject};
use crate::event_table::{EVENT_RULES, EventRule, TaskKind};
use crate::hook::Hook;
use crate::json::{self, digest};
use crate::session_id;
use crate::text::Name;
use crate::time::Time;

/// A session's id, safe in a file's name.
pub type SessionId = Name;

/// The members that the protocol knows, as raw JSON values.
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
    /// [`Fields::input`], once it is known.
    pub input: OnceCell<Option<u64>>,
}

impl<'a> PayloadFields<'a> {
    /// Picks them out of an object; the last one of a name counts, as it does to `JSON.parse` and jq.
    #[must_use]
    pub fn parse(object: &'a [u8]) -> Self {
        Self::parse_prefix(object).0
    }

    /// The same for the object that `text` begins with, and where it ends.
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

    /// What stands for the value of `tool_input`, however it is spelled.
    #[must_use]
    pub fn input_digest(&self) -> Option<u64> {
        *self.input.get_or_init(|| self.tool_input.map(digest))
    }

    /// The subagent that this is about, as raw JSON; empty for the main agent.
    #[must_use]
    pub fn subagent_id(&self) -> &'a [u8] {
        self.agent_id.filter(|agent| agent.len() > 2 && agent[0] == b'"').unwrap_or_default()
    }

    /// The session: 1 to 128 letters, digits, `_` and `-`.
    ///
    /// # Errors
    /// Where it is anything else.
    #[inline(never)]
    pub fn parse_session_id(&self) -> Result<SessionId> {
        let refuse = |words| Error::from_problem(Operation::Read, Subject::Stdin, words);
        let raw = self.session_id.ok_or_else(|| refuse(Problem::NoSession))?;
        let mut session = SessionId::default();
        if raw[0] == b'"' {
            json::decode_ascii(json::unquote(raw)).for_each(|byte| session.push(&[byte]));
        }
        // An id that does not fit into the text is too long as well.
        if session.overflowed() || !session_id::is_session_id(session.as_bytes()) {
            return Err(refuse(Problem::BadSession));
        }
        Ok(session)
    }

    /// The line of the table that this event has with `hook`.
    ///
    /// # Errors
    /// Where it has none.
    pub fn find_rule(&self, hook: Hook) -> Result<&'static EventRule> {
        let refuse = |words| Error::from_problem(Operation::Read, Subject::Stdin, words);
        let name = json::unquote(self.hook_event_name.ok_or_else(|| refuse(Problem::NoEvent))?);
        let handles = |rule: &&EventRule| rule.hook == hook && json::spells(name, rule.event);
        EVENT_RULES.iter().find(handles).ok_or_else(|| refuse(Problem::OtherEvent))
    }

    /// What the decision needs to know.
    #[must_use]
    pub fn event_facts(&self, time: Time) -> EventFacts {
        let says = |value: Option<&[u8]>, word| value.is_some_and(|value| json::spells(json::unquote(value), word));
        let (mut delegated, mut works_on) = (false, false);
        for task in json::items(self.background_tasks.unwrap_or_default()) {
            let member = |name| json::unquote(json::last_member(task.value, name).unwrap_or_default());
            let task = TaskKind::classify(member("type"), member("status"));
            delegated |= task != TaskKind::Irrelevant;
            works_on |= task == TaskKind::WorksOn;
        }
        EventFacts {
            time,
            is_subagent: !self.subagent_id().is_empty(),
            is_after_compaction: says(self.source, "compact"),
            is_manual: says(self.trigger, "manual"),
            has_delegated_task: delegated,
            has_working_task: works_on,
        }
    }
}
