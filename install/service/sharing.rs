//! What the service shares with other machines: the arguments of `sessions serve` for it.

use std::path::Path;
use std::process::Command;

use fs_err as fs;

use super::{COMMAND_TIMEOUT, launchd, service_text, systemd};
use crate::child_process;
use crate::command_line::SharingOptions;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::supported_events;

/// The first argument of each part, in the order of the parts. More arguments may follow it.
const PARTS: [&str; 6] = ["--credentials", "--publish", "--host", "--publish-text", "--from", KEEP_SERVING];

/// The service shows this machine whatever becomes of the sharing: nobody sees the message with which it would end.
const KEEP_SERVING: &str = "--keep-serving";

/// Returns the arguments, as the service manager of this system needs them. What is not asked for is as in the arguments of the service
/// that is `installed`. The `sessions` in the folder `programs` says whether it can do what is asked for.
pub fn sharing_arguments(
    env: &Environment,
    options: &SharingOptions,
    installed: &str,
    programs: &Path,
) -> Result<String, Refusal> {
    let asked = [
        credentials_words(options)?,
        url_words("--publish", options.publish.as_deref()),
        host_words(options),
        text_words(options, installed),
        url_words("--from", options.from.as_deref()),
    ];
    if let Some(reason) = find_fault(env, programs, &asked.iter().flatten().flatten().cloned().collect::<Vec<_>>()) {
        return Err(Refusal::new(reason));
    }
    refuse_foreign_credentials(options, asked[0].as_deref(), installed)?;
    let [credentials, publish, host, text, from] = std::array::from_fn(|number| match &asked[number] {
        Some(words) => write_arguments(words),
        None => installed_part(installed, PARTS[number]).to_owned(),
    });
    if publish.is_empty() && from.is_empty() {
        return Ok(String::new());
    }
    Ok([credentials, publish, host, text, from, write_arguments(&[KEEP_SERVING.to_owned()])].concat())
}

/// Refuses to give credentials to a server for which nobody has named them: the service has one file for all its servers.
fn refuse_foreign_credentials(
    options: &SharingOptions,
    credentials: Option<&[String]>,
    installed: &str,
) -> Result<(), Refusal> {
    let named: Vec<_> = [&options.publish, &options.from].into_iter().flatten().filter(|url| *url != "none").collect();
    let rest = find_unnamed_part(options, &named, installed);
    let known = installed_part(installed, "--credentials");
    let is_new = |url: &&&String| !installed.contains(&write_arguments(&[(**url).clone()]));
    let problem = match (credentials, rest) {
        (Some(words), Some((_, does))) if known != write_arguments(words) => {
            format!("the service has one file of credentials, and it {does} that this command does not name")
        }
        (None, _) if !known.is_empty() => match named.iter().find(is_new) {
            Some(url) => format!("the service has credentials for another server than {url}"),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let advice = match rest {
        Some((name, _)) => format!(
            "First end that with `hooks install --service {name} none`. If one file is for both servers, name both: \
             --publish URL --from URL --credentials FILE"
        ),
        None => "Add --credentials FILE, or first end what it shares with `--publish none --from none`".to_owned(),
    };
    Err(Refusal::new(format!("{problem}. {advice}")))
}

/// Returns the part that stays with a server which is not among the `named` ones: its name, and what the service does there.
fn find_unnamed_part(
    options: &SharingOptions,
    named: &[&String],
    installed: &str,
) -> Option<(&'static str, &'static str)> {
    let stays = |name: &str, option: Option<&String>| {
        let part = installed_part(installed, name);
        let is_named = |url: &&String| part == write_arguments(&[name.to_owned(), (*url).clone()]);
        option.is_none() && !part.is_empty() && !named.iter().any(is_named)
    };
    if stays("--publish", options.publish.as_ref()) {
        Some(("--publish", "publishes to a server"))
    } else if stays("--from", options.from.as_ref()) {
        Some(("--from", "shows the machines of a server"))
    } else {
        None
    }
}

/// Returns the part of the installed arguments that begins with this one.
fn installed_part<'a>(installed: &'a str, name: &str) -> &'a str {
    let find = |name: &str| installed.find(&write_arguments(&[name.to_owned()]));
    let Some(start) = find(name) else { return "" };
    let end = PARTS.iter().filter_map(|other| find(other)).filter(|other| *other > start).min();
    &installed[start..end.unwrap_or(installed.len())]
}

/// The words of a part. `None` if nobody asked for the part, so it stays as it is.
type Words = Option<Vec<String>>;

fn credentials_words(options: &SharingOptions) -> Result<Words, Refusal> {
    let Some(file) = &options.credentials else { return Ok(None) };
    // A service is started in another directory.
    let path = fs::canonicalize(file).map_err(|error| Refusal::new(error.to_string()))?;
    Ok(Some(vec!["--credentials".to_owned(), service_text(&path)?]))
}

fn host_words(options: &SharingOptions) -> Words {
    if options.publish.as_deref() == Some("none") {
        return Some(Vec::new());
    }
    options.host.as_ref().map(|host| vec!["--host".to_owned(), host.clone()])
}

/// Another server gets no prompts and answers without being asked for: who allowed them for one server has not allowed them for all.
fn text_words(options: &SharingOptions, installed: &str) -> Words {
    let url = options.publish.as_deref()?;
    if let Some(text) = options.publish_text.as_ref().filter(|_| url != "none") {
        return Some(vec!["--publish-text".to_owned(), text.clone()]);
    }
    let is_known = installed_part(installed, "--publish") == write_arguments(&["--publish".to_owned(), url.to_owned()]);
    (!is_known).then(Vec::new)
}

fn url_words(name: &str, url: Option<&str>) -> Words {
    let url = url?;
    Some(if url == "none" { Vec::new() } else { vec![name.to_owned(), url.to_owned()] })
}

/// Returns why the service cannot do what its arguments ask for: a sentence. The arguments are as they are written in its description.
pub fn find_sharing_fault(env: &Environment, arguments: &str) -> Option<String> {
    let reason = find_fault(env, &env.executables_dir(), &read_arguments(arguments))?;
    Some(format!("the service does not do what `--publish` and `--from` ask for: {reason}"))
}

/// Lets the `sessions` in this folder say whether it can be started with these arguments. Returns why not.
fn find_fault(env: &Environment, programs: &Path, words: &[String]) -> Option<String> {
    let sessions = programs.join(supported_events::SESSIONS_EXECUTABLE);
    // Without a server nothing is shared, and credentials alone are no arguments of `sessions serve`.
    let has_server = words.iter().any(|word| word == "--publish" || word == "--from");
    if !has_server || !sessions.exists() {
        return None;
    }
    let mut command = Command::new(sessions);
    command.arg("serve").args(words).arg("--check").env("PATH", &env.search_path);
    match child_process::run_with_limit(&mut command, b"", COMMAND_TIMEOUT) {
        Ok(output) if !output.status.success() => {
            let stderr = String::from_utf8_lossy(&output.stderr).replace(char::is_control, " ");
            Some(stderr.trim().trim_start_matches("error: ").trim_start_matches("sessions: ").to_owned())
        }
        // If it cannot be run, the service manager will say so.
        _ => None,
    }
}

/// Writes the arguments as the service manager of this system needs them.
fn write_arguments(words: &[String]) -> String {
    if cfg!(target_os = "macos") { launchd::write_arguments(words) } else { systemd::write_arguments(words) }
}

/// Reads what [`write_arguments`] has written.
fn read_arguments(text: &str) -> Vec<String> {
    if cfg!(target_os = "macos") { launchd::read_arguments(text) } else { systemd::read_arguments(text) }
}
