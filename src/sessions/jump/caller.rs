//! Where the user is who calls `sessions`.

use super::plan::MAX_DEPTH;
use crate::environment;
use crate::terminals::process::{TerminalProcess, TerminalVariables};
use crate::terminals::terminal_command::Programs;
use crate::terminals::tmux::{TmuxClient, TmuxServer};

/// The terminals around this process.
pub struct Caller {
    /// This process.
    pub process: TerminalProcess,
    /// The clients of tmux in which the user is, the innermost first. There are several if one tmux runs in another one.
    clients: Vec<(TmuxServer, TmuxClient)>,
}

impl Caller {
    /// Finds the terminals around this process.
    pub fn find(programs: &Programs) -> Self {
        let value_of = |name: &str| environment::variable(name)?.into_string().ok();
        let process = TerminalProcess::read_own(TerminalVariables::from_values(value_of));
        let mut clients = Vec::new();
        let mut inner = process.clone();
        for _ in 0..MAX_DEPTH {
            let Some((server, client)) = find_client(programs, &inner) else { break };
            let outer = TerminalProcess::read_other(client.pid);
            clients.push((server, client));
            let Some(outer) = outer else { break };
            inner = outer;
        }
        Self { process, clients }
    }

    /// Returns the user's client of this server.
    pub fn client_in(&self, server: &TmuxServer) -> Option<&TmuxClient> {
        self.clients.iter().find(|(known, _)| known.is_same(server)).map(|(_, client)| client)
    }
}

/// Finds the client of tmux that shows a process.
fn find_client(programs: &Programs, process: &TerminalProcess) -> Option<(TmuxServer, TmuxClient)> {
    let server = TmuxServer::of_variables(&process.variables)?;
    let panes = server.list_panes(programs).ok()?;
    let mut sessions: Vec<_> =
        panes.into_iter().filter(|pane| Some(&pane.tty) == process.tty.as_ref()).map(|pane| pane.session).collect();
    // A command that a key of tmux runs has no terminal, and a popup has one that is no pane.
    let is_run_by_server = process.tty.is_none() || process.terminal_server() == server.pid;
    if sessions.is_empty() && is_run_by_server {
        sessions.extend(server.session.clone());
    }
    let clients = server.list_clients(programs).ok()?;
    let client =
        clients.into_iter().filter(|client| sessions.contains(&client.session)).max_by_key(|client| client.activity)?;
    Some((server, client))
}
