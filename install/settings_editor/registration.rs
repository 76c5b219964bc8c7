//! One hook that an installation registers.

use super::{command_line::parse_command_line, json_value::JsonValue, shell_command::ShellCommand};

/// A hook to register: which event starts which executable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The hook event, such as `SessionStart`.
    pub event: &'static str,
    /// The absolute path of the executable. In the shell form, a shell's command line.
    pub command: String,
    /// The arguments to write as `args`: the exec form. `None`: the shell form.
    pub args: Option<&'static [&'static str]>,
    /// The seconds after which the CLI ends the hook.
    pub timeout: u32,
}

impl Registration {
    /// Returns the program and the arguments that the registration starts.
    pub fn parsed_command(&self) -> ShellCommand {
        let parsed = parse_command_line(&self.command).filter(|_| self.args.is_none());
        parsed.unwrap_or_else(|| ShellCommand {
            program: self.command.clone(),
            args: self.args.iter().copied().flatten().map(ToString::to_string).collect(),
            decorated: false,
        })
    }

    /// Returns the command as a user would type it.
    pub fn display_text(&self) -> String {
        self.args.iter().copied().flatten().fold(self.command.clone(), |text, arg| text + " " + arg)
    }

    /// Returns the group to add to the settings. It is for every matcher:
    /// `{"hooks": [{"type": "command", "command": "…", "args": […], "timeout": 10}]}`.
    pub fn to_group(&self) -> JsonValue {
        let mut hook = vec![
            ("type".to_owned(), JsonValue::Text("command".to_owned())),
            ("command".to_owned(), JsonValue::Text(self.command.clone())),
        ];
        if let Some(args) = self.args {
            hook.push(("args".to_owned(), JsonValue::text_array(args)));
        }
        hook.push(("timeout".to_owned(), JsonValue::Number(self.timeout)));
        JsonValue::Object(vec![("hooks".to_owned(), JsonValue::Array(vec![JsonValue::Object(hook)]))])
    }
}
