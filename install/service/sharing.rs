//! What the service shares with other machines: the arguments of `sessions serve` for it.

use std::process::Command;

use fs_err as fs;

use super::{COMMAND_TIMEOUT, launchd, service_text, systemd};
use crate::child_process;
use crate::command_line::SharingOptions;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::supported_events;

/// The first argument of each part, in the order of the parts. More arguments may follow it.
const PARTS: [&str; 3] = ["--credentials", "--publish", "--from"];

/// Returns the arguments, as the service manager of this system needs them. What is not asked for is as in the arguments of the service
/// that is `installed`.
pub fn sharing_arguments(env: &Environment, options: &SharingOptions, installed: &str) -> Result<String, Refusal> {
    let asked = [credentials_words(options)?, publish_words(options), url_words("--from", options.from.as_deref())];
    check_words(env, &asked.iter().flatten().flatten().cloned().collect::<Vec<_>>())?;
    if options.credentials.is_none() && !installed_part(installed, "--credentials").is_empty() {
        let is_new = |url: &&String| *url != "none" && !installed.contains(&write_arguments(&[(*url).clone()]));
        if let Some(url) = [&options.publish, &options.from].into_iter().flatten().find(is_new) {
            return Err(Refusal::new(format!(
                "the service has credentials for another server than {url}. Add --credentials FILE, or first end what it shares \
                 with `--publish none --from none`"
            )));
        }
    }
    let [credentials, publish, from] = std::array::from_fn(|number| match &asked[number] {
        Some(words) => write_arguments(words),
        None => installed_part(installed, PARTS[number]).to_owned(),
    });
    let needs_credentials = !publish.is_empty() || !from.is_empty();
    Ok([if needs_credentials { credentials } else { String::new() }, publish, from].concat())
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

fn publish_words(options: &SharingOptions) -> Words {
    let mut words = url_words("--publish", options.publish.as_deref())?;
    if !words.is_empty() {
        for (name, value) in [("--host", &options.host), ("--publish-text", &options.publish_text)] {
            words.extend(value.iter().flat_map(|value| [name.to_owned(), value.clone()]));
        }
    }
    Some(words)
}

fn url_words(name: &str, url: Option<&str>) -> Words {
    let url = url?;
    Some(if url == "none" { Vec::new() } else { vec![name.to_owned(), url.to_owned()] })
}

/// Lets the `sessions` beside this program say whether it takes these arguments.
fn check_words(env: &Environment, words: &[String]) -> Result<(), Refusal> {
    let installed = env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE);
    if words.is_empty() || !installed.exists() {
        return Ok(());
    }
    let mut command = Command::new(installed);
    command.arg("serve").args(words).arg("--help").env("PATH", &env.search_path);
    match child_process::run_with_limit(&mut command, b"", COMMAND_TIMEOUT) {
        Ok(output) if !output.status.success() => {
            let stderr = String::from_utf8_lossy(&output.stderr).replace(char::is_control, " ");
            Err(Refusal::new(stderr.trim().trim_start_matches("error: ").to_owned()))
        }
        // If it cannot be run, the service manager will say so.
        _ => Ok(()),
    }
}

/// Writes the arguments as the service manager of this system needs them.
fn write_arguments(words: &[String]) -> String {
    if cfg!(target_os = "macos") { launchd::write_arguments(words) } else { systemd::write_arguments(words) }
}
