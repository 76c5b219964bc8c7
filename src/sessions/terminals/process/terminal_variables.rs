//! The variables of a process that lead to its terminal.

/// The names of all variables that are used. The environment of a CLI holds keys, so nothing else of it is kept.
pub const TERMINAL_VARIABLES: [&str; 9] = [
    "TMUX",
    "ZELLIJ_SESSION_NAME",
    "ZELLIJ_PANE_ID",
    "KITTY_LISTEN_ON",
    "KITTY_WINDOW_ID",
    "WEZTERM_UNIX_SOCKET",
    "TERM_PROGRAM",
    "WINDOWID",
    "DISPLAY",
];

/// A value that is longer than this leads to no terminal.
const MAX_LEN: usize = 1024;

/// The values of [`TERMINAL_VARIABLES`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TerminalVariables([Option<String>; TERMINAL_VARIABLES.len()]);

impl TerminalVariables {
    /// Takes the variables that `value_of` knows.
    pub fn from_values(value_of: impl Fn(&str) -> Option<String>) -> Self {
        Self(TERMINAL_VARIABLES.map(|name| value_of(name).filter(|value| is_usable(value))))
    }

    /// Takes them out of the bytes of an environment: `NAME=value` entries that end with a NUL byte.
    #[cfg(any(target_os = "linux", target_os = "macos", test))]
    pub fn from_environment(bytes: &[u8]) -> Self {
        Self::from_values(|name| {
            let value_of = |entry: &'_ [u8]| Some(entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?.to_owned());
            // As for getenv, the first of several entries counts.
            let value = bytes.split(|byte| *byte == 0).find_map(value_of)?;
            String::from_utf8(value).ok()
        })
    }

    /// Returns the value of one of [`TERMINAL_VARIABLES`].
    pub fn get(&self, name: &str) -> Option<&str> {
        let position = TERMINAL_VARIABLES.iter().position(|known| *known == name)?;
        self.0[position].as_deref()
    }

    /// Takes from `other` what is missing here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let mut others = other.0.into_iter();
        Self(self.0.map(|value| value.or(others.next().flatten())))
    }
}

/// Returns whether a value may be the argument of a program and part of a message.
fn is_usable(value: &str) -> bool {
    !value.is_empty() && value.len() <= MAX_LEN && !value.chars().any(char::is_control)
}
