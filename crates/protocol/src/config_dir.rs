//! Where the configuration directory of Claude Code is.

/// Finds the configuration directory: `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`. An empty variable counts as not set.
///
/// The result has two parts; the path is the one after the other. `None` where neither variable is set.
#[must_use]
pub fn find<'a>(claude_config_dir: Option<&'a [u8]>, home: Option<&'a [u8]>) -> Option<[&'a [u8]; 2]> {
    let set = |value: Option<&'a [u8]>| value.filter(|value| !value.is_empty());
    match (set(claude_config_dir), set(home)) {
        (Some(config_dir), _) => Some([config_dir, b""]),
        (None, Some(home)) => Some([home, b"/.claude"]),
        (None, None) => None,
    }
}
