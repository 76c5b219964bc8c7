//! From decisions about single hooks to splices, emptied containers included.

use std::collections::BTreeSet;

use super::{
    container::{Child, rewrite},
    document::{self, Member, Span},
    render::Json,
    settings::{Event, Group, Section, Settings},
    splice::Splice,
    style::Style,
};

/// What to do, hook by hook.
#[derive(Default)]
pub struct Edit {
    /// Hooks to take out: the event's place among the settings' events, group, item.
    pub remove: BTreeSet<(usize, usize, usize)>,
    /// Edits inside hooks that stay.
    pub inside: Vec<Splice>,
    /// Groups to put at the end of their events.
    pub add: Vec<(&'static str, Json)>,
}

impl Edit {
    /// The splices of the edit. A group, an event or `hooks` that this edit empties goes with its last hook; what
    /// was empty before stays, and so does a group with members other than `matcher` and `hooks`, and a container
    /// whose key is there twice, since without it the CLI would read the other one.
    pub fn splices(mut self, settings: &Settings, style: &Style) -> Vec<Splice> {
        let mut splices = std::mem::take(&mut self.inside);
        let mut removed = BTreeSet::new(); // of the settings' members
        let mut added = Vec::new();
        match &settings.hooks {
            Some(hooks) => {
                let inner = self.section(settings.text, hooks, style, &mut splices);
                if inner && is_only(settings.text, &settings.members, hooks.member) {
                    removed.insert(hooks.member);
                    splices.retain(|splice| !hooks.at.contains(&splice.at));
                }
            }
            None if !self.add.is_empty() => added.push(Child { key: Some("hooks"), value: self.hooks() }),
            None => {}
        }
        if let Some(root) = &settings.root {
            splices.extend(rewrite(
                settings.text,
                root,
                &spans(&settings.members),
                &|at| removed.contains(&at),
                &added,
                style,
            ));
        }
        splices.sort_by_key(|splice| splice.at);
        splices
    }

    /// The document that holds nothing but what is to add.
    pub fn document(&self) -> Json {
        Json::Object(vec![("hooks".to_owned(), self.hooks())])
    }

    fn hooks(&self) -> Json {
        let events = self.missing(&[]).into_iter();
        Json::Object(events.map(|(event, groups)| (event.to_owned(), Json::Array(groups))).collect())
    }

    /// The splices inside `hooks`; whether they leave it empty.
    fn section(&self, text: &str, hooks: &Section, style: &Style, splices: &mut Vec<Splice>) -> bool {
        let mut removed = BTreeSet::new();
        for (number, event) in hooks.events.iter().enumerate() {
            let mut inner = Vec::new();
            let emptied = self.event(text, number, event, style, &mut inner);
            if emptied && is_only(text, &hooks.members, event.member) {
                removed.insert(event.member);
            } else {
                splices.extend(inner);
            }
        }
        let missing = self.missing(&hooks.events);
        let added: Vec<_> =
            missing.into_iter().map(|(event, groups)| Child { key: Some(event), value: Json::Array(groups) }).collect();
        splices.extend(rewrite(text, &hooks.at, &spans(&hooks.members), &|at| removed.contains(&at), &added, style));
        !removed.is_empty() && removed.len() == hooks.members.len() && added.is_empty()
    }

    /// The splices inside one event; whether they leave it empty.
    fn event(&self, text: &str, number: usize, event: &Event, style: &Style, splices: &mut Vec<Splice>) -> bool {
        let mut removed = BTreeSet::new();
        for (at, group) in event.groups.iter().enumerate() {
            let gone = |item: usize| self.remove.contains(&(number, at, item));
            let Some((list, items)) = group.list.as_ref().filter(|(_, items)| (0..items.len()).any(gone)) else {
                continue;
            };
            if (0..items.len()).all(gone) && is_plain(text, group) {
                removed.insert(at);
            } else {
                splices.extend(rewrite(text, list, items, &gone, &[], style));
            }
        }
        let added = self.add.iter().filter(|(name, _)| *name == event.name);
        let added: Vec<_> = added.map(|(_, group)| Child { key: None, value: group.clone() }).collect();
        splices.extend(rewrite(text, &event.at, &event.items, &|at| removed.contains(&at), &added, style));
        !removed.is_empty() && removed.len() == event.items.len() && added.is_empty()
    }

    /// The groups to add for events that are not there yet, by event, in the order asked for.
    fn missing(&self, events: &[Event]) -> Vec<(&'static str, Vec<Json>)> {
        let mut missing: Vec<(&'static str, Vec<Json>)> = Vec::new();
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
pub fn spans(members: &[Member]) -> Vec<Span> {
    members.iter().map(Member::span).collect()
}

/// Whether no other member has the key of this one.
fn is_only(text: &str, members: &[Member], member: usize) -> bool {
    let key = |at: &Member| document::string(text, &at.key);
    members.iter().filter(|other| key(other) == key(&members[member])).count() == 1
}

/// Whether a group holds nothing besides its hooks but a matcher for them.
pub fn is_plain(text: &str, group: &Group) -> bool {
    let mut keys: Vec<_> = group.members.iter().map(|member| document::string(text, &member.key)).collect();
    keys.sort();
    matches!(
        keys.iter().map(Option::as_deref).collect::<Vec<_>>()[..],
        [Some("hooks")] | [Some("hooks"), Some("matcher")]
    )
}
