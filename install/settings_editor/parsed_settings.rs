//! What the editor sees of the settings: `hooks`, its events, their groups, and the hooks of each.

use std::collections::HashMap;

use super::{
    document::{self, JsonMember, Span},
    edit_refusal::{EditRefusal, TextPosition},
    ownership::{self, SettingsHook},
};

/// The settings' text with everything of interest located.
pub struct ParsedSettings<'a> {
    pub text: &'a str,
    /// The document; none in an empty file.
    pub root: Option<Span>,
    pub members: Vec<JsonMember>,
    pub hooks: Option<HooksSection>,
}

/// The `hooks` object.
pub struct HooksSection {
    /// Its place among the settings' members.
    pub member: usize,
    pub at: Span,
    pub members: Vec<JsonMember>,
    /// Those that count and are arrays.
    pub events: Vec<EventSection>,
}

/// One event's array of groups.
pub struct EventSection {
    /// Its place among the members of `hooks`.
    pub member: usize,
    pub name: String,
    pub at: Span,
    pub items: Vec<Span>,
    /// One for each item; what is no group has no hooks.
    pub groups: Vec<HookGroup>,
}

/// One group: a matcher and its hooks.
#[derive(Default)]
pub struct HookGroup {
    pub members: Vec<JsonMember>,
    /// The array of hooks and its items.
    pub list: Option<(Span, Vec<Span>)>,
    /// One for each item; none where it runs no single command.
    pub hooks: Vec<Option<SettingsHook>>,
}

impl<'a> ParsedSettings<'a> {
    /// Locates everything in `bytes`.
    pub fn parse_settings(bytes: &'a [u8]) -> Result<Self, EditRefusal> {
        let (text, root) = document::parse_document(bytes)?;
        let mut settings = Self { text, root, members: Vec::new(), hooks: None };
        let Some(root) = &settings.root else {
            return Ok(settings);
        };
        let refuse = |at: &Span| (TextPosition::at_offset(text, at.start), document::kind_at(text, at));
        settings.members = document::members_of(text, root).ok_or_else(|| {
            let (place, kind) = refuse(root);
            EditRefusal::NotAnObject(place, kind)
        })?;
        if let Some(member) = document::find_member(text, &settings.members, "hooks") {
            let at = settings.members[member].value.clone();
            let members = document::members_of(text, &at).ok_or_else(|| {
                let (place, kind) = refuse(&at);
                EditRefusal::HooksNotAnObject(place, kind)
            })?;
            let events = read_events(text, &members);
            settings.hooks = Some(HooksSection { member, at, members, events });
        }
        Ok(settings)
    }

    /// The events that count, in the file's order.
    pub fn events(&self) -> &[EventSection] {
        self.hooks.as_ref().map_or(&[], |hooks| &hooks.events)
    }

    /// Refuses where `event` is there, but is no array.
    pub fn check_event(&self, event: &str) -> Result<(), EditRefusal> {
        let Some(hooks) = &self.hooks else {
            return Ok(());
        };
        if self.events().iter().any(|found| found.name == event) {
            return Ok(());
        }
        document::find_member(self.text, &hooks.members, event).map_or(Ok(()), |member| {
            let at = &hooks.members[member].value;
            let place = TextPosition::at_offset(self.text, at.start);
            Err(EditRefusal::EventNotAnArray(place, event.to_owned(), document::kind_at(self.text, at)))
        })
    }
}

impl HookGroup {
    /// Every hook with its place in the text; none for what it is where it runs no single command.
    pub fn items(&self) -> impl Iterator<Item = (&Span, Option<&SettingsHook>)> {
        let items = self.list.iter().flat_map(|(_, items)| items);
        items.zip(self.hooks.iter().map(Option::as_ref))
    }
}

impl EventSection {
    /// Every hook that runs a single command, with its place: group and item.
    pub fn hooks(&self) -> impl Iterator<Item = (usize, usize, &SettingsHook)> {
        self.groups.iter().enumerate().flat_map(|(group, found)| {
            found.hooks.iter().enumerate().filter_map(move |(item, hook)| Some((group, item, hook.as_ref()?)))
        })
    }
}

fn read_events(text: &str, members: &[JsonMember]) -> Vec<EventSection> {
    let mut last = HashMap::new();
    let names: Vec<_> = members.iter().map(|member| document::string_at(text, &member.key)).collect();
    for (member, name) in names.iter().enumerate() {
        last.insert(name.as_deref(), member);
    }
    let counts = |member: usize, name: &str| last.get(&Some(name)) == Some(&member);
    let event = |(member, name): (usize, &Option<_>)| {
        let name = name.as_deref().filter(|name| counts(member, name))?;
        let at = members[member].value.clone();
        let items = document::items_of(text, &at)?;
        let groups = items.iter().map(|item| read_group(text, item).unwrap_or_default()).collect();
        Some(EventSection { member, name: String::from(name), at, items, groups })
    };
    names.iter().enumerate().filter_map(event).collect()
}

fn read_group(text: &str, at: &Span) -> Option<HookGroup> {
    let members = document::members_of(text, at)?;
    let list = document::find_member(text, &members, "hooks").map(|member| members[member].value.clone());
    let list = list.and_then(|at| document::items_of(text, &at).map(|items| (at, items)));
    let hooks = list.iter().flat_map(|(_, items)| items).map(|item| ownership::read_hook(text, item)).collect();
    Some(HookGroup { members, list, hooks })
}
