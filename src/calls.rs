//! The calls that wait for the user's word: the `pending` list of a `permission` signal.
//!
//! An entry is the whole payload of the request, and `pending_since` behind it. So the file's own members
//! can always be those of the oldest one: the dialog on the screen.

use crate::event::Calls;
use crate::json;
use crate::payload::Fields;
use crate::text::Text;
use crate::time::Time;

/// These come back with the user's answers in their `tool_input`.
const QUESTIONS: [&str; 2] = ["AskUserQuestion", "ExitPlanMode"];

/// The list of a `permission` signal, for [`entries`]; empty where it has none.
#[must_use]
pub fn pending(permission: &[u8]) -> &[u8] {
    json::member(permission, "pending").unwrap_or_default()
}

/// The entries of a list, oldest first. Something else than a list has none.
pub fn entries(pending: &[u8]) -> impl Iterator<Item = &[u8]> {
    json::items(pending).map(|item| item.value)
}

/// Whether two payloads are about one call.
#[must_use]
pub fn same(left: &Fields<'_>, right: &Fields<'_>) -> bool {
    let tool = |fields: &Fields<'_>| !is_elicitation(fields);
    let question = |name: &[u8]| QUESTIONS.iter().any(|question| json::spells(json::unquote(name), question));
    left.agent() == right.agent()
        && tool(left) == tool(right)
        && (!tool(left)
            || left.tool_name == right.tool_name
                && (left.tool_input == right.tool_input || left.tool_name.is_some_and(question)))
}

fn is_elicitation(fields: &Fields<'_>) -> bool {
    fields.hook_event_name.is_some_and(|name| json::unquote(name).starts_with(b"Elicitation"))
}

/// Whether an event that happened at `time` resolves `entry`.
#[must_use]
pub fn resolves(calls: Calls, event: &Fields<'_>, time: Time, now: Time, entry: &[u8]) -> bool {
    let entry = Fields::of(entry);
    let newer = since(&entry).is_some_and(|since| time < since && since <= now);
    match calls {
        Calls::Keep | Calls::Add => false,
        Calls::Own => same(event, &entry),
        Calls::Agents | Calls::Subagents | Calls::Stopped => !newer && event.agent() == entry.agent(),
        Calls::All => !newer,
    }
}

fn since(entry: &Fields<'_>) -> Option<Time> {
    Time::from_stamp(json::unquote(entry.pending_since?))
}

/// The members of an entry, in one or two pieces that leave the closing brace away.
pub type Members<'a> = [&'a [u8]; 2];

/// A new entry.
pub struct Added<'a> {
    time: Time,
    members: &'a [u8],
    stamp: &'a [u8],
}

impl<'a> Added<'a> {
    /// `stamp` is what [`stamp`] made of `time`.
    #[must_use]
    pub fn new(payload: &'a [u8], time: Time, stamp: &'a [u8]) -> Self {
        Self { time, members: open(payload), stamp }
    }
}

/// `,"pending_since":"…"`.
#[must_use]
pub fn stamp(time: Time) -> Text<64> {
    Text::of(&[b",\"pending_since\":\"", time.stamp().as_bytes(), b"\""])
}

/// An object without its closing brace.
#[must_use]
pub fn open(object: &[u8]) -> &[u8] {
    object.split_last().map_or(object, |(_, members)| members)
}

/// `entries` with the new one among them, oldest first.
pub fn merge<'a>(
    entries: impl Iterator<Item = &'a [u8]>,
    mut added: Option<Added<'a>>,
) -> impl Iterator<Item = Members<'a>> {
    let mut entries = entries.peekable();
    core::iter::from_fn(move || {
        let old = entries.peek().map(|entry| since(&Fields::of(entry)));
        match (&added, old) {
            (Some(new), Some(since)) if since.is_some_and(|since| since > new.time) => {}
            (Some(_), None) => {}
            _ => return entries.next().map(|entry| [open(entry), b""]),
        }
        added.take().map(|new| [new.members, new.stamp])
    })
}
