//! Whose a hook is: ours, one of the dashboards' scripts that we replace, or somebody else's.

use super::{
    document::{self, JsonMember, Span},
    shell_command::{self, ShellCommand, file_name_of},
};

/// The directory our executables are installed into, and that a checkout of the project is called.
pub const DIRECTORY: &str = "session-signals";

/// The scripts we replace, without their `.sh` or `.ps1`.
const DASHBOARD_SCRIPTS: [&str; 4] = ["user-prompt-submit", "permission-request", "stop", "session-end"];

const SHELLS: [&str; 9] = ["sh", "bash", "dash", "zsh", "ksh", "powershell", "powershell.exe", "pwsh", "pwsh.exe"];

/// What the editor reads of one hook, `{"type":"command","command":…}`.
pub struct SettingsHook {
    pub members: Vec<JsonMember>,
    /// The decoded command, as written.
    pub line: String,
    /// Whether `args` is an array: the CLI then starts `line` itself, without a shell.
    pub exec: bool,
    /// The command taken apart.
    pub command: ShellCommand,
}

impl SettingsHook {
    /// The command as a person would type it: with the arguments that the CLI passes without a shell.
    pub fn display_text(&self) -> String {
        let args = self.command.args.iter().filter(|_| self.exec);
        args.fold(self.line.clone(), |shown, arg| shown + " " + arg)
    }
}

/// Reads the hook at `at`; `None` where it runs no command, or more than one.
pub fn read_hook(text: &str, at: &Span) -> Option<SettingsHook> {
    let members = document::members_of(text, at)?;
    let value = |name| document::find_member(text, &members, name).map(|member| &members[member].value);
    if document::string_at(text, value("type")?)? != "command" {
        return None;
    }
    let line = document::string_at(text, value("command")?)?.into_owned();
    let args = value("args").and_then(|args| document::items_of(text, args));
    let exec = args.is_some();
    let command = match args {
        Some(args) => ShellCommand {
            program: line.clone(),
            args: args.iter().filter_map(|arg| document::string_at(text, arg)).map(Into::into).collect(),
            decorated: false,
        },
        None => shell_command::parse_command(&line)?,
    };
    Some(SettingsHook { members, line, exec, command })
}

/// Which of `owned` a command starts; `None` where it is not ours.
///
/// Ours is what has the exact file name of one of them and a directory named `session-signals` on its path:
/// where `hooks install` puts it, or a checkout of this project. The name alone is not enough, for `hook-stop` is a
/// name anybody may give: taking an entry of ours for a stranger's leaves a hook that runs twice, which does no
/// harm and shows in the file; the other mistake deletes a stranger's. Since the path is that of the program that
/// the command line starts, assignments before it, arguments, redirections and `|| true` after it do not hide it.
pub fn owned_executable<'a>(command: &ShellCommand, owned: &[&'a str]) -> Option<&'a str> {
    let (directories, name) = command.program.rsplit_once('/')?;
    let ours = directories.split('/').any(|directory| directory == DIRECTORY);
    let is_it = |executable: &str| {
        let mut words = executable.split(' ');
        let mut args = command.args.iter();
        words.next() == Some(name) && words.all(|word| args.next().is_some_and(|arg| arg == word))
    };
    owned.iter().copied().find(|executable| ours && is_it(executable))
}

/// The path, as written, of the dashboards' script that `command` runs, by itself or by a shell.
pub fn dashboard_script(command: &ShellCommand) -> Option<&str> {
    let is_script = |path: &str| {
        let name = file_name_of(path);
        name.strip_suffix(".sh").or(name.strip_suffix(".ps1")).is_some_and(|stem| DASHBOARD_SCRIPTS.contains(&stem))
    };
    if is_script(&command.program) {
        return Some(&command.program);
    }
    if !SHELLS.contains(&file_name_of(&command.program)) {
        return None;
    }
    // Options come before the script; PowerShell's have values: `-ExecutionPolicy Bypass -File stop.ps1`.
    let file = command.args.iter().position(|arg| arg.eq_ignore_ascii_case("-file")).map(|at| at + 1);
    let first = || command.args.iter().position(|arg| !arg.starts_with('-'));
    let path = command.args.get(file.or_else(first)?)?;
    is_script(path).then_some(path.as_str())
}
