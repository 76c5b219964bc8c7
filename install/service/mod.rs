//! `sessions serve` as a service of the user's: a systemd user unit, or a launchd agent on macOS.

mod launchd;
mod systemd;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fs_err as fs;

use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{atomic_file, child_process, supported_events};

/// How long the service manager may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// The service, as this system's manager takes it.
struct ServiceFile {
    /// Where its description lies.
    file: PathBuf,
    /// The description.
    text: String,
    /// What in it says that it runs the executable of this config dir.
    starts: String,
    /// What starts it now and at every login; each takes up a change of what runs already.
    start: Vec<Vec<String>>,
    /// What succeeds while it runs.
    check: Vec<String>,
    /// What stops it for good, before its file goes.
    stop: Vec<Vec<String>>,
}

fn service_of_system(env: &Environment) -> Result<ServiceFile, Refusal> {
    let executable = env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE);
    let utf8 = |path: &std::path::Path| match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(Refusal::new(format!("{} is no path that a service can be described with", path.display()))),
    };
    let config = env.config_is_set.then(|| utf8(&env.config)).transpose()?;
    let home = env.home.as_ref().ok_or_else(|| Refusal::new("HOME is not set: whose service is meant?"))?;
    let executable = utf8(&executable)?;
    Ok(if cfg!(target_os = "macos") {
        launchd::launchd_service(home, &executable, config.as_deref(), rustix::process::getuid().as_raw())
    } else {
        systemd::systemd_service(home, env.xdg_config.as_deref(), &executable, config.as_deref())
    })
}

/// Words as one command's.
fn to_words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Where its description lies, or would.
#[must_use]
pub fn service_path(env: &Environment) -> Option<PathBuf> {
    Some(service_of_system(env).ok()?.file)
}

/// Whether it is there, and this config dir's.
#[must_use]
pub fn is_installed(env: &Environment) -> bool {
    let described = |service: &ServiceFile| fs::read_to_string(&service.file).unwrap_or_default();
    service_of_system(env).is_ok_and(|service| described(&service).contains(&service.starts))
}

/// What is wrong with one that is there, a finding's id and a sentence each.
#[must_use]
pub fn find_fault(env: &Environment) -> Option<(&'static str, String)> {
    let service = service_of_system(env).ok().filter(|_| is_installed(env))?;
    let file = env.short_path(&service.file);
    if fs::read_to_string(&service.file).ok().as_ref() != Some(&service.text) {
        return Some(("service-outdated", format!("{file} is not as this version writes it")));
    }
    let problem = ask_manager(env, &service.check)?;
    let sentence = format!(
        "{file} is there, but its `sessions serve` does not run ({problem}): `hooks install --service` starts it anew"
    );
    Some(("service-not-running", sentence))
}

/// What the manager answers where it does not say yes.
fn ask_manager(env: &Environment, words: &[String]) -> Option<String> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env("PATH", &env.path);
    let answer = match child_process::run_with_limit(&mut command, b"", COMMAND_TIMEOUT) {
        Ok(said) if said.status.success() => return None,
        Ok(said) => {
            let text = [said.stdout, said.stderr].concat();
            let text = String::from_utf8_lossy(&text).trim().replace(char::is_control, " ");
            if text.is_empty() { said.status.to_string() } else { text }
        }
        Err(error) => error.to_string(),
    };
    Some(format!("{} says: {}", words[0], answer.chars().take(200).collect::<String>()))
}

/// What would be done, a sentence each, changing nothing.
///
/// # Errors
/// As for [`install`].
pub fn plan_service(env: &Environment, wanted: bool) -> Result<Option<String>, Refusal> {
    let service = service_of_system(env)?;
    let file = env.short_path(&service.file);
    Ok(match (wanted, is_installed(env)) {
        (true, _) => Some(format!("{file} would be written, and `sessions serve` started by it")),
        (false, true) => Some(format!("{file} would be removed, and its `sessions serve` stopped")),
        (false, false) => None,
    })
}

/// Writes the description, and has the manager start it, now and at every login. Where nothing
/// has changed, the executable neither, only if it `is_asked_for`.
///
/// # Errors
/// What keeps it from being written. Where the manager fails, that is a problem in the report.
pub fn install_service(env: &Environment, is_asked_for: bool, report: &mut Report) -> Result<(), Refusal> {
    let service = service_of_system(env)?;
    let mut is_changed =
        is_asked_for || report.copied.contains(&env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE));
    let there = fs::read_to_string(&service.file).ok();
    if there.as_ref().is_some_and(|text| !text.contains(&service.starts)) {
        report.warnings.push(format!(
            "{} was of another configuration directory: it is of this one now",
            env.short_path(&service.file)
        ));
    }
    if there.as_ref() != Some(&service.text) {
        if let Some(folder) = service.file.parent() {
            fs::create_dir_all(folder)?;
        }
        atomic_file::write_file(&service.file, service.text.as_bytes(), 0o644)?;
        is_changed = true;
    }
    if is_changed {
        report.problems.extend(run_commands(env, &service.start));
        report.service = Some(service.file);
    }
    Ok(())
}

/// Stops it, and removes its description, where there is one.
///
/// # Errors
/// What keeps the file from being removed.
pub fn remove_service(env: &Environment, report: &mut Report) -> Result<(), Refusal> {
    let Ok(service) = service_of_system(env) else { return Ok(()) };
    let Ok(text) = fs::read_to_string(&service.file) else { return Ok(()) };
    if !text.contains(&service.starts) {
        return Err(Refusal::new(format!(
            "{} is of another configuration directory: it was left as it is",
            env.short_path(&service.file)
        )));
    }
    report.problems.extend(run_commands(env, &service.stop));
    fs::remove_file(&service.file)?;
    report.service = Some(service.file);
    Ok(())
}

/// Runs them in order up to the first that fails; why it did.
fn run_commands(env: &Environment, commands: &[Vec<String>]) -> Option<String> {
    commands.iter().find_map(|words| {
        let line = words.join(" ");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PATH", &env.path);
        match child_process::run_with_limit(&mut command, b"", COMMAND_TIMEOUT) {
            Ok(said) if said.status.success() => None,
            Ok(said) => {
                let stderr = String::from_utf8_lossy(&said.stderr);
                let reason = stderr.trim().replace(char::is_control, " ");
                Some(format!("`{line}` failed, do it by hand: {} {reason}", said.status))
            }
            Err(error) => Some(format!("`{line}` failed, do it by hand: {error}")),
        }
    })
}
