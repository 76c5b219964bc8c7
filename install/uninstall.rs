//! `hooks uninstall`

use crate::cli::Uninstall;
use crate::editor::{self, Plan};
use crate::env::Env;
use crate::places::{SCOPES, Scope};
use crate::receipt::{self, Receipt};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings::Settings;
use crate::{commit, diff, events, executables, service};

/// By the receipt where the settings are what install left; else only our entries go.
fn plan(text: &[u8], receipt: Option<&Receipt>) -> Result<Plan, editor::Refusal> {
    let owned = events::owned();
    match receipt.and_then(|receipt| editor::undo(text, &receipt.edit, &owned)) {
        Some(plan) => Ok(plan),
        None => editor::uninstall(text, &owned),
    }
}

/// Uninstalls, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run(env: &Env, options: &Uninstall, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    if options.dry_run {
        let receipt = receipt::load(env, &path);
        let before = Settings::read(&path)?;
        report.diff = Some(String::new());
        if before.seen.is_some() {
            let plan = plan(before.bytes(), receipt.as_ref()).map_err(Refusal::of(&path))?;
            report.diff = Some(diff::unified(&path, &plan));
            report.planned(&plan);
        }
        return Ok(());
    }
    if !env.config.exists() {
        return Ok(());
    }
    let _lock = commit::lock(env)?;
    let receipt = receipt::load(env, &path);
    if Settings::read(&path)?.seen.is_some() {
        let created = receipt.as_ref().is_some_and(|receipt| receipt.created);
        let written = commit::edit(env, &path, created, &|text| plan(text, receipt.as_ref()))?;
        report.planned(&written.plan);
        report.backup.clone_from(&written.backup);
        report.warnings.extend(written.plan.is_change().then(|| written.before.warning()).flatten());
        // By the receipt they are back; else only its owner knows whether they are missed.
        let is_as_it_was = receipt.as_ref().is_some_and(|receipt| receipt.edit.fits(&written.plan.before));
        let gone = receipt.iter().filter(|_| !is_as_it_was).flat_map(|receipt| &receipt.replaced);
        report.warnings.extend(gone.map(|script| {
            let kept = script.backup.as_ref().map(|backup| format!(", see {}", env.brief(backup))).unwrap_or_default();
            format!("install had replaced `{}` for {}, and it is not put back{kept}", script.command, script.event)
        }));
    }
    let forgotten = receipt::forget(env, &path);
    let is_last = forgotten.is_ok() && !in_use(env);
    if is_last && service::is_installed(env) {
        let removed = service::remove(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    }
    let cleared = forgotten.and_then(|()| if is_last { executables::remove(env) } else { Ok(()) });
    report.problems.extend(cleared.err().map(|error| error.to_string()));
    Ok(())
}

/// Whether any other settings still start the executables: of this project, or with a receipt.
fn in_use(env: &Env) -> bool {
    let registered = |scope: &Scope| {
        let settings = Settings::read(&env.settings(*scope));
        settings.is_ok_and(|settings| {
            editor::entries(settings.bytes(), &events::owned()).is_ok_and(|entries| !entries.is_empty())
        })
    };
    receipt::any(env) || SCOPES.iter().any(registered)
}
