//! Starts every registered command once: one that does not start is an error now, not at the next session.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::child_process;
use crate::environment::Environment;
use crate::{file_owner, phrases, supported_events};

/// A hook takes less than a millisecond.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// A command as the settings have it.
pub struct RegisteredCommand<'a> {
    /// Its event.
    pub event: &'a str,
    /// A path, or a shell's command line.
    pub command: &'a str,
    /// The arguments with which the CLI starts it without a shell; `None` where a shell does.
    pub args: Option<Vec<String>>,
}

/// Runs each as the CLI would, but for a scratch directory; returns what failed, a sentence for each that fails.
#[must_use]
pub fn start_each_once<'a>(
    env: &Environment,
    registered: impl IntoIterator<Item = RegisteredCommand<'a>>,
) -> Vec<String> {
    // Root starts nothing that another user can write to.
    if file_owner::foreign_owner(env).is_some() {
        return Vec::new();
    }
    let scratch = match tempfile::tempdir() {
        Ok(scratch) => scratch,
        Err(error) => return vec![format!("nothing was tried out: {error}")],
    };
    // A line of shared settings looks for the executable in the config dir, which is the scratch directory here.
    let folder = scratch.path().join("hooks/session-signals");
    let linked = std::fs::create_dir_all(scratch.path().join("hooks"))
        .and_then(|()| std::os::unix::fs::symlink(env.executables_dir(), folder));
    if let Err(error) = linked {
        return vec![format!("nothing was tried out: {error}")];
    }
    // What fails, by why: many fail alike.
    let mut failed: Vec<(String, (&str, &str))> = Vec::new();
    for RegisteredCommand { event, command, args } in registered {
        let payload = json!({
            "session_id": "session-signals-tryout", "transcript_path": scratch.path().join("transcript.jsonl"), "cwd": scratch.path(),
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
        process.env_clear().env("CLAUDE_CONFIG_DIR", scratch.path()).env("HOME", scratch.path()).env("PATH", &env.path);
        let failure = match child_process::run_with_limit(
            process.current_dir(scratch.path()),
            payload.to_string().as_bytes(),
            START_TIMEOUT,
        ) {
            Err(error) => error.to_string(),
            Ok(said) if !said.status.success() => format!("{} {}", said.status, String::from_utf8_lossy(&said.stderr)),
            // The CLI would put it into the conversation.
            Ok(said) if !said.stdout.is_empty() => "it writes to stdout".to_owned(),
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
    phrases::group_by_key(failed).into_iter().map(problem).collect()
}

/// What a failing executable says, without the name that it calls itself by.
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
