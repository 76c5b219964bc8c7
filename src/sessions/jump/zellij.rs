//! zellij: panes of a session.
//!
//! zellij does not tell the terminal of a pane. So the first process in the terminal must be a child of a server of zellij: then
//! the variables of that process were set by the server.

use crate::display_text::make_harmless;
use crate::terminals::process::{TerminalProcess, process_ids, program_arguments, program_name, variables_of};
use crate::terminals::terminal_command::TerminalCommand;

/// A pane of zellij.
pub struct ZellijPane {
    session: String,
    pane: u32,
    server: u32,
}

/// Finds the pane that holds a process.
pub fn find_pane(process: &TerminalProcess) -> Option<ZellijPane> {
    let server = process.terminal_server()?;
    let variables = variables_of(process.leader?)?;
    let session = variables.get("ZELLIJ_SESSION_NAME").filter(|name| is_name(name))?.to_owned();
    let pane = variables.get("ZELLIJ_PANE_ID")?.parse().ok()?;
    // The name of a session may change, and another session may get it. The variable and the command line of a server keep the
    // first name. So the server must be the only one that was started with this name.
    let servers = process_ids().into_iter().filter(|pid| is_server_of(*pid, &session));
    let is_certain = servers.collect::<Vec<_>>() == [server];
    is_certain.then_some(ZellijPane { session, pane, server })
}

/// Returns whether a process is a server of zellij that was started for a session of this name.
fn is_server_of(pid: u32, session: &str) -> bool {
    let is_socket = |argument: &String| argument.rsplit_once('/').is_some_and(|(_, name)| name == session);
    program_name(pid).is_some_and(|name| name == "zellij") && program_arguments(pid).iter().any(is_socket)
}

/// Returns whether a name can be that of a session. It must not look like an option.
fn is_name(name: &str) -> bool {
    !name.starts_with('-') && !name.contains('/')
}

impl ZellijPane {
    /// Describes the pane.
    pub fn describe(&self) -> String {
        format!("zellij pane {} of session {}", self.pane, make_harmless(&self.session))
    }

    /// Returns the command that shows this pane wherever its session is shown.
    pub fn focus_command(&self) -> TerminalCommand {
        let pane = format!("terminal_{}", self.pane);
        TerminalCommand::new("zellij", &["--session", &self.session, "action", "focus-pane-id", &pane])
    }

    /// Returns whether a process is in the same session.
    pub fn is_around(&self, process: &TerminalProcess) -> bool {
        process.terminal_server() == Some(self.server)
    }

    /// Says how the user sees the pane.
    pub fn describe_attaching(&self) -> String {
        let attach = TerminalCommand::new("zellij", &["attach", &self.session]);
        format!("{} is selected. If no window shows it, type: {attach}", self.describe())
    }
}
