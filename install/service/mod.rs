//! `sessions serve` as a service of the user's: a systemd user unit, or a launchd agent on macOS.

mod launchd;
mod systemd;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fs_err as fs;

use crate::env::Env;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{child, events, replace};

/// How long the service manager may take.
const LIMIT: Duration = Duration::from_secs(20);

/// The service, as this system's manager takes it.
struct Service {
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

fn service(env: &Env) -> Result<Service, Refusal> {
    let executable = env.executables().join(events::SESSIONS);
    let utf8 = |path: &std::path::Path| match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(Refusal::new(format!("{} is no path that a service can be described with", path.display()))),
    };
    let config = env.config_is_set.then(|| utf8(&env.config)).transpose()?;
    let home = env.home.as_ref().ok_or_else(|| Refusal::new("HOME is not set: whose service is meant?"))?;
    let executable = utf8(&executable)?;
    Ok(if cfg!(target_os = "macos") {
        launchd::service(home, &executable, config.as_deref(), rustix::process::getuid().as_raw())
    } else {
        systemd::service(home, env.xdg_config.as_deref(), &executable, config.as_deref())
    })
}

/// Words as one command's.
fn command(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Where its description lies, or would.
#[must_use]
pub fn file(env: &Env) -> Option<PathBuf> {
    Some(service(env).ok()?.file)
}

/// Whether it is there, and this config dir's.
#[must_use]
pub fn is_installed(env: &Env) -> bool {
    let described = |service: &Service| fs::read_to_string(&service.file).unwrap_or_default();
    service(env).is_ok_and(|service| described(&service).contains(&service.starts))
}

/// What is wrong with one that is there, a finding's id and a sentence each.
#[must_use]
pub fn faults(env: &Env) -> Option<(&'static str, String)> {
    let service = service(env).ok().filter(|_| is_installed(env))?;
    let file = env.brief(&service.file);
    if fs::read_to_string(&service.file).ok().as_ref() != Some(&service.text) {
        return Some(("service-outdated", format!("{file} is not as this version writes it")));
    }
    let problem = asked(env, &service.check)?;
    let sentence = format!(
        "{file} is there, but its `sessions serve` does not run ({problem}): `hooks install --service` starts it anew"
    );
    Some(("service-not-running", sentence))
}

/// What the manager answers where it does not say yes.
fn asked(env: &Env, words: &[String]) -> Option<String> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env("PATH", &env.path);
    let answer = match child::run(&mut command, b"", LIMIT) {
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
pub fn plan(env: &Env, wanted: bool) -> Result<Option<String>, Refusal> {
    let service = service(env)?;
    let file = env.brief(&service.file);
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
pub fn install(env: &Env, is_asked_for: bool, report: &mut Report) -> Result<(), Refusal> {
    let service = service(env)?;
    let mut is_changed = is_asked_for || report.copied.contains(&env.executables().join(events::SESSIONS));
    let there = fs::read_to_string(&service.file).ok();
    if there.as_ref().is_some_and(|text| !text.contains(&service.starts)) {
        report.warnings.push(format!(
            "{} was of another configuration directory: it is of this one now",
            env.brief(&service.file)
        ));
    }
    if there.as_ref() != Some(&service.text) {
        if let Some(folder) = service.file.parent() {
            fs::create_dir_all(folder)?;
        }
        replace::write(&service.file, service.text.as_bytes(), 0o644)?;
        is_changed = true;
    }
    if is_changed {
        report.problems.extend(run(env, &service.start));
        report.service = Some(service.file);
    }
    Ok(())
}

/// Stops it, and removes its description, where there is one.
///
/// # Errors
/// What keeps the file from being removed.
pub fn remove(env: &Env, report: &mut Report) -> Result<(), Refusal> {
    let Ok(service) = service(env) else { return Ok(()) };
    let Ok(text) = fs::read_to_string(&service.file) else { return Ok(()) };
    if !text.contains(&service.starts) {
        return Err(Refusal::new(format!(
            "{} is of another configuration directory: it was left as it is",
            env.brief(&service.file)
        )));
    }
    report.problems.extend(run(env, &service.stop));
    fs::remove_file(&service.file)?;
    report.service = Some(service.file);
    Ok(())
}

/// Runs them in order up to the first that fails; why it did.
fn run(env: &Env, commands: &[Vec<String>]) -> Option<String> {
    commands.iter().find_map(|words| {
        let line = words.join(" ");
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).env("PATH", &env.path);
        match child::run(&mut command, b"", LIMIT) {
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
