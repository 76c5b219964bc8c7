//! The hook scripts of session dashboards, which our executables replace.
//!
//! Session dashboards install shell scripts with fixed names, such as `~/.claude/hooks/stop.sh`. An installation
//! unregisters an entry that runs such a script and nothing else. An entry that runs more than the script is only
//! reported.

use super::{
    command_line::parse_command_line,
    document,
    edit_plan::ReplacedScript,
    parsed_settings::ParsedSettings,
    shell_command::{ShellCommand, file_name_of},
};

/// The names of the scripts, without their `.sh` or `.ps1`.
const SCRIPT_NAMES: [&str; 4] = ["user-prompt-submit", "permission-request", "stop", "session-end"];

/// The programs that run a script whose path is one of their arguments.
const SHELLS: [&str; 9] = ["sh", "bash", "dash", "zsh", "ksh", "powershell", "powershell.exe", "pwsh", "pwsh.exe"];

/// Returns the path of the dashboard script that `command` runs, as it is written. The command may start the script
/// itself or give it to a shell.
///
/// | command | result |
/// | --- | --- |
/// | `bash -e ~/hooks/stop.sh x` | `~/hooks/stop.sh` |
/// | `python3 ~/hooks/stop.sh` | `None` |
pub fn dashboard_script(command: &ShellCommand) -> Option<&str> {
    let is_script = |path: &str| {
        let name = file_name_of(path);
        name.strip_suffix(".sh").or(name.strip_suffix(".ps1")).is_some_and(|stem| SCRIPT_NAMES.contains(&stem))
    };
    if is_script(&command.program) {
        return Some(&command.program);
    }
    if !SHELLS.contains(&file_name_of(&command.program)) {
        return None;
    }
    // Options come before the script. PowerShell's options have values: `-ExecutionPolicy Bypass -File stop.ps1`.
    let file = command.args.iter().position(|arg| arg.eq_ignore_ascii_case("-file")).map(|at| at + 1);
    let first = || command.args.iter().position(|arg| !arg.starts_with('-'));
    let path = command.args.get(file.or_else(first)?)?;
    is_script(path).then_some(path.as_str())
}

/// Lists the hooks that run a dashboard script and nothing else. `is_wanted` is asked with the script's path and
/// decides which of them to list. Returns an empty list if the settings cannot be read.
#[must_use]
pub fn find_scripts(text: &[u8], is_wanted: &dyn Fn(&str) -> bool) -> Vec<ReplacedScript> {
    let Ok(settings) = ParsedSettings::parse(text) else { return Vec::new() };
    let hooks = settings.events().iter().flat_map(|event| event.hooks().map(move |found| (event, found.hook)));
    let found = hooks.filter(|(_, hook)| dashboard_script(&hook.command).is_some_and(is_wanted));
    found.map(|(event, hook)| ReplacedScript { event: event.name.clone(), command: hook.display_text() }).collect()
}

/// Lists the hooks whose line runs a dashboard script among other commands, such as `~/.claude/hooks/stop.sh; other`.
/// `writes_signals` is asked as in [`InstallRequest`](super::InstallRequest). Returns an empty list if the settings
/// cannot be read.
#[must_use]
pub fn compound_scripts(text: &[u8], writes_signals: &dyn Fn(&str) -> bool) -> Vec<ReplacedScript> {
    let Ok(settings) = ParsedSettings::parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    for event in settings.events() {
        for group in &event.groups {
            for (item, _) in group.items().filter(|(_, hook)| hook.is_none()) {
                let Some(line) = command_at(settings.text, item) else { continue };
                // This ignores quotes. A quoted string that is cut in two does not look like a script's path.
                let mut parts = line.split([';', '|', '&', '(', ')', '\n']).filter_map(parse_command_line);
                if parts.any(|part| dashboard_script(&part).is_some_and(writes_signals)) {
                    found.push(ReplacedScript { event: event.name.clone(), command: line });
                }
            }
        }
    }
    found
}

/// Returns the value of `command` of the hook at `at`, whatever its `type` is.
fn command_at(text: &str, at: &document::Span) -> Option<String> {
    let members = document::read_members(text, at)?;
    document::read_string(text, document::find_value(text, &members, "command")?).map(Into::into)
}
