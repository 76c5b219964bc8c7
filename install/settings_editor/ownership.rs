//! Decides whether a command starts one of our executables.

use super::shell_command::ShellCommand;

/// The name of the directory that our executables are installed into. A checkout of the project has the same name.
pub const DIRECTORY: &str = "session-signals";

/// Returns which of `owned` a command starts. `None` if the command is not ours.
///
/// `owned` holds file names of executables. An element such as `sessions daemons start` also names the first arguments.
///
/// A command is ours if its program has exactly one of these file names and a directory called `session-signals` is on
/// its path. The file name alone is not enough, because anybody may call a program `hook-stop`. The rule is strict
/// because the two mistakes differ in harm: if an entry of ours is not recognised, its hook runs twice, which does no
/// harm and can be seen in the file; if somebody else's entry is taken for ours, it is deleted. Assignments, arguments,
/// redirections and `|| true` around the program do not matter.
///
/// | program and arguments | result |
/// | --- | --- |
/// | `/home/you/.claude/hooks/session-signals/hook-stop` | `hook-stop` |
/// | `/src/session-signals/target/release/hook-stop -v` | `hook-stop` |
/// | `/opt/bin/hook-stop` | `None` |
pub fn owned_executable<'a>(command: &ShellCommand, owned: &[&'a str]) -> Option<&'a str> {
    owned_executable_at(&command.program, &command.args, owned)
}

/// Returns the same for a program's path and its arguments.
pub fn owned_executable_at<'a>(path: &str, args: &[impl AsRef<str>], owned: &[&'a str]) -> Option<&'a str> {
    let (directories, name) = path.rsplit_once('/')?;
    if !directories.split('/').any(|directory| directory == DIRECTORY) {
        return None;
    }
    let is_started = |executable: &str| {
        let mut words = executable.split(' ');
        let mut args = args.iter();
        words.next() == Some(name) && words.all(|word| args.next().is_some_and(|arg| arg.as_ref() == word))
    };
    owned.iter().copied().find(|executable| is_started(executable))
}
