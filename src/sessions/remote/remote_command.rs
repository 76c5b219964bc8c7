//! The command that `ssh` runs on the other machine.

/// The line that the command prints before `sessions` starts. What comes before this line was printed by the start-up files of the
/// login shell.
pub const BEGIN: &str = "session-signals begins";

/// The line that `sessions events --mark` prints when it has printed all sessions that exist. It has the form of a control message of
/// the Durable Streams protocol.
pub const MARK: &str = r#"{"headers":{"control":"snapshot-end"}}"#;

/// What the command prints on standard error if it finds no `sessions`.
pub const NOT_INSTALLED: &str = "session-signals is not installed";

/// Where `sessions` is looked for, in this order. The first word is looked up on `PATH`. A login by ssh often has a shorter `PATH`
/// than a terminal.
const PLACES: &str = "sessions ${CLAUDE_CONFIG_DIR:-$HOME/.claude}/hooks/session-signals/sessions $HOME/.local/bin/sessions \
    $HOME/.cargo/bin/sessions /usr/local/bin/sessions /opt/homebrew/bin/sessions";

/// Returns the command line that runs `sessions` with these arguments.
///
/// The login shell of the user may be any shell. All shells know a word in single quotes that has no single quote inside, so
/// everything else is left to `sh`.
pub fn remote_command(arguments: &str) -> String {
    let words = PLACES.split_whitespace().map(|place| format!("\"{place}\"")).collect::<Vec<_>>().join(" ");
    format!(
        "exec sh -c 'for place in {words}; do place=$(command -v \"$place\") && echo {BEGIN} && \
         exec \"$place\" {arguments}; done; echo {NOT_INSTALLED} >&2; exit 127'"
    )
}
