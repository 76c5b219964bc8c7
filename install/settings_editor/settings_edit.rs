//! From decisions about single hooks to splices, emptied containers included.

use std::collections::BTreeSet;

use super::{
    container::{NewChild, rewrite_container},
    document::{self, JsonMember, Span},
    json_value::JsonValue,
    parsed_settings::{EventSection, HookGroup, HooksSection, ParsedSettings},
    splice::Splice,
    text_style::TextStyle,
};

/// What to do, hook by hook.
#[derive(Default)]
pub struct SettingsEdit {
    /// Hooks to take out: the event's place among the settings' events, group, item.
    pub remove: BTreeSet<(usize, usize, usize)>,
    /// Edits inside hooks that stay.
    pub inside: Vec<Splice>,
    /// Groups to put at the end of their events.
    pub add: Vec<(&'static str, JsonValue)>,
}

impl SettingsEdit {
    /// The splices of the edit. A group, an event or `hooks` that this edit empties goes with its last hook; what
    /// was empty before stays, and so does a group with members other than `matcher` and `hooks`, and a container
    /// whose key is there twice, since without it the CLI would read the other one.
    pub fn into_splices(mut self, settings: &ParsedSettings, style: &TextStyle) -> Vec<Splice> {
        let mut splices = std::mem::take(&mut self.inside);
        let mut removed = BTreeSet::new(); // of the settings' members
        let mut added = Vec::new();
        match &settings.hooks {
            Some(hooks) => {
                let inner = self.edit_section(settings.text, hooks, style, &mut splices);
                if inner && is_only_of_name(settings.text, &settings.members, hooks.member) {
                    removed.insert(hooks.member);
                    splices.retain(|splice| !hooks.at.contains(&splice.at));
                }
            }
            None if !self.add.is_empty() => added.push(NewChild { key: Some("hooks"), value: self.hooks_section() }),
            None => {}
        }
        if let Some(root) = &settings.root {
            splices.extend(rewrite_container(
                settings.text,
                root,
                &member_spans(&settings.members),
                &|at| removed.contains(&at),
                &added,
                style,
            ));
        }
        splices.sort_by_key(|splice| splice.at);
        splices
    }

    /// The document that holds nothing but what is to add.
    pub fn whole_document(&self) -> JsonValue {
        JsonValue::Object(vec![("hooks".to_owned(), self.hooks_section())])
    }

    fn hooks_section(&self) -> JsonValue {
        let events = self.missing_events(&[]).into_iter();
        JsonValue::Object(events.map(|(event, groups)| (event.to_owned(), JsonValue::Array(groups))).collect())
    }

    /// The splices inside `hooks`; whether they leave it empty.
    fn edit_section(&self, text: &str, hooks: &HooksSection, style: &TextStyle, splices: &mut Vec<Splice>) -> bool {
        let mut removed = BTreeSet::new();
        for (number, event) in hooks.events.iter().enumerate() {
            let mut inner = Vec::new();
            let emptied = self.edit_event(text, number, event, style, &mut inner);
            if emptied && is_only_of_name(text, &hooks.members, event.member) {
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
            &member_spans(&hooks.members),
            &|at| removed.contains(&at),
            &added,
            style,
        ));
        !removed.is_empty() && removed.len() == hooks.members.len() && added.is_empty()
    }

    /// The splices inside one event; whether they leave it empty.
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
            let gone = |item: usize| self.remove.contains(&(number, at, item));
            let Some((list, items)) = group.list.as_ref().filter(|(_, items)| (0..items.len()).any(gone)) else {
                continue;
            };
            if (0..items.len()).all(gone) && is_plain_group(text, group) {
                removed.insert(at);
            } else {
                splices.extend(rewrite_container(text, list, items, &gone, &[], style));
            }
        }
        let added = self.add.iter().filter(|(name, _)| *name == event.name);
        let added: Vec<_> = added.map(|(_, group)| NewChild { key: None, value: group.clone() }).collect();
        splices.extend(rewrite_container(text, &event.at, &event.items, &|at| removed.contains(&at), &added, style));
        !removed.is_empty() && removed.len() == event.items.len() && added.is_empty()
    }

    /// The groups to add for events that are not there yet, by event, in the order asked for.
    fn missing_events(&self, events: &[EventSection]) -> Vec<(&'static str, Vec<JsonValue>)> {
        let mut missing: Vec<(&'static str, Vec<JsonValue>)> = Vec::new();
        for (event, group) in self.add.iter().filter(|(name, _)| events.iter().all(|event| event.name != *name)) {
            match missing.iter_mut().find(|(name, _)| name == event) {
                Some((_, groups)) => groups.push(group.clone()),
                None => missing.push((event, vec![group.clone()])),
            }
        }
        missing
    }
}

/// The members' places, whole.
pub fn member_spans(members: &[JsonMember]) -> Vec<Span> {
    members.iter().map(JsonMember::span_of).collect()
}

/// Whether no other member has the key of this one.
fn is_only_of_name(text: &str, members: &[JsonMember], member: usize) -> bool {
    let key = |at: &JsonMember| document::string_at(text, &at.key);
    members.iter().filter(|other| key(other) == key(&members[member])).count() == 1
}

/// Whether a group holds nothing besides its hooks but a matcher for them.
pub fn is_plain_group(text: &str, group: &HookGroup) -> bool {
    let mut keys: Vec<_> = group.members.iter().map(|member| document::string_at(text, &member.key)).collect();
    keys.sort();
    matches!(
        keys.iter().map(Option::as_deref).collect::<Vec<_>>()[..],
        [Some("hooks")] | [Some("hooks"), Some("matcher")]
    )
}
