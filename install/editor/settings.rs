//! What the editor sees of the settings: `hooks`, its events, their groups, and the hooks of each.

use std::collections::HashMap;

use super::{
    document::{self, Member, Span},
    owned::{self, Hook},
    refusal::{Position, Refusal},
};

/// The settings' text with everything of interest located.
pub struct Settings<'a> {
    pub text: &'a str,
    /// The document; none in an empty file.
    pub root: Option<Span>,
    pub members: Vec<Member>,
    pub hooks: Option<Section>,
}

/// The `hooks` object.
pub struct Section {
    /// Its place among the settings' members.
    pub member: usize,
    pub at: Span,
    pub members: Vec<Member>,
    /// Those that count and are arrays.
    pub events: Vec<Event>,
}

/// One event's array of groups.
pub struct Event {
    /// Its place among the members of `hooks`.
    pub member: usize,
    pub name: String,
    pub at: Span,
    pub items: Vec<Span>,
    /// One for each item; what is no group has no hooks.
    pub groups: Vec<Group>,
}

/// One group: a matcher and its hooks.
#[derive(Default)]
pub struct Group {
    pub members: Vec<Member>,
    /// The array of hooks and its items.
    pub list: Option<(Span, Vec<Span>)>,
    /// One for each item; none where it runs no single command.
    pub hooks: Vec<Option<Hook>>,
}

impl<'a> Settings<'a> {
    /// Locates everything in `bytes`.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let (text, root) = document::parse(bytes)?;
        let mut settings = Self { text, root, members: Vec::new(), hooks: None };
        let Some(root) = &settings.root else {
            return Ok(settings);
        };
        let refuse = |at: &Span| (Position::of(text, at.start), document::kind(text, at));
        settings.members = document::members(text, root).ok_or_else(|| {
            let (place, kind) = refuse(root);
            Refusal::NotAnObject(place, kind)
        })?;
        if let Some(member) = document::find(text, &settings.members, "hooks") {
            let at = settings.members[member].value.clone();
            let members = document::members(text, &at).ok_or_else(|| {
                let (place, kind) = refuse(&at);
                Refusal::HooksNotAnObject(place, kind)
            })?;
            let events = events(text, &members);
            settings.hooks = Some(Section { member, at, members, events });
        }
        Ok(settings)
    }

    /// The events that count, in the file's order.
    pub fn events(&self) -> &[Event] {
        self.hooks.as_ref().map_or(&[], |hooks| &hooks.events)
    }

    /// Refuses where `event` is there, but is no array.
    pub fn check(&self, event: &str) -> Result<(), Refusal> {
        let Some(hooks) = &self.hooks else {
            return Ok(());
        };
        if self.events().iter().any(|found| found.name == event) {
            return Ok(());
        }
        document::find(self.text, &hooks.members, event).map_or(Ok(()), |member| {
            let at = &hooks.members[member].value;
            let place = Position::of(self.text, at.start);
            Err(Refusal::EventNotAnArray(place, event.to_owned(), document::kind(self.text, at)))
        })
    }
}

impl Group {
    /// Every hook with its place in the text; none for what it is where it runs no single command.
    pub fn items(&self) -> impl Iterator<Item = (&Span, Option<&Hook>)> {
        let items = self.list.iter().flat_map(|(_, items)| items);
        items.zip(self.hooks.iter().map(Option::as_ref))
    }
}

impl Event {
    /// Every hook that runs a single command, with its place: group and item.
    pub fn hooks(&self) -> impl Iterator<Item = (usize, usize, &Hook)> {
        self.groups.iter().enumerate().flat_map(|(group, found)| {
            found.hooks.iter().enumerate().filter_map(move |(item, hook)| Some((group, item, hook.as_ref()?)))
        })
    }
}

fn events(text: &str, members: &[Member]) -> Vec<Event> {
    let mut last = HashMap::new();
    let names: Vec<_> = members.iter().map(|member| document::string(text, &member.key)).collect();
    for (member, name) in names.iter().enumerate() {
        last.insert(name.as_deref(), member);
    }
    let counts = |member: usize, name: &str| last.get(&Some(name)) == Some(&member);
    let event = |(member, name): (usize, &Option<_>)| {
        let name = name.as_deref().filter(|name| counts(member, name))?;
        let at = members[member].value.clone();
        let items = document::items(text, &at)?;
        let groups = items.iter().map(|item| group(text, item).unwrap_or_default()).collect();
        Some(Event { member, name: String::from(name), at, items, groups })
    };
    names.iter().enumerate().filter_map(event).collect()
}

fn group(text: &str, at: &Span) -> Option<Group> {
    let members = document::members(text, at)?;
    let list = document::find(text, &members, "hooks").map(|member| members[member].value.clone());
    let list = list.and_then(|at| document::items(text, &at).map(|items| (at, items)));
    let hooks = list.iter().flat_map(|(_, items)| items).map(|item| owned::hook(text, item)).collect();
    Some(Group { members, list, hooks })
}
