//! `WezTerm`: panes of its windows.

use serde::Deserialize;

use super::plan::Found;
use crate::terminals::process::{SERVER_IS_NAMED, TerminalProcess, program_name};
use crate::terminals::terminal_command::{Programs, TerminalCommand};

#[derive(Deserialize)]
struct Pane {
    #[serde(rename = "pane_id")]
    id: u64,
    tty_name: Option<String>,
    #[serde(default)]
    is_dead: bool,
}

/// Finds the pane that holds a process.
pub fn find_pane(programs: &Programs, process: &TerminalProcess, tty: &str) -> Found {
    let Some(socket) = process.variables.get("WEZTERM_UNIX_SOCKET").filter(|socket| socket.starts_with('/')) else {
        return Found::No;
    };
    // A pane may be one of another computer, where a terminal has the same name.
    let server = process.terminal_server().and_then(program_name);
    if SERVER_IS_NAMED && !server.is_some_and(|name| name.starts_with("wezterm")) {
        return Found::No;
    }
    let command = |arguments: &[&str]| {
        let mut command = TerminalCommand::new("wezterm", &[&["cli", "--no-auto-start"], arguments].concat());
        command.variable = Some(("WEZTERM_UNIX_SOCKET", socket.to_owned()));
        command
    };
    let text = match programs.run(&command(&["list", "--format", "json"])) {
        Ok(text) => text,
        Err(reason) => return Found::NotAsked(format!("runs on {tty}, it seems in WezTerm, but {reason}")),
    };
    let panes: Vec<Pane> = serde_json::from_str(&text).unwrap_or_default();
    match panes.iter().find(|pane| !pane.is_dead && pane.tty_name.as_deref() == Some(tty)) {
        Some(pane) => {
            let id = pane.id.to_string();
            Found::Here(format!("WezTerm pane {id}"), vec![command(&["activate-pane", "--pane-id", &id])])
        }
        None => Found::No,
    }
}
