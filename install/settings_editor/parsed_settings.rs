//! The parts of the settings that the editor knows: `hooks`, its events, their groups, and the hooks of each group.
//!
//! ```json
//! {"hooks": {"EVENT": [{"matcher": "…", "hooks": [{"type": "command", "command": "…"}]}]}}
//! ```
//!
//! The value of an event is an array of groups. Everything else in the settings is only known as a range of bytes.

use std::collections::HashMap;

use super::{
    document::{self, JsonMember, Span},
    edit_refusal::{EditRefusal, TextPosition},
    settings_hook::SettingsHook,
};

/// The text of the settings, and where its parts are.
pub struct ParsedSettings<'a> {
    pub text: &'a str,
    /// The top-level object. `None` in an empty file.
    pub root: Option<Span>,
    pub members: Vec<JsonMember>,
    pub hooks: Option<HooksSection>,
}

/// The object that is the value of `hooks`.
pub struct HooksSection {
    /// Its index among the members of the settings.
    pub member: usize,
    pub at: Span,
    pub members: Vec<JsonMember>,
    /// The events whose value is an array. If an event is written twice, only the last one is here.
    pub events: Vec<EventSection>,
}

/// One event, such as `Stop`, and its array of groups.
pub struct EventSection {
    /// Its index among the members of `hooks`.
    pub member: usize,
    pub name: String,
    pub at: Span,
    pub items: Vec<Span>,
    /// One for each of `items`. An item that is not a group becomes a group without hooks.
    pub groups: Vec<HookGroup>,
}

/// One group: a matcher and the hooks it is for.
#[derive(Default)]
pub struct HookGroup {
    pub members: Vec<JsonMember>,
    /// The array of hooks, and its items.
    pub list: Option<(Span, Vec<Span>)>,
    /// One for each item of `list`. `None` if the item does not start exactly one program.
    pub hooks: Vec<Option<SettingsHook>>,
}

/// A hook and its position in its event: the index of the group and the index of the item in the group.
#[derive(Clone, Copy)]
pub struct LocatedHook<'a> {
    pub group: usize,
    pub item: usize,
    pub hook: &'a SettingsHook,
}

impl<'a> ParsedSettings<'a> {
    /// Finds all parts of the settings in `bytes`.
    ///
    /// # Errors
    /// Those of [`document::parse_document`]. [`EditRefusal::NotAnObject`] if the top-level value is not an object, and
    /// [`EditRefusal::HooksNotAnObject`] if the value of `hooks` is not an object.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EditRefusal> {
        let (text, root) = document::parse_document(bytes)?;
        let mut settings = Self { text, root, members: Vec::new(), hooks: None };
        let Some(root) = &settings.root else {
            return Ok(settings);
        };
        let refuse = |at: &Span| (TextPosition::at_offset(text, at.start), document::value_kind(text, at));
        settings.members = document::read_members(text, root).ok_or_else(|| {
            let (position, kind) = refuse(root);
            EditRefusal::NotAnObject(position, kind)
        })?;
        if let Some(member) = document::find_member(text, &settings.members, "hooks") {
            let at = settings.members[member].value.clone();
            let members = document::read_members(text, &at).ok_or_else(|| {
                let (position, kind) = refuse(&at);
                EditRefusal::HooksNotAnObject(position, kind)
            })?;
            let events = read_events(text, &members);
            settings.hooks = Some(HooksSection { member, at, members, events });
        }
        Ok(settings)
    }

    /// Returns the events that count, in the order of the file.
    pub fn events(&self) -> &[EventSection] {
        self.hooks.as_ref().map_or(&[], |hooks| &hooks.events)
    }

    /// Checks that the value of `event`, if there is one, is an array.
    ///
    /// # Errors
    /// [`EditRefusal::EventNotAnArray`] if it is not.
    pub fn check_event(&self, event: &str) -> Result<(), EditRefusal> {
        let Some(hooks) = &self.hooks else {
            return Ok(());
        };
        if self.events().iter().any(|found| found.name == event) {
            return Ok(());
        }
        document::find_value(self.text, &hooks.members, event).map_or(Ok(()), |at| {
            let position = TextPosition::at_offset(self.text, at.start);
            Err(EditRefusal::EventNotAnArray(position, event.to_owned(), document::value_kind(self.text, at)))
        })
    }
}

impl EventSection {
    /// Returns every hook that starts exactly one program, with its position.
    pub fn hooks(&self) -> impl Iterator<Item = LocatedHook<'_>> {
        self.groups.iter().enumerate().flat_map(|(group, found)| {
            let hooks = found.hooks.iter().enumerate();
            hooks.filter_map(move |(item, hook)| Some(LocatedHook { group, item, hook: hook.as_ref()? }))
        })
    }
}

impl HookGroup {
    /// Returns the span of every item, with its hook if the item starts exactly one program.
    pub fn items(&self) -> impl Iterator<Item = (&Span, Option<&SettingsHook>)> {
        let items = self.list.iter().flat_map(|(_, items)| items);
        items.zip(self.hooks.iter().map(Option::as_ref))
    }

    /// Returns the group's matcher. `None` if the group is for everything: no matcher, `null`, `""` or `"*"`. A matcher
    /// that is not a string is returned as it is spelled.
    pub fn matcher(&self, text: &str) -> Option<String> {
        let at = document::find_value(text, &self.members, "matcher")?;
        match document::read_string(text, at) {
            Some(matcher) => Some(matcher.into_owned()).filter(|matcher| !matcher.is_empty() && matcher != "*"),
            None => Some(text[at.clone()].to_owned()).filter(|raw| raw != "null"),
        }
    }

    /// Returns whether the group has no members but `hooks` and perhaps `matcher`, each once. Such a group says nothing
    /// once its hooks are gone.
    pub fn is_plain(&self, text: &str) -> bool {
        let mut keys: Vec<_> = self.members.iter().map(|member| document::read_string(text, &member.key)).collect();
        keys.sort();
        matches!(
            keys.iter().map(Option::as_deref).collect::<Vec<_>>()[..],
            [Some("hooks")] | [Some("hooks"), Some("matcher")]
        )
    }
}

fn read_events(text: &str, members: &[JsonMember]) -> Vec<EventSection> {
    let mut last = HashMap::new();
    let names: Vec<_> = members.iter().map(|member| document::read_string(text, &member.key)).collect();
    for (member, name) in names.iter().enumerate() {
        last.insert(name.as_deref(), member);
    }
    let counts = |member: usize, name: &str| last.get(&Some(name)) == Some(&member);
    let event = |(member, name): (usize, &Option<_>)| {
        let name = name.as_deref().filter(|name| counts(member, name))?;
        let at = members[member].value.clone();
        let items = document::read_items(text, &at)?;
        let groups = items.iter().map(|item| read_group(text, item).unwrap_or_default()).collect();
        Some(EventSection { member, name: String::from(name), at, items, groups })
    };
    names.iter().enumerate().filter_map(event).collect()
}

fn read_group(text: &str, at: &Span) -> Option<HookGroup> {
    let members = document::read_members(text, at)?;
    let list = document::find_value(text, &members, "hooks").cloned();
    let list = list.and_then(|at| document::read_items(text, &at).map(|items| (at, items)));
    let hooks = list.iter().flat_map(|(_, items)| items).map(|item| SettingsHook::read(text, item)).collect();
    Some(HookGroup { members, list, hooks })
}
