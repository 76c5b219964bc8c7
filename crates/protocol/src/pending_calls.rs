//! The calls that wait for the user's decision: the `pending` list of a `permission` signal.
//!
//! An entry of the list is the whole payload of the request, with `pending_since` after it. So the members of the signal itself
//! can always be those of the oldest entry, which is the dialog on the screen.
//!
//! The list is a set: equal calls that wait at the same time are one entry, and the first result resolves it. Equal calls cannot
//! be counted. A request does not name its call, because `tool_use_id` comes only with the result. And the CLI (2.1.330) runs the
//! hooks of all settings files, except those with the same command line. So two equal calls give two requests if the hooks are
//! registered in one settings file, and four if they are registered in two, and all requests are equal byte for byte: see
//! `tests/fixtures/claude-2.1.330/equal-calls*.jsonl`. If entries were counted, one could stay that no result resolves.

use core::ops::Range;

use crate::event_table::CallEffect;
use crate::json::{self, Item, digest};
use crate::payload::PayloadFields;
use crate::signal_format::FORMAT_MEMBER_TEXT;
use crate::text::Name;
use crate::time::Time;

/// Tools whose `tool_input` in the result differs from the one in the request: the user's answers are added to it.
const QUESTION_TOOLS: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// Returns the list of a `permission` signal, for [`revise_list`]; empty if the signal has no list.
#[must_use]
#[inline(never)]
pub fn list_of(permission: &mut [u8]) -> &mut [u8] {
    let range = list_range(permission);
    permission.get_mut(range).unwrap_or_default()
}

/// Returns whether a `permission` signal has a list.
#[must_use]
pub fn has_list(permission: &[u8]) -> bool {
    !list_range(permission).is_empty()
}

/// Returns the entries of a `permission` signal, oldest first.
pub fn calls(permission: &[u8]) -> impl Iterator<Item = &[u8]> {
    json::items(permission.get(list_range(permission)).unwrap_or_default()).map(|item| item.value)
}

/// Returns what follows the list of a `permission` signal.
#[must_use]
pub fn bytes_after_list(permission: &[u8]) -> &[u8] {
    permission.get(list_range(permission).end..).filter(|tail| !tail.is_empty()).unwrap_or(b"}\n")
}

/// Returns where the list is; an empty range at the end if there is none.
fn list_range(permission: &[u8]) -> Range<usize> {
    let is_list = |item: &Item<'_>| json::spells(item.key, "pending");
    let list = json::items(permission).filter(is_list).last();
    list.map_or(permission.len()..permission.len(), |list| list.start..list.start + list.value.len())
}

/// Returns whether two payloads are about the same call. The values of their members are compared, however JSON spells them.
#[must_use]
pub fn is_same_call(left: &PayloadFields<'_>, right: &PayloadFields<'_>) -> bool {
    let is_tool = |fields: &PayloadFields<'_>| !is_elicitation(fields);
    let is_question = |name: &[u8]| QUESTION_TOOLS.iter().any(|question| json::spells(json::unquote(name), question));
    is_same_json(left.subagent_id(), right.subagent_id())
        && is_tool(left) == is_tool(right)
        && (!is_tool(left)
            || is_same_json(left.tool_name.unwrap_or_default(), right.tool_name.unwrap_or_default())
                && (left.tool_name.is_some_and(is_question)
                    || left.tool_input == right.tool_input
                    || left.input_digest() == right.input_digest()))
}

fn is_same_json(left: &[u8], right: &[u8]) -> bool {
    left == right || digest(left) == digest(right)
}

fn is_elicitation(fields: &PayloadFields<'_>) -> bool {
    fields.hook_event_name.is_some_and(|name| json::unquote(name).starts_with(b"Elicitation"))
}

/// Returns when the request of an entry was made.
#[must_use]
pub fn requested_at(entry: &PayloadFields<'_>) -> Option<Time> {
    Time::parse_stamp(json::unquote(entry.pending_since?))
}

/// Returns the member `,"pending_since":"…"`.
#[must_use]
pub fn pending_since_member(time: Time) -> Name {
    Name::concat(&[b",\"pending_since\":\"", time.to_stamp().as_bytes(), b"\""])
}

/// Returns an object without its closing brace.
#[must_use]
pub fn without_closing_brace(object: &[u8]) -> &[u8] {
    object.split_last().map_or(object, |(_, members)| members)
}

/// A list after an event. See [`revise_list`].
#[derive(Default)]
pub struct RevisedList<'a> {
    /// The entries that still wait and are older than the event's own call.
    older: &'a [u8],
    /// The entries that still wait and are newer than the event's own call. Empty if the event adds no call.
    newer: &'a [u8],
    /// The length of the oldest entry.
    oldest_len: usize,
    /// Whether the event adds its own call: the call does not wait yet.
    pub adds: bool,
    /// Whether the event resolves an entry.
    pub resolves: bool,
}

/// Removes the entries from `list` that an event resolves. Works in place and in one pass.
///
/// `fields` and `time` are the event's. `now` is the clock when the list was read.
#[must_use]
#[inline(never)]
pub fn revise_list<'a>(
    list: &'a mut [u8],
    effect: CallEffect,
    fields: &PayloadFields<'_>,
    time: Time,
    now: Time,
) -> RevisedList<'a> {
    let mut revised = RevisedList { adds: effect == CallEffect::Add, ..RevisedList::default() };
    // An older hook may have written halves of surrogate pairs.
    json::replace_lone_surrogates(list);
    // Three offsets in the list, after its opening bracket: where to read, where to write, and where the event's own call
    // belongs, which is before the first entry that is newer.
    let (mut at, mut kept_len, mut insert_at) = (1, 1, None);
    while let Some(rest @ [first, ..]) = list.get(at..)
        && *first != b']'
    {
        if *first == b',' || first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        // An element that is not an object is not a call.
        let is_call = *first == b'{';
        let (entry, len) = PayloadFields::parse_prefix(rest);
        let since = requested_at(&entry);
        let is_newer_than = |time| since.is_some_and(|since| time < since);
        // An entry from the future counts as old: it was written before the clock was set back.
        let is_resolvable = !is_newer_than(time) || is_newer_than(now);
        let is_same_agent = || is_same_json(fields.subagent_id(), entry.subagent_id());
        let is_resolved = !is_call
            || match effect {
                CallEffect::Keep => false,
                CallEffect::Add => {
                    revised.adds = revised.adds && !is_same_call(fields, &entry);
                    false
                }
                CallEffect::ResolveOwn => is_same_call(fields, &entry),
                CallEffect::ResolveAgent | CallEffect::ResolveSubagent | CallEffect::ResolveAtStop => {
                    is_resolvable && is_same_agent()
                }
                CallEffect::ResolveAll => is_resolvable,
            };
        if is_newer_than(time) {
            insert_at = insert_at.or(Some(kept_len));
        }
        let end = at + len.max(1);
        let entry = at..at + rest[..len].trim_ascii_end().len();
        if is_resolved {
            revised.resolves = true;
        } else {
            if kept_len > 1 {
                list[kept_len] = b',';
                kept_len += 1;
            } else {
                revised.oldest_len = entry.len();
            }
            let len = entry.len();
            if kept_len != at {
                list.copy_within(entry, kept_len);
            }
            kept_len += len;
        }
        at = end;
    }
    let insert_at = insert_at.filter(|_| revised.adds).unwrap_or(kept_len);
    let list = &*list;
    revised.older = list.get(1..insert_at).unwrap_or_default();
    let newer = list.get(insert_at..kept_len).unwrap_or_default();
    revised.newer = newer.strip_prefix(b",").unwrap_or(newer);
    revised
}

impl RevisedList<'_> {
    /// Returns whether no call waits any longer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.adds && self.older.is_empty()
    }

    /// Returns the parts of the new signal, up to the end of its list. The members of the oldest entry are the signal's own.
    ///
    /// `payload` is the event's, and `stamp` is its [`pending_since_member`]. They are used if the event adds its call.
    #[must_use]
    pub fn pieces<'a>(&'a self, payload: &'a [u8], stamp: &'a [u8]) -> [&'a [u8]; 12] {
        let piece_if = |condition, piece| if condition { piece } else { &b""[..] };
        let (call, stamp) = (piece_if(self.adds, without_closing_brace(payload)), piece_if(self.adds, stamp));
        let [oldest, oldest_stamp] = match self.older.get(..self.oldest_len) {
            Some(oldest @ [_, ..]) => [without_closing_brace(oldest), b""],
            _ => [call, stamp],
        };
        let comma_before = piece_if(self.adds && !self.older.is_empty(), b",");
        let comma_after = piece_if(!self.newer.is_empty(), b",");
        let brace = piece_if(self.adds, b"}");
        [
            oldest,
            oldest_stamp,
            FORMAT_MEMBER_TEXT,
            b",\"pending\":[",
            self.older,
            comma_before,
            call,
            stamp,
            brace,
            comma_after,
            self.newer,
            b"]",
        ]
    }
}
