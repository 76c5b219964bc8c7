//! Decides for each hook of an event whether an installation keeps, updates or removes it.

use super::{
    dashboard_scripts,
    edit_plan::{ChangeKind, HookChange, ReplacedScript},
    existing_entries,
    install_request::{HookOwner, InstallRequest},
    parsed_settings::{EventSection, LocatedHook},
    registration::Registration,
    settings_edit::{HookPosition, SettingsEdit},
    text_style::TextStyle,
    wrapped_commands::{self, WrappedCommand},
};

/// The event that is decided, and what the decisions depend on.
pub struct EventContext<'a> {
    /// The text of the settings.
    pub text: &'a str,
    /// The index of the event among those of the settings.
    pub number: usize,
    pub event: &'a EventSection,
    pub request: &'a InstallRequest<'a>,
    pub style: &'a TextStyle,
}

/// The decisions for all events so far. The lists are those of [`EditPlan`](super::EditPlan).
#[derive(Default)]
pub struct EventDecisions {
    pub edit: SettingsEdit,
    pub removals: Vec<HookChange>,
    pub replaced_scripts: Vec<ReplacedScript>,
    pub of_others: Vec<ReplacedScript>,
    pub by_hand: Vec<WrappedCommand>,
}

impl EventDecisions {
    /// Decides every hook of one event. Notes in `matched`, which has an element for each registration of the request,
    /// what happens to the registrations that have an entry in the event.
    pub fn decide_event(&mut self, context: &EventContext, matched: &mut [Option<ChangeKind>]) {
        let request = context.request;
        let mut ours = self.find_ours(context);
        for (registration, matched) in request.registrations.iter().zip(matched) {
            if registration.event != context.event.name {
                continue;
            }
            let executable = request.registered_executable(registration);
            let (candidates, others): (Vec<_>, Vec<_>) =
                ours.into_iter().partition(|entry| request.executable_of(entry.hook) == executable);
            ours = others;
            if !candidates.is_empty() {
                *matched = Some(self.converge(context, &candidates, registration));
            } else if let Some(line) = find_by_hand(context, executable) {
                self.by_hand.push(line);
                *matched = Some(ChangeKind::Kept);
            }
        }
        for entry in ours {
            self.remove(context, &entry);
            self.removals.push(HookChange {
                event: context.event.name.clone(),
                command: entry.hook.display_text(),
                what: ChangeKind::Removed,
            });
        }
    }

    /// Returns our entries in the event, without those that are left to other homes. Removes the scripts of dashboards.
    fn find_ours<'a>(&mut self, context: &EventContext<'a>) -> Vec<LocatedHook<'a>> {
        let request = context.request;
        let mut ours = Vec::new();
        for entry in context.event.hooks() {
            let hook = entry.hook;
            let described = || ReplacedScript { event: context.event.name.clone(), command: hook.display_text() };
            if request.executable_of(hook).is_some() {
                if request.leaves_to_other_home(hook) {
                    continue;
                }
                if request.owner_of_hook(hook) == HookOwner::Another {
                    self.of_others.push(described());
                }
                ours.push(entry);
            } else if !request.keep_scripts
                && dashboard_scripts::dashboard_script(&hook.command).is_some_and(request.writes_signals)
            {
                self.remove(context, &entry);
                self.replaced_scripts.push(described());
            }
        }
        ours
    }

    /// Updates the entries that stay for a registration and removes the other `candidates`.
    fn converge(
        &mut self,
        context: &EventContext,
        candidates: &[LocatedHook],
        registration: &Registration,
    ) -> ChangeKind {
        let staying = existing_entries::choose_entries(context.text, context.event, candidates, registration);
        let stays =
            |entry: &LocatedHook| staying.iter().any(|other| (other.group, other.item) == (entry.group, entry.item));
        let (mut is_updated, mut surplus) = (false, 0);
        for entry in candidates {
            if !stays(entry) {
                self.remove(context, entry);
                surplus += 1;
            } else if let Some((_, items)) = &context.event.groups[entry.group].list {
                let hook = (entry.hook, context.request.owner_of_hook(entry.hook));
                let at = &items[entry.item];
                let splices = existing_entries::update_entry(context.text, at, hook, registration, context.style);
                is_updated |= !splices.is_empty();
                self.edit.updates.extend(splices);
            }
        }
        match (surplus, is_updated) {
            (0, false) => ChangeKind::Kept,
            (0, true) => ChangeKind::Updated,
            (surplus, _) => ChangeKind::Converged(surplus),
        }
    }

    fn remove(&mut self, context: &EventContext, entry: &LocatedHook) {
        let LocatedHook { group, item, .. } = *entry;
        self.edit.removed.insert(HookPosition { event: context.number, group, item });
    }
}

/// Returns the first line that the user wrote and that starts `executable` for every matcher.
fn find_by_hand(context: &EventContext, executable: Option<&str>) -> Option<WrappedCommand> {
    let EventContext { text, event, request, .. } = context;
    wrapped_commands::wrapped_in_event(text, event, request.owned).into_iter().find(|line| {
        line.for_all
            && Some(&*line.executable) == executable
            && (request.owner_of_path)(&line.path, line.by_shell) == HookOwner::Here
    })
}
