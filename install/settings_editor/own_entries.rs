//! Lists our entries in the settings.

use super::{
    edit_refusal::EditRefusal, ownership, parsed_settings::ParsedSettings, shared_command::parse_shared_command,
};

/// One of our entries in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEntry {
    /// The hook event.
    pub event: String,
    /// The command as it is written.
    pub command: String,
    /// The path of the executable in the command, without quotes.
    pub path: String,
    /// Whether the CLI starts it without a shell.
    pub exec: bool,
    /// Its arguments, of the command line or of `args`.
    pub args: Vec<String>,
}

impl OwnEntry {
    /// Returns whether the entry is exactly as install writes it for settings that several homes share.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        !self.exec && parse_shared_command(&self.command).is_some()
    }
}

/// Lists our entries in the order of the file. An entry that is there twice is listed twice.
///
/// # Errors
/// Those of [`ParsedSettings::parse`]: the text is not strict JSON, or the settings or their `hooks` are not an object.
pub fn own_entries(text: &[u8], owned: &[&str]) -> Result<Vec<OwnEntry>, EditRefusal> {
    let settings = ParsedSettings::parse(text)?;
    let mut entries = Vec::new();
    for event in settings.events() {
        let hooks = event.hooks().map(|found| found.hook);
        let ours = hooks.filter(|hook| ownership::owned_executable(&hook.command, owned).is_some());
        entries.extend(ours.map(|hook| OwnEntry {
            event: event.name.clone(),
            command: hook.written.line.clone(),
            path: hook.command.program.clone(),
            exec: hook.is_exec(),
            args: hook.command.args.clone(),
        }));
    }
    Ok(entries)
}
