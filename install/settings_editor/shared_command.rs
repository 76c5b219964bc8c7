//! The command line for settings that several homes share. It starts our executable in the home of whoever runs it.

use super::shell_command::ShellCommand;

/// The configuration directory of whoever runs the line, found as the CLI and the hooks find it.
const CONFIG_DIR: &str = "${CLAUDE_CONFIG_DIR:-$HOME/.claude}";

/// The path from the configuration directory to our executables.
const EXECUTABLES_DIR: &str = "hooks/session-signals";

/// Returns the line for an executable and its arguments.
///
/// If the executable does not exist, the line does nothing and prints nothing. Else the shell becomes the executable.
/// Example: `s="${CLAUDE_CONFIG_DIR:-$HOME/.claude}/hooks/session-signals/hook-stop"; [ ! -x "$s" ] || exec "$s"`.
#[must_use]
pub fn shared_command(name: &str, args: &[&str]) -> String {
    let line = format!("s=\"{CONFIG_DIR}/{EXECUTABLES_DIR}/{name}\"; [ ! -x \"$s\" ] || exec \"$s\"");
    args.iter().fold(line, |line, arg| line + " " + arg)
}

/// Returns what such a line starts. `None` if `line` differs in a single byte from what [`shared_command`] writes.
pub fn parse_shared_command(line: &str) -> Option<ShellCommand> {
    let rest = line.strip_prefix(&format!("s=\"{CONFIG_DIR}/{EXECUTABLES_DIR}/"))?;
    let (name, args) = rest.split_once("\"; [ ! -x \"$s\" ] || exec \"$s\"")?;
    let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_ours = is_plain(name) && args.iter().all(|arg| is_plain(arg)) && line == shared_command(name, &words);
    is_ours.then(|| ShellCommand { program: format!("{CONFIG_DIR}/{EXECUTABLES_DIR}/{name}"), args, decorated: true })
}
