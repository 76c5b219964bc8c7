//! `sessions serve` as a service of the user: a systemd user unit, or a launchd agent on macOS.

mod launchd;
mod service_file;
mod sharing;
mod systemd;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fs_err as fs;

use crate::child_process::{self, ProgramOutput};
use crate::command_line::{ServiceNotices, SharingOptions};
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{atomic_file, file_access, supported_events};
use service_file::ServiceFile;
use sharing::{find_sharing_fault, sharing_arguments};

/// How long a command of the service manager may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the service of this configuration directory, as the service manager of this system needs it. What is not asked for is as in
/// the installed one: whether it calls the user, and what it shares with other machines. The `sessions` in the folder `programs` says
/// whether it can do what is asked for.
fn service_of_system(
    env: &Environment,
    notices: Option<ServiceNotices>,
    sharing: &SharingOptions,
    programs: &Path,
) -> Result<ServiceFile, Refusal> {
    let plain = describe_service(env, "")?;
    let installed = fs::read_to_string(&plain.file).ok().filter(|text| text.contains(&plain.starts));
    let arguments = installed.as_deref().map_or("", |text| plain.arguments_in(text));
    let is_calling =
        notices.map_or_else(|| arguments.contains(&plain.calls), |notices| notices == ServiceNotices::Desktop);
    let sharing = sharing_arguments(env, sharing, arguments, programs)?;
    describe_service(env, &format!("{}{sharing}", if is_calling { &plain.calls } else { "" }))
}

/// Returns a path as it can be written in a description.
fn service_text(path: &Path) -> Result<String, Refusal> {
    match path.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(text.to_owned()),
        _ => Err(Refusal::new(format!("{} cannot be written in the description of a service", path.display()))),
    }
}

/// Returns the service with these arguments.
fn describe_service(env: &Environment, arguments: &str) -> Result<ServiceFile, Refusal> {
    let executable = env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE);
    let config_dir = env.config_dir_is_set.then(|| service_text(&env.config_dir)).transpose()?;
    let home = env
        .home
        .as_ref()
        .ok_or_else(|| Refusal::new("HOME is not set, so there is no place for the description of the service"))?;
    let executable = service_text(&executable)?;
    Ok(if cfg!(target_os = "macos") {
        launchd::launchd_service(
            home,
            &executable,
            config_dir.as_deref(),
            rustix::process::getuid().as_raw(),
            arguments,
        )
    } else {
        systemd::systemd_service(home, env.xdg_config_home.as_deref(), &executable, config_dir.as_deref(), arguments)
    })
}

/// Returns the path of the description, whether it exists or not.
#[must_use]
pub fn service_path(env: &Environment) -> Option<PathBuf> {
    Some(describe_service(env, "").ok()?.file)
}

/// Returns the service and the description that is installed; `None` if none is, and if it belongs to another configuration
/// directory.
fn find_installed(env: &Environment) -> Option<(ServiceFile, String)> {
    let service = service_of_system(env, None, &SharingOptions::default(), &env.executables_dir()).ok()?;
    let text = fs::read_to_string(&service.file).ok().filter(|text| text.contains(&service.starts))?;
    Some((service, text))
}

/// Returns whether the service is installed and belongs to this configuration directory.
#[must_use]
pub fn is_installed(env: &Environment) -> bool {
    find_installed(env).is_some()
}

/// What is wrong with an installed service: a sentence.
pub enum ServiceFault {
    /// Its description is not as this version writes it.
    Outdated(String),
    /// It does not run.
    NotRunning(String),
    /// It runs, and cannot publish or read as it should.
    NotSharing(String),
}

/// Checks the service of this configuration directory; `None` if it is not installed, and if nothing is wrong.
#[must_use]
pub fn find_fault(env: &Environment) -> Option<ServiceFault> {
    let (service, text) = find_installed(env)?;
    let file = env.short_path(&service.file);
    if text != service.text {
        return Some(ServiceFault::Outdated(format!("{file} differs from what this version writes")));
    }
    let Some(problem) = ask_manager(env, &service) else {
        return find_sharing_fault(env, service.arguments_in(&text)).map(ServiceFault::NotSharing);
    };
    let sentence = format!(
        "{file} is installed, but its `sessions serve` does not run ({problem}): `hooks install --service` starts it again"
    );
    Some(ServiceFault::NotRunning(sentence))
}

/// Runs a command of the service manager.
fn run_command(env: &Environment, words: &[String]) -> io::Result<ProgramOutput> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env("PATH", &env.search_path);
    child_process::run_with_limit(&mut command, b"", COMMAND_TIMEOUT)
}

/// Asks the service manager whether the service runs. Returns what it says if it does not.
fn ask_manager(env: &Environment, service: &ServiceFile) -> Option<String> {
    let answer = match run_command(env, &service.check) {
        Ok(output) if output.status.success() => (service.find_fault)(&String::from_utf8_lossy(&output.stdout))?,
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).trim().to_owned();
            if text.is_empty() { output.status.to_string() } else { text }
        }
        Err(error) => error.to_string(),
    };
    let answer = answer.replace(char::is_control, " ");
    Some(format!("{} says: {}", service.check[0], answer.chars().take(200).collect::<String>()))
}

/// Refuses a service whose description cannot be written, or that the `sessions` beside this program could not run with these
/// options. To be called before anything is changed: the `sessions` that runs then is a copy of that one.
///
/// # Errors
/// If that is so.
pub fn refuse_service(
    env: &Environment,
    notices: Option<ServiceNotices>,
    sharing: &SharingOptions,
) -> Result<(), Refusal> {
    let service = service_of_system(env, notices, sharing, &env.source_dir)?;
    let is_current = fs::read_to_string(&service.file).is_ok_and(|text| text == service.text);
    match service.file.parent().filter(|_| !is_current) {
        Some(folder) => file_access::refuse_unwritable(env, folder).map_err(Refusal::without_option("--service")),
        None => Ok(()),
    }
}

/// Returns a sentence on what would be done to the service; `None` if nothing would. Changes nothing. `is_desired` says whether the user
/// asked for the service (`Some(true)`) or against it (`Some(false)`).
///
/// # Errors
/// If the service cannot be described, and if the one to remove belongs to another configuration directory.
pub fn plan_service(env: &Environment, is_desired: Option<bool>) -> Result<Option<String>, Refusal> {
    let installed = find_installed(env);
    let is_outdated = installed.as_ref().is_some_and(|(service, text)| *text != service.text);
    let is_written = is_desired.unwrap_or(is_outdated);
    if is_desired.is_none() && !is_written {
        return Ok(None);
    }
    let service = match describe_service(env, "") {
        // Where no service can be, none is removed.
        Err(_) if !is_written => return Ok(None),
        result => result?,
    };
    let file = env.short_path(&service.file);
    if is_written {
        return Ok(Some(format!("{file} would be written, and its `sessions serve` started")));
    }
    if let Ok(text) = fs::read_to_string(&service.file) {
        refuse_foreign(env, &service, &text)?;
    }
    Ok(installed.map(|_| format!("{file} would be removed, and its `sessions serve` stopped")))
}

/// Refuses to remove a service with this description if it belongs to another configuration directory.
fn refuse_foreign(env: &Environment, service: &ServiceFile, text: &str) -> Result<(), Refusal> {
    if text.contains(&service.starts) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{} belongs to another configuration directory, so it was not changed",
        env.short_path(&service.file)
    )))
}

/// Writes the description, and lets the service manager start the service now and at every login. If neither the description
/// nor the executable has changed, the service is started only if it `is_requested`. What is not asked for stays
/// as it was: whether it calls the user, and what it shares with other machines.
///
/// # Errors
/// If the description cannot be written. An error of the service manager becomes a problem in the report.
pub fn install_service(
    env: &Environment,
    is_requested: bool,
    notices: Option<ServiceNotices>,
    sharing: &SharingOptions,
    report: &mut Report,
) -> Result<(), Refusal> {
    let service = service_of_system(env, notices, sharing, &env.executables_dir())?;
    let mut is_changed =
        is_requested || report.copied.contains(&env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE));
    let old_text = fs::read_to_string(&service.file).ok();
    if old_text.as_ref().is_some_and(|text| !text.contains(&service.starts)) {
        report.warnings.push(format!(
            "{} belonged to another configuration directory, and belongs to this one now",
            env.short_path(&service.file)
        ));
    }
    if old_text.as_ref() != Some(&service.text) {
        if let Some(folder) = service.file.parent() {
            fs::create_dir_all(folder)?;
        }
        atomic_file::write_file(&service.file, service.text.as_bytes(), 0o644)?;
        is_changed = true;
    }
    if is_changed {
        report.problems.extend(run_commands(env, &service.start));
        report.service = Some(service.file.clone());
    }
    // Another build of `sessions` may lack what the installed service asks for.
    report.problems.extend(find_sharing_fault(env, service.arguments_in(&service.text)));
    Ok(())
}

/// Stops the service and removes its description, if it is installed.
///
/// # Errors
/// If the service belongs to another configuration directory, and if the description cannot be removed.
pub fn remove_service(env: &Environment, report: &mut Report) -> Result<(), Refusal> {
    let Ok(service) = service_of_system(env, None, &SharingOptions::default(), &env.executables_dir()) else {
        return Ok(());
    };
    let Ok(text) = fs::read_to_string(&service.file) else { return Ok(()) };
    refuse_foreign(env, &service, &text)?;
    report.problems.extend(run_commands(env, &service.stop));
    fs::remove_file(&service.file)?;
    report.service = Some(service.file);
    Ok(())
}

/// Runs the commands in order until one fails; returns why it failed.
fn run_commands(env: &Environment, commands: &[Vec<String>]) -> Option<String> {
    commands.iter().find_map(|words| {
        let line = words.join(" ");
        match run_command(env, words) {
            Ok(output) if output.status.success() => None,
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let reason = stderr.trim().replace(char::is_control, " ");
                Some(format!("`{line}` failed, run it by hand: {} {reason}", output.status))
            }
            Err(error) => Some(format!("`{line}` failed, run it by hand: {error}")),
        }
    })
}
