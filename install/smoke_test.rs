//! Starts every registered command once, so that an error is seen at the installation and not in the next session.

use std::io;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::child_process;
use crate::environment::Environment;
use crate::{file_owner, phrases, supported_events};

/// How long a command may take. A hook takes less than a millisecond.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// A command of the settings.
pub struct RegisteredCommand<'a> {
    /// The event that it is registered for.
    pub event: &'a str,
    /// The path of the executable, or a command line for a shell.
    pub command: &'a str,
    /// The arguments, if the CLI starts the executable without a shell; `None` if a shell starts it.
    pub args: Option<Vec<String>>,
}

/// Runs each command as the CLI does, but with a scratch directory as its home and configuration directory. Returns sentences
/// on the commands that fail.
///
/// # Errors
/// If no command was started, because there is no scratch directory. The error is a sentence.
pub fn start_each_once<'a>(
    env: &Environment,
    registered: impl IntoIterator<Item = RegisteredCommand<'a>>,
) -> Result<Vec<String>, String> {
    // Root must not start an executable that another user can change.
    if file_owner::foreign_owner(env).is_some() {
        return Ok(Vec::new());
    }
    let scratch = tempfile::tempdir().map_err(not_tested)?;
    // An entry of shared settings looks for the executable in the configuration directory, here the scratch directory.
    let folder = scratch.path().join("hooks/session-signals");
    std::fs::create_dir_all(scratch.path().join("hooks"))
        .and_then(|()| std::os::unix::fs::symlink(env.executables_dir(), folder))
        .map_err(not_tested)?;
    // The commands that fail, with the reasons. Many commands may have the same reason.
    let mut failed: Vec<(String, (&str, &str))> = Vec::new();
    for RegisteredCommand { event, command, args } in registered {
        let payload = json!({
            "session_id": "session-signals-smoke-test", "transcript_path": scratch.path().join("transcript.jsonl"), "cwd": scratch.path(),
            "hook_event_name": event, "source": "startup", "reason": "other", "trigger": "manual",
            "tool_name": "Bash", "tool_input": {"command": "true"},
        });
        let mut process = match args {
            Some(args) => {
                let mut process = Command::new(command);
                process.args(args);
                process
            }
            None => shell_command(command),
        };
        process
            .env_clear()
            .env("CLAUDE_CONFIG_DIR", scratch.path())
            .env("HOME", scratch.path())
            .env("PATH", &env.search_path);
        let failure = match child_process::run_with_limit(
            process.current_dir(scratch.path()),
            payload.to_string().as_bytes(),
            START_TIMEOUT,
        ) {
            Err(error) => error.to_string(),
            Ok(output) if !output.status.success() => {
                format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr))
            }
            // The CLI may put what a hook prints into the conversation.
            Ok(output) if !output.stdout.is_empty() => "it writes to stdout".to_owned(),
            Ok(_) => continue,
        };
        failed.push((without_name(command, &failure), (event, command)));
    }
    let problem = |(failure, failed): (String, Vec<(&str, &str)>)| {
        let events = phrases::list_all(failed.iter().map(|(event, _)| *event));
        let commands = phrases::list_some(failed.iter().map(|(_, command)| *command));
        let does = if failed.iter().all(|(_, command)| *command == failed[0].1) { "does" } else { "do" };
        format!("{events}: {commands} {does} not run: {failure}")
    };
    Ok(phrases::group_by_key(failed).into_iter().map(problem).collect())
}

/// Says that there is no scratch directory. The sentence lacks its name, which is another one each time.
#[expect(clippy::needless_pass_by_value, reason = "map_err passes a value")]
fn not_tested(error: io::Error) -> String {
    let folder = std::env::temp_dir();
    format!(
        "the registered commands were not tested, because no folder can be made in {} (TMPDIR): {}",
        folder.display(),
        error.kind()
    )
}

/// Removes the names of our executables from the beginning of their messages, so that equal messages are recognised.
fn without_name(command: &str, failure: &str) -> String {
    let mut failure = failure.trim().to_owned();
    for name in supported_events::executable_names().into_iter().filter(|name| command.contains(name)) {
        failure = failure.replace(&format!("{name}: "), "");
    }
    failure
}

fn shell_command(line: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]);
    shell
}
