//! One hook of the settings: `{"type": "command", "command": "…", "args": […], "timeout": 10}`.
//!
//! A hook has one of two forms. In the shell form there is no `args`, and a shell runs `command`. In the exec form
//! `args` is an array, and the CLI starts the program `command` with these arguments itself, without a shell.

use super::{
    command_line::parse_command_line,
    document::{self, JsonMember, Span},
    shell_command::ShellCommand,
};

/// The command of a hook as the settings spell it.
pub struct WrittenCommand {
    /// The decoded value of `command`.
    pub line: String,
    /// The strings of `args` if it is an array: the exec form. `None`: the shell form.
    pub args: Option<Vec<String>>,
}

impl WrittenCommand {
    /// Reads the command from the members of a hook. `None` unless `type` is `command` and `command` is a string.
    pub fn read(text: &str, members: &[JsonMember]) -> Option<Self> {
        let value = |name| document::find_value(text, members, name);
        if document::read_string(text, value("type")?)? != "command" {
            return None;
        }
        let line = document::read_string(text, value("command")?)?.into_owned();
        let args = value("args").and_then(|args| document::read_items(text, args));
        let decode =
            |args: Vec<Span>| args.iter().filter_map(|arg| document::read_string(text, arg)).map(Into::into).collect();
        Some(Self { line, args: args.map(decode) })
    }

    /// Returns the command as a user would type it: `command`, and after it the arguments of the exec form.
    pub fn display_text(&self) -> String {
        self.args.iter().flatten().fold(self.line.clone(), |text, arg| text + " " + arg)
    }
}

/// A hook that starts exactly one program.
pub struct SettingsHook {
    pub members: Vec<JsonMember>,
    /// The command as it is spelled.
    pub written: WrittenCommand,
    /// The command taken apart.
    pub command: ShellCommand,
}

impl SettingsHook {
    /// Reads the hook at `at`. `None` if it starts no program, or more than one.
    pub fn read(text: &str, at: &Span) -> Option<Self> {
        let members = document::read_members(text, at)?;
        let written = WrittenCommand::read(text, &members)?;
        let command = match &written.args {
            Some(args) => ShellCommand { program: written.line.clone(), args: args.clone(), decorated: false },
            None => parse_command_line(&written.line)?,
        };
        Some(Self { members, written, command })
    }

    /// Returns whether the CLI starts the program without a shell.
    pub fn is_exec(&self) -> bool {
        self.written.args.is_some()
    }

    /// Returns the command as a user would type it.
    pub fn display_text(&self) -> String {
        self.written.display_text()
    }
}
