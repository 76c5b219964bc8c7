//! tmux: the panes of a server, and the clients that show them.

use std::os::unix::fs::MetadataExt as _;

use super::process::{TerminalProcess, TerminalVariables};
use super::terminal_command::{Programs, TerminalCommand};
use crate::display_text::make_harmless;

/// A server of tmux.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmuxServer {
    /// Its socket. `None` stands for the socket that tmux uses by default.
    socket: Option<String>,
    /// The process of the server.
    pub pid: Option<u32>,
    /// The session in which the variable was set.
    pub session: Option<String>,
}

/// A pane, as it is in one session. A window may be in several sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmuxPane {
    pub tty: String,
    /// The first process in the pane.
    leader: u32,
    pub session: String,
    window: String,
    pane: String,
    session_name: String,
}

/// A client: a terminal that shows a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TmuxClient {
    pub tty: String,
    pub pid: u32,
    /// When the user last did something in it, in seconds.
    pub activity: u64,
    pub session: String,
    /// The pane that has the focus in it.
    pane: String,
}

/// Finds the panes that hold a process. `None` if tmux has none.
///
/// # Errors
/// The end of a sentence that begins with the session: the process names a server, and it cannot be asked.
pub fn find_panes(
    programs: &Programs,
    process: &TerminalProcess,
    tty: &str,
) -> Result<Option<(TmuxServer, Vec<TmuxPane>)>, String> {
    let is_known = process.variables_are_known;
    let server = match TmuxServer::of_variables(&process.variables) {
        Some(server) => server,
        None if is_known => return Ok(None),
        None => TmuxServer { socket: None, pid: None, session: None },
    };
    let mut panes = match server.list_panes(programs) {
        Ok(panes) => panes,
        Err(_) if !is_known => return Ok(None),
        Err(reason) => return Err(format!("runs on {tty}, it seems in tmux, but {reason}")),
    };
    let is_leader = |pane: &TmuxPane| process.leader.is_none_or(|leader| leader == pane.leader);
    panes.retain(|pane| pane.tty == tty && is_leader(pane));
    Ok(if panes.is_empty() { None } else { Some((server, panes)) })
}

impl TmuxServer {
    /// Reads the variable `TMUX`, which is `socket,process of the server,number of the session`.
    pub fn of_variables(variables: &TerminalVariables) -> Option<Self> {
        let mut parts = variables.get("TMUX")?.rsplitn(3, ',');
        let session = parts.next()?.parse::<u32>().ok().map(|number| format!("${number}"));
        let pid = parts.next()?.parse().ok();
        let socket = parts.next()?.to_owned();
        socket.starts_with('/').then_some(Self { socket: Some(socket), pid, session })
    }

    /// Returns whether both have the same socket.
    pub fn is_same(&self, other: &Self) -> bool {
        let file = |server: &Self| {
            let metadata = fs_err::metadata(server.socket.as_deref()?).ok()?;
            Some((metadata.dev(), metadata.ino()))
        };
        self.socket == other.socket || file(self).is_some_and(|ours| file(other) == Some(ours))
    }

    /// Lists all panes of the server, one entry for each session in which a pane is.
    ///
    /// # Errors
    /// A sentence: the server cannot be asked.
    pub fn list_panes(&self, programs: &Programs) -> Result<Vec<TmuxPane>, String> {
        let format = "#{pane_tty} #{pane_pid} #{session_id} #{window_id} #{pane_id} #{session_name}";
        let text = programs.run(&self.command(&["list-panes", "-a", "-F", format]))?;
        let parse = |line: &str| {
            let mut fields = line.splitn(6, ' ');
            let mut next = || fields.next().map(str::to_owned);
            let (tty, leader) = (next()?, next()?.parse().ok()?);
            let (session, window, pane) = (next()?, next()?, next()?);
            let is_id = |id: &str, sign: char| {
                id.strip_prefix(sign).is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
            };
            let are_ids = is_id(&session, '$') && is_id(&window, '@') && is_id(&pane, '%');
            are_ids.then_some(TmuxPane { tty, leader, session, window, pane, session_name: next()? })
        };
        Ok(text.lines().filter_map(parse).collect())
    }

    /// Lists the clients of the server.
    ///
    /// # Errors
    /// A sentence: the server cannot be asked.
    pub fn list_clients(&self, programs: &Programs) -> Result<Vec<TmuxClient>, String> {
        let format = "#{client_tty} #{client_pid} #{client_activity} #{session_id} #{pane_id}";
        let text = programs.run(&self.command(&["list-clients", "-F", format]))?;
        let parse = |line: &str| {
            let fields: Vec<_> = line.split(' ').collect();
            let [tty, pid, activity, session, pane] = fields[..] else { return None };
            let is_tty = tty.starts_with("/dev/");
            let (pid, activity) = (pid.parse().ok()?, activity.parse().ok()?);
            let (session, pane) = (session.to_owned(), pane.to_owned());
            is_tty.then(|| TmuxClient { tty: tty.to_owned(), pid, activity, session, pane })
        };
        Ok(text.lines().filter_map(parse).collect())
    }

    fn command(&self, arguments: &[&str]) -> TerminalCommand {
        let socket = self.socket.iter().flat_map(|socket| ["-S", socket]);
        // Names are printed as they are only to a terminal that takes UTF-8.
        let words: Vec<_> = std::iter::once("-u").chain(socket).chain(arguments.iter().copied()).collect();
        TerminalCommand::new("tmux", &words)
    }
}

impl TmuxPane {
    /// Returns whether the pane is on the screen of a client and has the focus there.
    pub fn is_selected_in(&self, client: &TmuxClient) -> bool {
        self.session == client.session && self.pane == client.pane
    }

    /// Describes the pane.
    pub fn describe(&self) -> String {
        format!("tmux pane {} of session {}", self.pane, make_harmless(&self.session_name))
    }

    /// Returns the commands that show this pane wherever its session is shown.
    pub fn select_commands(&self, server: &TmuxServer) -> [TerminalCommand; 2] {
        let window = format!("{}:{}", self.session, self.window);
        [server.command(&["select-window", "-t", &window]), server.command(&["select-pane", "-t", &self.pane])]
    }

    /// Returns the command that makes a client show the session of this pane.
    pub fn switch_command(&self, server: &TmuxServer, client: &TmuxClient) -> TerminalCommand {
        server.command(&["switch-client", "-c", &client.tty, "-t", &self.session])
    }

    /// Returns the command that a user types to see this pane.
    pub fn attach_command(&self, server: &TmuxServer) -> TerminalCommand {
        let socket = server.socket.iter().filter(|socket| !is_default(socket)).flat_map(|socket| ["-S", socket]);
        let words: Vec<_> = socket.chain(["attach", "-t", &self.session]).collect();
        TerminalCommand::new("tmux", &words)
    }
}

/// Returns whether tmux finds this socket by itself.
fn is_default(socket: &str) -> bool {
    socket == format!("/tmp/tmux-{}/default", rustix::process::getuid().as_raw())
}
