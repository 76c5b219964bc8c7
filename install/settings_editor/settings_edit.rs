//! Turns decisions about single hooks into splices, and removes the containers that become empty.

use std::collections::BTreeSet;

use super::{
    container::{NewChild, rewrite_container},
    document::{self, JsonMember},
    json_value::JsonValue,
    parsed_settings::{EventSection, HooksSection, ParsedSettings},
    splice::Splice,
    text_style::TextStyle,
};

/// The position of a hook: the index of its event among [`ParsedSettings::events`], of its group, and of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HookPosition {
    pub event: usize,
    pub group: usize,
    pub item: usize,
}

/// Everything that one edit does.
#[derive(Default)]
pub struct SettingsEdit {
    /// The hooks to remove.
    pub removed: BTreeSet<HookPosition>,
    /// The changes inside hooks that stay.
    pub updates: Vec<Splice>,
    /// The groups to add at the end of their events: event and group.
    pub added: Vec<(&'static str, JsonValue)>,
}

impl SettingsEdit {
    /// Returns the splices of the edit, in the order of their offsets.
    ///
    /// A group, an event and `hooks` are removed together with the last hook in them. Three things stay: what was empty
    /// before, a group that has members besides `matcher` and `hooks`, and a container whose key is written twice.
    /// Without the last one, the CLI would read the other one.
    pub fn into_splices(mut self, settings: &ParsedSettings, style: &TextStyle) -> Vec<Splice> {
        let mut splices = std::mem::take(&mut self.updates);
        let mut removed = BTreeSet::new(); // indexes of members of the settings
        let mut added = Vec::new();
        match &settings.hooks {
            Some(hooks) => {
                let is_emptied = self.edit_section(settings.text, hooks, style, &mut splices);
                if is_emptied && is_only_of_key(settings.text, &settings.members, hooks.member) {
                    removed.insert(hooks.member);
                    splices.retain(|splice| !hooks.at.contains(&splice.at));
                }
            }
            None if !self.added.is_empty() => added.push(NewChild { key: Some("hooks"), value: self.hooks_section() }),
            None => {}
        }
        if let Some(root) = &settings.root {
            splices.extend(rewrite_container(
                settings.text,
                root,
                &document::whole_spans(&settings.members),
                &|at| removed.contains(&at),
                &added,
                style,
            ));
        }
        splices.sort_by_key(|splice| splice.at);
        splices
    }

    /// Returns a document that holds nothing but what the edit adds.
    pub fn whole_document(&self) -> JsonValue {
        JsonValue::Object(vec![("hooks".to_owned(), self.hooks_section())])
    }

    fn hooks_section(&self) -> JsonValue {
        let events = self.missing_events(&[]).into_iter();
        JsonValue::Object(events.map(|(event, groups)| (event.to_owned(), JsonValue::Array(groups))).collect())
    }

    /// Adds the splices inside `hooks` to `splices`. Returns whether they leave `hooks` empty.
    fn edit_section(&self, text: &str, hooks: &HooksSection, style: &TextStyle, splices: &mut Vec<Splice>) -> bool {
        let mut removed = BTreeSet::new();
        for (number, event) in hooks.events.iter().enumerate() {
            let mut inner = Vec::new();
            let is_emptied = self.edit_event(text, number, event, style, &mut inner);
            if is_emptied && is_only_of_key(text, &hooks.members, event.member) {
                removed.insert(event.member);
            } else {
                splices.extend(inner);
            }
        }
        let missing = self.missing_events(&hooks.events);
        let added: Vec<_> = missing
            .into_iter()
            .map(|(event, groups)| NewChild { key: Some(event), value: JsonValue::Array(groups) })
            .collect();
        splices.extend(rewrite_container(
            text,
            &hooks.at,
            &document::whole_spans(&hooks.members),
            &|at| removed.contains(&at),
            &added,
            style,
        ));
        !removed.is_empty() && removed.len() == hooks.members.len() && added.is_empty()
    }

    /// Adds the splices inside one event to `splices`. Returns whether they leave the event empty.
    fn edit_event(
        &self,
        text: &str,
        number: usize,
        event: &EventSection,
        style: &TextStyle,
        splices: &mut Vec<Splice>,
    ) -> bool {
        let mut removed = BTreeSet::new();
        for (at, group) in event.groups.iter().enumerate() {
            let is_removed = |item| self.removed.contains(&HookPosition { event: number, group: at, item });
            let Some((list, items)) = group.list.as_ref().filter(|(_, items)| (0..items.len()).any(is_removed)) else {
                continue;
            };
            if (0..items.len()).all(is_removed) && group.is_plain(text) {
                removed.insert(at);
            } else {
                splices.extend(rewrite_container(text, list, items, &is_removed, &[], style));
            }
        }
        let added = self.added.iter().filter(|(name, _)| *name == event.name);
        let added: Vec<_> = added.map(|(_, group)| NewChild { key: None, value: group.clone() }).collect();
        splices.extend(rewrite_container(text, &event.at, &event.items, &|at| removed.contains(&at), &added, style));
        !removed.is_empty() && removed.len() == event.items.len() && added.is_empty()
    }

    /// Returns the groups to add for events that are not among `events`, by event, in the order of the registrations.
    fn missing_events(&self, events: &[EventSection]) -> Vec<(&'static str, Vec<JsonValue>)> {
        let mut missing: Vec<(&'static str, Vec<JsonValue>)> = Vec::new();
        for (event, group) in self.added.iter().filter(|(name, _)| events.iter().all(|event| event.name != *name)) {
            match missing.iter_mut().find(|(name, _)| name == event) {
                Some((_, groups)) => groups.push(group.clone()),
                None => missing.push((event, vec![group.clone()])),
            }
        }
        missing
    }
}

/// Returns whether no other member has the key of the member with this index.
fn is_only_of_key(text: &str, members: &[JsonMember], member: usize) -> bool {
    let key = |at: &JsonMember| document::read_string(text, &at.key);
    members.iter().filter(|other| key(other) == key(&members[member])).count() == 1
}
