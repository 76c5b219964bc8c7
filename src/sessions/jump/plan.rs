//! Finds the terminals around a session, from the innermost to the outermost, and plans what brings them to the front.

use super::caller::Caller;
use super::{applescript, kitty, wezterm, zellij};
use crate::terminals::process::{HAS_TEXT_CONSOLES, TerminalProcess, program_name};
use crate::terminals::terminal_command::{Programs, TerminalCommand};
use crate::terminals::tmux;

/// How many terminals may be inside each other.
pub const MAX_DEPTH: usize = 4;

/// What brings a session to the front.
#[derive(Default)]
pub struct JumpPlan {
    /// The terminals, the innermost first, such as `tmux pane %3 of session work`.
    pub terminals: Vec<String>,
    /// The commands, in the order in which they are run.
    pub commands: Vec<TerminalCommand>,
    /// A sentence that says what the user still has to do.
    pub remaining: Option<String>,
}

/// What one kind of terminal says about a process.
pub enum Found {
    /// It holds the process: its description, and the commands that bring it to the front.
    Here(String, Vec<TerminalCommand>),
    /// It may hold the process, and cannot be asked. The reason is the end of a sentence that begins with the session.
    NotAsked(String),
    /// It does not hold the process.
    No,
}

/// Plans jumps.
pub struct Planner<'a> {
    programs: &'a Programs,
    caller: Caller,
}

impl<'a> Planner<'a> {
    /// Finds out where the user is.
    pub fn new(programs: &'a Programs) -> Self {
        Self { programs, caller: Caller::find(programs) }
    }

    /// Plans the jump to a process.
    ///
    /// # Errors
    /// The end of a sentence that begins with the session: its terminal cannot be found or brought to the front.
    pub fn plan_jump(&self, target: &TerminalProcess) -> Result<JumpPlan, String> {
        let mut plan = JumpPlan::default();
        let mut process = target.clone();
        for depth in 0..MAX_DEPTH {
            if self.caller.process.tty.is_some() && self.caller.process.tty == process.tty {
                plan.terminals.push("this terminal".to_owned());
                return Ok(plan);
            }
            match self.plan_level(&process, &mut plan) {
                Ok(None) => return Ok(plan),
                Ok(Some(client)) => process = client,
                Err(reason) if depth == 0 => return Err(reason),
                Err(_) => {
                    let tty = process.tty.unwrap_or_default();
                    let inner = plan.terminals.last().map(String::as_str).unwrap_or_default();
                    plan.remaining = Some(format!(
                        "{inner} is selected. It is shown on {tty}, and no command brings that terminal to the front: go there by hand"
                    ));
                    return Ok(plan);
                }
            }
        }
        Ok(plan)
    }

    /// Plans what the innermost terminal around a process needs. Returns the process in the next terminal, if there is one.
    fn plan_level(&self, process: &TerminalProcess, plan: &mut JumpPlan) -> Result<Option<TerminalProcess>, String> {
        let Some(tty) = process.tty.as_deref() else {
            return Err("has no terminal that is known here: it runs in the background or in a container".to_owned());
        };
        let mut reasons = Vec::new();
        match tmux::find_panes(self.programs, process, tty) {
            Ok(Some((server, panes))) => return Ok(self.plan_tmux(&server, &panes, plan)),
            Ok(None) => {}
            Err(reason) => reasons.push(reason),
        }
        if let Some(session) = zellij::find_pane(process) {
            plan.terminals.push(session.describe());
            plan.commands.push(session.focus_command());
            if !session.is_around(&self.caller.process) {
                plan.remaining = Some(session.describe_attaching());
            }
            return Ok(None);
        }
        for found in [
            kitty::find_window(self.programs, process, tty),
            wezterm::find_pane(self.programs, process, tty),
            applescript::find_terminal(self.programs, tty),
        ] {
            match found {
                Found::Here(description, commands) => {
                    plan.terminals.push(description);
                    plan.commands.extend(commands);
                    return Ok(None);
                }
                Found::NotAsked(reason) => reasons.push(reason),
                Found::No => {}
            }
        }
        Err(reasons.into_iter().next().unwrap_or_else(|| describe_unknown(process, tty)))
    }

    /// Plans what shows a pane of tmux. Returns the process of the client that shows it, unless the user is in that server.
    fn plan_tmux(
        &self,
        server: &tmux::TmuxServer,
        panes: &[tmux::TmuxPane],
        plan: &mut JumpPlan,
    ) -> Option<TerminalProcess> {
        let clients = server.list_clients(self.programs).unwrap_or_default();
        let own_client = self.caller.client_in(server);
        // A window may be in several sessions.
        let in_session = |session: &str| panes.iter().find(|pane| pane.session == session);
        let newest = || {
            clients.iter().filter(|client| in_session(&client.session).is_some()).max_by_key(|client| client.activity)
        };
        let client = own_client.filter(|own| in_session(&own.session).is_some()).or_else(newest);
        let pane = client.and_then(|client| in_session(&client.session)).unwrap_or(&panes[0]);
        plan.terminals.push(pane.describe());
        plan.commands.extend(pane.select_commands(server));
        if let Some(own) = own_client {
            if own.session != pane.session {
                plan.commands.push(pane.switch_command(server, own));
            }
            return None;
        }
        let Some(client) = client else {
            plan.remaining =
                Some(format!("{} is selected. To see it, type: {}", pane.describe(), pane.attach_command(server)));
            return None;
        };
        let process = TerminalProcess::read_other(client.pid).filter(|process| process.tty == Some(client.tty.clone()));
        if process.is_none() {
            plan.remaining = Some(format!(
                "{} is selected in the client of tmux on {}: go there by hand",
                pane.describe(),
                client.tty
            ));
        }
        process
    }
}

/// Says why a terminal cannot be brought to the front. The end of a sentence that begins with the session.
fn describe_unknown(process: &TerminalProcess, tty: &str) -> String {
    if tty.starts_with("/dev/tty") && HAS_TEXT_CONSOLES {
        return format!("runs on the text console {tty}, to which only a key leads (Ctrl+Alt+F1, F2, …)");
    }
    let server = process.terminal_server().and_then(program_name).unwrap_or_default();
    if server.starts_with("sshd") {
        return format!("runs in a login by ssh, on {tty}. Its window is on the other computer");
    }
    match process.variables.get("TERM_PROGRAM") {
        Some("vscode") => {
            format!("runs on {tty}, it seems in the terminal of VS Code, which no command brings to the front")
        }
        Some("ghostty") => {
            format!("runs on {tty}, it seems in Ghostty, which takes such commands on macOS only")
        }
        _ => format!("runs on {tty}, and no terminal that takes commands says that it holds {tty}"),
    }
}
