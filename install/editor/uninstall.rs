//! Deciding what an uninstallation changes, and listing what is ours.

use super::{
    edit::Edit,
    owned,
    plan::{Change, Plan, Request, What, Whose},
    proof,
    refusal::Refusal,
    settings::Settings,
    style::Style,
};

/// One hook of ours in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The hook event.
    pub event: String,
    /// The command, as written.
    pub command: String,
    /// The executable's path in it, unquoted.
    pub path: String,
    /// Whether the CLI starts it without a shell.
    pub exec: bool,
    /// Its arguments, either way.
    pub args: Vec<String>,
}

/// Every hook of ours, in the file's order, duplicates included.
///
/// # Errors
///
/// The text is not strict JSON, or the settings or their `hooks` are not an object.
pub fn entries(text: &[u8], owned: &[&str]) -> Result<Vec<Entry>, Refusal> {
    let settings = Settings::read(text)?;
    let mut entries = Vec::new();
    for event in settings.events() {
        for (_, _, hook) in event.hooks() {
            if owned::executable(&hook.command, owned).is_some() {
                entries.push(Entry {
                    event: event.name.clone(),
                    command: hook.line.clone(),
                    path: hook.command.program.clone(),
                    exec: hook.exec,
                    args: hook.command.args.clone(),
                });
            }
        }
    }
    Ok(entries)
}

/// Plans the removal of every hook of ours from the settings `text`.
///
/// A group, an event and `hooks` go with the last hook in them, whoever made them: an empty one means to the CLI
/// what a missing one means, and without a receipt nobody knows. What was empty before stays, and so do the entries of
/// other homes: `place` as in [`Request`].
///
/// # Errors
///
/// As for [`entries`].
pub fn uninstall(text: &[u8], owned: &[&str], place: &dyn Fn(&str, bool) -> Whose) -> Result<Plan, Refusal> {
    let nothing = |_: &str| false;
    let request =
        Request { registrations: &[], owned, place, keep_others: true, keep_scripts: true, writes_signals: &nothing };
    let settings = Settings::read(text)?;
    let mut edit = Edit::default();
    let mut registered = Vec::new();
    for (number, event) in settings.events().iter().enumerate() {
        for (group, item, hook) in event.hooks() {
            if owned::executable(&hook.command, owned).is_some() && !request.is_kept(hook) {
                edit.remove.insert((number, group, item));
                registered.push(Change { event: event.name.clone(), command: hook.shown(), what: What::Removed });
            }
        }
    }
    let splices = edit.splices(&settings, &Style::of(settings.text, settings.root.as_ref()));
    let plan = Plan { registered, ..Plan::of(settings.text, splices)? };
    proof::prove(&plan, &request)?;
    Ok(plan)
}
