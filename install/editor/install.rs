//! Deciding what an installation changes.

use super::{
    edit::Edit,
    entry,
    owned::{self, Hook},
    plan::{Change, Plan, Registration, Replaced, Request, What, Whose},
    proof,
    refusal::Refusal,
    render::{self, Place},
    settings::{Event, Settings},
    splice::Splice,
    style::Style,
    wrapped::{self, Wrapped},
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
pub fn install(text: &[u8], request: &Request) -> Result<Plan, Refusal> {
    let settings = Settings::read(text)?;
    for registration in request.registrations {
        settings.check(registration.event)?;
    }
    let style = Style::of(settings.text, settings.root.as_ref());
    let mut decisions = Decisions::default();
    let mut matched = vec![None; request.registrations.len()];
    for (number, event) in settings.events().iter().enumerate() {
        decisions.event(&settings, number, event, request, &style, &mut matched);
    }
    let Decisions { mut edit, changes, replaced_scripts, of_others, by_hand } = decisions;
    let mut registered = Vec::new();
    for (registration, what) in request.registrations.iter().zip(matched) {
        let change = |what| Change { event: registration.event.to_owned(), command: entry::shown(registration), what };
        registered.push(change(what.unwrap_or(What::Added)));
        if what.is_none() {
            edit.add.push((registration.event, render::group(registration)));
        }
    }
    registered.extend(changes);
    let splices = if settings.root.is_some() {
        edit.splices(&settings, &style)
    } else {
        vec![whole(settings.text, &edit, &style)]
    };
    let plan = Plan { registered, replaced_scripts, of_others, by_hand, ..Plan::of(settings.text, splices)? };
    proof::prove(&plan, request)?;
    Ok(plan)
}

/// The settings that hold nothing but `registrations`, to show or to paste.
#[must_use]
pub fn snippet(registrations: &[Registration]) -> String {
    let mut edit = Edit::default();
    edit.add.extend(registrations.iter().map(|registration| (registration.event, render::group(registration))));
    whole("", &edit, &Style::of("", None)).put
}

/// What makes a document of an empty file, before whatever white space it has.
fn whole(text: &str, edit: &Edit, style: &Style) -> Splice {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let end = if text.len() == start { style.newline } else { "" };
    let json = edit.document().render(style, Place::Lines(""));
    Splice { at: start, taken: String::new(), put: json + end }
}

#[derive(Default)]
struct Decisions {
    edit: Edit,
    changes: Vec<Change>,
    replaced_scripts: Vec<Replaced>,
    of_others: Vec<Replaced>,
    by_hand: Vec<Wrapped>,
}

impl Decisions {
    fn event(
        &mut self,
        settings: &Settings,
        number: usize,
        event: &Event,
        request: &Request,
        style: &Style,
        matched: &mut [Option<What>],
    ) {
        let text = settings.text;
        let mut ours = Vec::new();
        for found in event.hooks() {
            let (group, item, hook) = found;
            if owned::executable(&hook.command, request.owned).is_some() {
                if request.is_kept(hook) {
                    continue;
                }
                if request.place(hook) == Whose::Another {
                    self.of_others.push(Replaced { event: event.name.clone(), command: hook.shown() });
                }
                ours.push(found);
            } else if !request.keep_scripts && owned::script(&hook.command).is_some_and(request.writes_signals) {
                self.edit.remove.insert((number, group, item));
                self.replaced_scripts.push(Replaced { event: event.name.clone(), command: hook.shown() });
            }
        }
        for (registration, matched) in request.registrations.iter().zip(matched) {
            if registration.event != event.name {
                continue;
            }
            let wanted = owned::executable(&entry::wanted(registration), request.owned);
            let same = |hook: &Hook| owned::executable(&hook.command, request.owned) == wanted;
            let (candidates, others): (Vec<_>, Vec<_>) = ours.into_iter().partition(|(_, _, hook)| same(hook));
            ours = others;
            if candidates.is_empty() {
                let by_hand = wrapped::of_event(text, event, request.owned).into_iter().find(|line| {
                    line.for_all
                        && Some(&*line.executable) == wanted
                        && (request.place)(&line.path, line.by_shell) == Whose::Here
                });
                if let Some(line) = by_hand {
                    self.by_hand.push(line);
                    *matched = Some(What::Kept);
                }
                continue;
            }
            let kept = entry::survivors(text, event, &candidates, registration);
            let mut updated = false;
            let mut surplus = 0;
            for (group, item, hook) in candidates {
                if kept.contains(&(group, item)) {
                    let at = event.groups[group].list.as_ref().map(|(_, items)| &items[item]);
                    let hook = (hook, request.place(hook));
                    let splices = at.map(|at| entry::update(text, at, hook, registration, style)).unwrap_or_default();
                    updated |= !splices.is_empty();
                    self.edit.inside.extend(splices);
                } else {
                    self.edit.remove.insert((number, group, item));
                    surplus += 1;
                }
            }
            *matched = Some(match (surplus, updated) {
                (0, false) => What::Kept,
                (0, true) => What::Updated,
                (surplus, _) => What::Converged(surplus),
            });
        }
        for (group, item, hook) in ours {
            self.edit.remove.insert((number, group, item));
            self.changes.push(Change { event: event.name.clone(), command: hook.shown(), what: What::Removed });
        }
    }
}
