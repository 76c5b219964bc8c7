//! The configuration directory of Claude Code.

/// Finds the configuration directory: `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`. An empty variable counts as not set.
///
/// The path is returned in two parts: the first is followed by the second. `None` if neither variable is set.
#[must_use]
pub fn find<'a>(claude_config_dir: Option<&'a [u8]>, home: Option<&'a [u8]>) -> Option<[&'a [u8]; 2]> {
    let non_empty = |value: Option<&'a [u8]>| value.filter(|value| !value.is_empty());
    match (non_empty(claude_config_dir), non_empty(home)) {
        (Some(config_dir), _) => Some([config_dir, b""]),
        (None, Some(home)) => Some([home, b"/.claude"]),
        (None, None) => None,
    }
}
