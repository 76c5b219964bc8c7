//! The calls that wait for the user's word: the `pending` list of a `permission` signal.
//!
//! An entry is the whole payload of the request, and `pending_since` behind it. So the file's own members
//! can always be those of the oldest one: the dialog on the screen.
//!
//! The list is a set: equal calls that wait together are one entry, which the first result resolves. They cannot be counted. A
//! request names no call (`tool_use_id` comes with the result only), and CLI 2.1.330 runs the hooks of all scopes, leaving out only
//! what has the same command line. So two equal calls with hooks in one scope give two requests, and with hooks in two scopes
//! four, all of them byte for byte the same: `tests/fixtures/claude-2.1.330/equal-calls*.jsonl`. Who counted would leave an entry behind
//! that no result takes out.

use core::ops::Range;

use crate::event_table::CallEffect;
use crate::json::{self, Item, digest};
use crate::payload::PayloadFields;
use crate::signal_format::FORMAT_MEMBER_TEXT;
use crate::text::Name;
use crate::time::Time;

/// These come back with the user's answers in their `tool_input`.
const QUESTIONS: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// The list of a `permission` signal, for [`revise`]; empty where it has none.
#[must_use]
#[inline(never)]
pub fn list_of(permission: &mut [u8]) -> &mut [u8] {
    let place = list_range(permission);
    permission.get_mut(place).unwrap_or_default()
}

/// Whether a `permission` signal has a list at all.
#[must_use]
pub fn has_list(permission: &[u8]) -> bool {
    !list_range(permission).is_empty()
}

/// The entries of a `permission` signal, oldest first.
pub fn calls(permission: &[u8]) -> impl Iterator<Item = &[u8]> {
    json::items(permission.get(list_range(permission)).unwrap_or_default()).map(|item| item.value)
}

/// What stands behind the list of a `permission` signal.
#[must_use]
pub fn bytes_after_list(permission: &[u8]) -> &[u8] {
    permission.get(list_range(permission).end..).filter(|tail| !tail.is_empty()).unwrap_or(b"}\n")
}

/// Where the list is; where there is none, at the end.
fn list_range(permission: &[u8]) -> Range<usize> {
    let is_list = |item: &Item<'_>| json::spells(item.key, "pending");
    let list = json::items(permission).filter(is_list).last();
    list.map_or(permission.len()..permission.len(), |list| list.start..list.start + list.value.len())
}

/// Whether two payloads are about one call: by the values of their members, however they are spelled.
#[must_use]
pub fn is_same_call(left: &PayloadFields<'_>, right: &PayloadFields<'_>) -> bool {
    let tool = |fields: &PayloadFields<'_>| !is_elicitation(fields);
    let question = |name: &[u8]| QUESTIONS.iter().any(|question| json::spells(json::unquote(name), question));
    is_same_json(left.subagent_id(), right.subagent_id())
        && tool(left) == tool(right)
        && (!tool(left)
            || is_same_json(left.tool_name.unwrap_or_default(), right.tool_name.unwrap_or_default())
                && (left.tool_name.is_some_and(question)
                    || left.tool_input == right.tool_input
                    || left.input_digest() == right.input_digest()))
}

fn is_same_json(left: &[u8], right: &[u8]) -> bool {
    left == right || digest(left) == digest(right)
}

fn is_elicitation(fields: &PayloadFields<'_>) -> bool {
    fields.hook_event_name.is_some_and(|name| json::unquote(name).starts_with(b"Elicitation"))
}

/// When an entry's request was made.
#[must_use]
pub fn requested_at(entry: &PayloadFields<'_>) -> Option<Time> {
    Time::parse_stamp(json::unquote(entry.pending_since?))
}

/// `,"pending_since":"…"`.
#[must_use]
pub fn pending_since_member(time: Time) -> Name {
    Name::concat(&[b",\"pending_since\":\"", time.to_stamp().as_bytes(), b"\""])
}

/// An object without its closing brace.
#[must_use]
pub fn without_closing_brace(object: &[u8]) -> &[u8] {
    object.split_last().map_or(object, |(_, members)| members)
}

/// What an event makes of a list.
#[derive(Default)]
pub struct RevisedList<'a> {
    /// The entries that still wait, on both sides of the place of the new one.
    older: &'a [u8],
    newer: &'a [u8],
    /// How long the oldest one is.
    first: usize,
    /// Whether the event adds its call: it does not wait yet.
    pub adds: bool,
    /// Whether the event resolves some.
    pub resolves: bool,
}

/// Takes out of `list` what an event of `time` resolves, in place and in one pass.
#[must_use]
#[inline(never)]
pub fn revise_list<'a>(
    list: &'a mut [u8],
    calls: CallEffect,
    event: &PayloadFields<'_>,
    time: Time,
    now: Time,
) -> RevisedList<'a> {
    let mut revision = RevisedList { adds: calls == CallEffect::Add, ..RevisedList::default() };
    // An older hook may have left some.
    json::replace_lone_surrogates(list);
    // All of these count from the bracket. Where the new one goes: before the first that is newer.
    let (mut at, mut kept, mut place) = (1, 1, None);
    while let Some(rest @ [first, ..]) = list.get(at..)
        && *first != b']'
    {
        if *first == b',' || first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        // What is no object is no call.
        let is_call = *first == b'{';
        let (entry, len) = PayloadFields::parse_prefix(rest);
        let since = requested_at(&entry);
        let is_newer = |time| since.is_some_and(|since| time < since);
        // One from the future is old: the clock stepped back.
        let is_resolvable = !is_newer(time) || is_newer(now);
        let is_its_agents = || is_same_json(event.subagent_id(), entry.subagent_id());
        let resolved = !is_call
            || match calls {
                CallEffect::Keep => false,
                CallEffect::Add => {
                    revision.adds = revision.adds && !is_same_call(event, &entry);
                    false
                }
                CallEffect::ResolveOwn => is_same_call(event, &entry),
                CallEffect::ResolveAgents | CallEffect::ResolveSubagents | CallEffect::ResolveAtStop => {
                    is_resolvable && is_its_agents()
                }
                CallEffect::ResolveAll => is_resolvable,
            };
        if is_newer(time) {
            place = place.or(Some(kept));
        }
        let end = at + len.max(1);
        let entry = at..at + rest[..len].trim_ascii_end().len();
        if resolved {
            revision.resolves = true;
        } else {
            if kept > 1 {
                list[kept] = b',';
                kept += 1;
            } else {
                revision.first = entry.len();
            }
            let len = entry.len();
            if kept != at {
                list.copy_within(entry, kept);
            }
            kept += len;
        }
        at = end;
    }
    let place = place.filter(|_| revision.adds).unwrap_or(kept);
    let list = &*list;
    revision.older = list.get(1..place).unwrap_or_default();
    let newer = list.get(place..kept).unwrap_or_default();
    revision.newer = newer.strip_prefix(b",").unwrap_or(newer);
    revision
}

impl RevisedList<'_> {
    /// Whether nothing waits any longer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.adds && self.older.is_empty()
    }

    /// A signal up to the end of its list: the oldest one's members are its own. `call` is the new one's payload,
    /// and `stamp` what [`stamp`] made of its time.
    #[must_use]
    pub fn pieces<'a>(&'a self, call: &'a [u8], stamp: &'a [u8]) -> [&'a [u8]; 12] {
        let when = |needed, piece| if needed { piece } else { &b""[..] };
        let (call, stamp) = (when(self.adds, without_closing_brace(call)), when(self.adds, stamp));
        let [first, since] = match self.older.get(..self.first) {
            Some(first @ [_, ..]) => [without_closing_brace(first), b""],
            _ => [call, stamp],
        };
        let before = when(self.adds && !self.older.is_empty(), b",");
        let behind = when(!self.newer.is_empty(), b",");
        let brace = when(self.adds, b"}");
        [first, since, FORMAT_MEMBER_TEXT, b",\"pending\":[", self.older, before, call, stamp, brace, behind, self.newer, b"]"]
    }
}
