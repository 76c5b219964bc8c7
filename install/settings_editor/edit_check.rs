//! Proves that a finished plan does what was asked and changes nothing else.
//!
//! The check compares the text before the edit with the text after it. It does not look at the splices. The only code
//! that it shares with the files that make the splices is the code that reads the settings, so a wrong decision there
//! cannot hide itself here. No plan leaves the editor without having passed.

use super::{
    edit_plan::EditPlan,
    edit_refusal::EditRefusal,
    foreign_parts::foreign_parts,
    install_request::{HookOwner, InstallRequest},
    parsed_settings::{EventSection, ParsedSettings},
    registration::Registration,
    settings_hook::SettingsHook,
};

/// Checks four things of the text after the edit:
///
/// 1. It is valid JSON of the shape that the CLI accepts.
/// 2. Apart from our entries and the replaced scripts, it has the same parts in the same order as the text before. Keys
///    and values are compared as they are spelled, and keys that are written twice are compared twice. Only white space
///    between them may differ, and events and groups without a hook may be removed.
/// 3. No replaced script is registered.
/// 4. Every registration of the request has an entry, and no other entry of ours is there.
///
/// # Errors
/// [`EditRefusal::CheckFailed`] with what does not hold. Those of [`ParsedSettings::parse`] for the text before the
/// edit.
pub fn check_edit(plan: &EditPlan, request: &InstallRequest) -> Result<(), EditRefusal> {
    let before = ParsedSettings::parse(&plan.before)?;
    let after = ParsedSettings::parse(&plan.after).map_err(|refusal| failure(refusal.to_string()))?;
    let check = EditCheck { plan, request };
    let may_change = |event: &EventSection, hook: &SettingsHook| check.is_ours(hook) || check.is_replaced(event, hook);
    if foreign_parts(&before, &may_change) != foreign_parts(&after, &may_change) {
        return Err(failure("it changes something that is not ours"));
    }
    let has_hook = |is_it: &dyn Fn(&EventSection, &SettingsHook) -> bool| {
        after.events().iter().any(|event| event.hooks().any(|found| is_it(event, found.hook)))
    };
    if has_hook(&|event, hook| check.is_replaced(event, hook)) {
        return Err(failure("a script stays registered"));
    }
    for registration in request.registrations.iter().filter(|registration| !check.is_by_hand(registration)) {
        if !has_hook(&|event, hook| check.is_ours(hook) && check.is_entry_of(registration, event, hook)) {
            return Err(failure(format!("{} is not registered", registration.event)));
        }
    }
    let is_requested = |event: &EventSection, hook: &SettingsHook| {
        request.registrations.iter().any(|registration| check.is_entry_of(registration, event, hook))
    };
    if has_hook(&|event, hook| check.is_ours(hook) && !is_requested(event, hook)) {
        return Err(failure("an entry of session-signals that was not requested is still there"));
    }
    Ok(())
}

fn failure(reason: impl Into<String>) -> EditRefusal {
    EditRefusal::CheckFailed(reason.into())
}

struct EditCheck<'a> {
    plan: &'a EditPlan,
    request: &'a InstallRequest<'a>,
}

impl EditCheck<'_> {
    /// Returns whether a hook is an entry of ours that the edit may change.
    fn is_ours(&self, hook: &SettingsHook) -> bool {
        self.request.executable_of(hook).is_some() && !self.request.leaves_to_other_home(hook)
    }

    /// Returns whether a hook is one of the scripts that the plan replaces.
    fn is_replaced(&self, event: &EventSection, hook: &SettingsHook) -> bool {
        let scripts = &self.plan.replaced_scripts;
        scripts.iter().any(|script| script.event == event.name && script.command == hook.display_text())
    }

    /// Returns whether a hook does what `registration` asks for. It may have more arguments.
    fn is_entry_of(&self, registration: &Registration, event: &EventSection, hook: &SettingsHook) -> bool {
        let registered = registration.parsed_command();
        let starts_program = hook.command.program == registered.program
            || self.request.owner_of_hook(hook) == HookOwner::Here
                && self.request.executable_of(hook) == self.request.registered_executable(registration);
        event.name == registration.event && starts_program && hook.command.args.starts_with(&registered.args)
    }

    /// Returns whether a line that the user wrote takes the place of an entry for `registration`.
    fn is_by_hand(&self, registration: &Registration) -> bool {
        let executable = self.request.registered_executable(registration);
        let lines = &self.plan.by_hand;
        lines.iter().any(|line| line.event == registration.event && Some(&*line.executable) == executable)
    }
}

#[cfg(test)]
mod tests;
