//! What a hook learns from stdin.

use core::cell::OnceCell;

use crate::buffer::Buffer;
use crate::digest::digest;
use crate::error::{Error, Operation, Problem, Reason, Result, Subject};
use crate::event::{EVENT_RULES, EventFacts, EventRule, Hook, SIGNAL_KINDS, TaskKind};
use crate::json::{self, Role, Walker};
use crate::sys::Stdin;
use crate::text::Name;
use crate::time::Time;

/// The largest object that is read, in bytes.
const MAX_PAYLOAD_LEN: u64 = 64 << 20;

/// How long stdin may take, in milliseconds. It is a socket that may never close.
const READ_TIMEOUT_MS: u32 = 1000;

/// The members that say which process published a signal.
pub const IDENTITY: [&str; 3] = ["claude_pid", "claude_start", "claude_host"];

/// Reads the first JSON object on standard input, without the members that `hook` has no use for, in one line.
///
/// # Errors
/// Where there is no such object, or not in time.
pub fn read_payload(hook: Hook) -> Result<&'static [u8]> {
    let reason = |reason| Error { operation: Operation::Read, subject: Subject::Stdin, reason };
    let words = |words| reason(Reason::Problem(words));
    let mut buffer = Buffer::with_room(0).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
    let mut stdin = Stdin::with_limit(READ_TIMEOUT_MS);
    let mut filter = MemberFilter { walker: Walker::default(), kept: 0, member: 0, keeping: true };
    let mut seen = 0;
    loop {
        buffer.ensure_room(filter.kept).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
        let start = filter.kept;
        let count = match stdin.read(&mut buffer.bytes[start..]) {
            Err(errno) => return Err(reason(Reason::System(errno))),
            Ok(None) => return Err(words(Problem::TooLate)),
            Ok(Some(0)) if seen == 0 => return Err(words(Problem::Empty)),
            Ok(Some(0)) => return Err(words(Problem::Torn)),
            Ok(Some(count)) => count,
        };
        let mut at = start;
        while at < start + count {
            at += filter.filter_bytes(buffer.bytes, at..start + count, hook).map_err(|refusal| match refusal {
                FilterError::Json(error) => reason(Reason::Json(error, clamp_offset(seen + (at - start) as u64 + 1))),
                FilterError::NoObject => words(Problem::NoObject),
            })?;
            if seen + (at - start) as u64 > MAX_PAYLOAD_LEN {
                return Err(words(Problem::LargeObject));
            }
            if filter.walker.is_complete() {
                let payload = &mut buffer.bytes[..filter.kept];
                json::replace_lone_surrogates(payload);
                return Ok(payload);
            }
        }
        seen += count as u64;
    }
}

/// It is at most [`MAX_LEN`].
fn clamp_offset(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

enum FilterError {
    Json(json::JsonError),
    NoObject,
}

/// Moves what is wanted of an object to the front of the buffer that it is read into.
struct MemberFilter {
    walker: Walker,
    /// How many bytes stand at the front.
    kept: usize,
    /// Where the member at hand begins there, its comma included.
    member: usize,
    keeping: bool,
}

impl MemberFilter {
    /// Takes at least one of the bytes at `range`; how many.
    #[inline(never)]
    fn filter_bytes(
        &mut self,
        bytes: &mut [u8],
        range: core::ops::Range<usize>,
        hook: Hook,
    ) -> core::result::Result<usize, FilterError> {
        let plain = self.walker.count_plain(&bytes[range.clone()]);
        if plain > 0 {
            if self.keeping {
                bytes.copy_within(range.start..range.start + plain, self.kept);
                self.kept += plain;
            }
            return Ok(plain);
        }
        let byte = bytes[range.start];
        let role = self.walker.step(byte).map_err(FilterError::Json)?;
        match (self.walker.depth(), role) {
            (0, Role::Scalar) => return Err(FilterError::NoObject),
            (1, Role::Open) if self.kept == 0 && byte != b'{' => return Err(FilterError::NoObject),
            (0, Role::Space) => return Ok(1),
            (1, Role::Open) => {
                self.keep_byte(bytes, byte);
                self.member = self.kept;
            }
            (1, Role::Colon) => {
                let key = bytes[self.member..self.kept].trim_ascii_start();
                let key = key.strip_prefix(b",").unwrap_or(key).trim_ascii();
                self.keeping = is_kept(hook, json::unquote(key));
                if !self.keeping {
                    self.kept = self.member;
                }
                self.keep_byte(bytes, byte);
            }
            (1, Role::Comma) => {
                self.keeping = true;
                self.member = self.kept;
                if self.kept > 1 {
                    self.keep_byte(bytes, byte);
                }
            }
            (0, Role::Close) => {
                self.keeping = true;
                self.keep_byte(bytes, byte);
            }
            // A raw line break stands between tokens only.
            (_, Role::Space) if byte != b'\t' => self.keep_byte(bytes, b' '),
            _ => self.keep_byte(bytes, byte),
        }
        Ok(1)
    }

    fn keep_byte(&mut self, bytes: &mut [u8], byte: u8) {
        if self.keeping {
            bytes[self.kept] = byte;
            self.kept += 1;
        }
    }
}

/// Whether a hook has a use for the member with this raw key.
fn is_kept(hook: Hook, key: &[u8]) -> bool {
    let is = |name: &&str| json::spells(key, name);
    // These are for us to say.
    if IDENTITY.iter().any(is) || is(&"pending") || SIGNAL_KINDS.iter().any(|kind| is(&kind.stamp_member())) {
        return false;
    }
    // A tool's output has no bound and says nothing of the session.
    hook != Hook::PostToolUse || !is(&"tool_response") && !is(&"tool_calls")
}

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
        let safe = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        // An id that does not fit into the text is too long as well.
        let is_short = (1..=128).contains(&session.as_bytes().len()) && !session.overflowed();
        if !is_short || !session.as_bytes().iter().all(safe) {
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
