//! The line that starts one of our executables in whoever's home it runs: for settings that several homes share.

use super::shell_command::ShellCommand;

/// The config dir of whoever runs it, as the CLI and the hooks find it.
const CONFIG: &str = "${CLAUDE_CONFIG_DIR:-$HOME/.claude}";

/// From there to the executables.
const FOLDER: &str = "hooks/session-signals";

/// The line for an executable and its arguments. Where the executable is not there, it does nothing and says nothing;
/// else the shell becomes the executable.
#[must_use]
pub fn shared_command(name: &str, args: &[&str]) -> String {
    let line = format!("s=\"{CONFIG}/{FOLDER}/{name}\"; [ ! -x \"$s\" ] || exec \"$s\"");
    args.iter().fold(line, |line, arg| line + " " + arg)
}

/// What such a line starts; `None` where it is none, to the letter.
pub fn parse_shared(line: &str) -> Option<ShellCommand> {
    let rest = line.strip_prefix(&format!("s=\"{CONFIG}/{FOLDER}/"))?;
    let (name, args) = rest.split_once("\"; [ ! -x \"$s\" ] || exec \"$s\"")?;
    let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let is_plain = |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_ours = is_plain(name) && args.iter().all(|arg| is_plain(arg)) && line == shared_command(name, &words);
    is_ours.then(|| ShellCommand { program: format!("{CONFIG}/{FOLDER}/{name}"), args, decorated: true })
}
