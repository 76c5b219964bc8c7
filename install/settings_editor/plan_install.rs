//! Deciding what an installation changes.

use super::{
    edit_check,
    edit_plan::{ChangeKind, EditPlan, HookChange, HookOwner, InstallRequest, Registration, ReplacedScript},
    edit_refusal::EditRefusal,
    json_value::{self, RenderPosition},
    kept_entries,
    ownership::{self, SettingsHook},
    parsed_settings::{EventSection, ParsedSettings},
    settings_edit::SettingsEdit,
    splice::Splice,
    text_style::TextStyle,
    wrapped_commands::{self, WrappedCommand},
};

/// Plans the registration of `request` in the settings `text`.
///
/// Each wanted hook that is missing becomes a group of its own at the end of its event. One that is there stays
/// where it is: an earlier version's command, `args` and missing `timeout` become as wanted; a timeout, a
/// matcher, members we do not write, and assignments or redirections around the wanted path stay as the user
/// has them. Entries of ours for the same event and matcher converge into one (the first the user has edited,
/// else the first); where one is for every matcher, the others are too many; entries for different matchers are
/// the user's choice and all stay. Entries of ours that are not asked for go. A line of the user's own that starts the
/// wanted executable among other things, or by another program, counts as an entry and stays as it is.
///
/// An empty file becomes a whole one, ending in a new line.
///
/// # Errors
///
/// The text is not strict JSON, or not of the shape the CLI accepts where we edit.
pub fn plan_install(text: &[u8], request: &InstallRequest) -> Result<EditPlan, EditRefusal> {
    let settings = ParsedSettings::parse_settings(text)?;
    for registration in request.registrations {
        settings.check_event(registration.event)?;
    }
    let style = TextStyle::detect_style(settings.text, settings.root.as_ref());
    let mut decisions = EventDecisions::default();
    let mut matched = vec![None; request.registrations.len()];
    for (number, event) in settings.events().iter().enumerate() {
        decisions.decide_event(&settings, number, event, request, &style, &mut matched);
    }
    let EventDecisions { mut edit, changes, replaced_scripts, of_others, by_hand } = decisions;
    let mut registered = Vec::new();
    for (registration, what) in request.registrations.iter().zip(matched) {
        let change = |what| HookChange {
            event: registration.event.to_owned(),
            command: kept_entries::registration_text(registration),
            what,
        };
        registered.push(change(what.unwrap_or(ChangeKind::Added)));
        if what.is_none() {
            edit.add.push((registration.event, json_value::group_of(registration)));
        }
    }
    registered.extend(changes);
    let splices = if settings.root.is_some() {
        edit.into_splices(&settings, &style)
    } else {
        vec![whole_file(settings.text, &edit, &style)]
    };
    let plan = EditPlan {
        registered,
        replaced_scripts,
        of_others,
        by_hand,
        ..EditPlan::from_splices(settings.text, splices)?
    };
    edit_check::check_edit(&plan, request)?;
    Ok(plan)
}

/// The settings that hold nothing but `registrations`, to show or to paste.
#[must_use]
pub fn settings_snippet(registrations: &[Registration]) -> String {
    let mut edit = SettingsEdit::default();
    edit.add.extend(registrations.iter().map(|registration| (registration.event, json_value::group_of(registration))));
    whole_file("", &edit, &TextStyle::detect_style("", None)).put
}

/// What makes a document of an empty file, before whatever white space it has.
fn whole_file(text: &str, edit: &SettingsEdit, style: &TextStyle) -> Splice {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let end = if text.len() == start { style.newline } else { "" };
    let json = edit.whole_document().to_text(style, RenderPosition::Lines(""));
    Splice { at: start, taken: String::new(), put: json + end }
}

#[derive(Default)]
struct EventDecisions {
    edit: SettingsEdit,
    changes: Vec<HookChange>,
    replaced_scripts: Vec<ReplacedScript>,
    of_others: Vec<ReplacedScript>,
    by_hand: Vec<WrappedCommand>,
}

impl EventDecisions {
    fn decide_event(
        &mut self,
        settings: &ParsedSettings,
        number: usize,
        event: &EventSection,
        request: &InstallRequest,
        style: &TextStyle,
        matched: &mut [Option<ChangeKind>],
    ) {
        let text = settings.text;
        let mut ours = Vec::new();
        for found in event.hooks() {
            let (group, item, hook) = found;
            if ownership::owned_executable(&hook.command, request.owned).is_some() {
                if request.is_kept(hook) {
                    continue;
                }
                if request.owner_of(hook) == HookOwner::Another {
                    self.of_others.push(ReplacedScript { event: event.name.clone(), command: hook.display_text() });
                }
                ours.push(found);
            } else if !request.keep_scripts
                && ownership::dashboard_script(&hook.command).is_some_and(request.writes_signals)
            {
                self.edit.remove.insert((number, group, item));
                self.replaced_scripts.push(ReplacedScript { event: event.name.clone(), command: hook.display_text() });
            }
        }
        for (registration, matched) in request.registrations.iter().zip(matched) {
            if registration.event != event.name {
                continue;
            }
            let wanted = ownership::owned_executable(&kept_entries::wanted_command(registration), request.owned);
            let same = |hook: &SettingsHook| ownership::owned_executable(&hook.command, request.owned) == wanted;
            let (candidates, others): (Vec<_>, Vec<_>) = ours.into_iter().partition(|(_, _, hook)| same(hook));
            ours = others;
            if candidates.is_empty() {
                let by_hand = wrapped_commands::wrapped_in_event(text, event, request.owned).into_iter().find(|line| {
                    line.for_all
                        && Some(&*line.executable) == wanted
                        && (request.place)(&line.path, line.by_shell) == HookOwner::Here
                });
                if let Some(line) = by_hand {
                    self.by_hand.push(line);
                    *matched = Some(ChangeKind::Kept);
                }
                continue;
            }
            let kept = kept_entries::kept_entries(text, event, &candidates, registration);
            let mut updated = false;
            let mut surplus = 0;
            for (group, item, hook) in candidates {
                if kept.contains(&(group, item)) {
                    let at = event.groups[group].list.as_ref().map(|(_, items)| &items[item]);
                    let hook = (hook, request.owner_of(hook));
                    let splices = at
                        .map(|at| kept_entries::update_entry(text, at, hook, registration, style))
                        .unwrap_or_default();
                    updated |= !splices.is_empty();
                    self.edit.inside.extend(splices);
                } else {
                    self.edit.remove.insert((number, group, item));
                    surplus += 1;
                }
            }
            *matched = Some(match (surplus, updated) {
                (0, false) => ChangeKind::Kept,
                (0, true) => ChangeKind::Updated,
                (surplus, _) => ChangeKind::Converged(surplus),
            });
        }
        for (group, item, hook) in ours {
            self.edit.remove.insert((number, group, item));
            self.changes.push(HookChange {
                event: event.name.clone(),
                command: hook.display_text(),
                what: ChangeKind::Removed,
            });
        }
    }
}
