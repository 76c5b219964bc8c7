//! Whether the user looks at the terminal of a session, as far as that can be known for certain and cheaply.
//!
//! Two things are asked: tmux, whether the pane of the session is on the screen of a client; and X11, whether the window of the
//! terminal has the focus. When in doubt, the answer is no: a notice too many is better than one too few.

use std::time::Duration;

use session_signals_reader::Session;

use crate::environment;
use crate::terminals::process::{TerminalProcess, program_name};
use crate::terminals::terminal_command::{Programs, TerminalCommand};
use crate::terminals::tmux;

/// How long tmux and xprop may take.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The terminals of which a window shows one terminal and no tabs, and whose process serves that window alone.
const SINGLE_TERMINALS: [&str; 5] = ["alacritty", "rxvt", "st", "urxvt", "xterm"];

/// Returns whether the terminal of the session certainly has the focus.
pub fn has_focus(session: &Session) -> bool {
    // A process of another machine or container has a number that means another process here.
    let pid = session.pid.filter(|_| session.host.is_none() && session.machine.is_none());
    pid.and_then(TerminalProcess::read_other).is_some_and(|process| is_on_screen(&process) == Some(true))
}

/// Returns whether the terminal of a process has the focus; `None` if that is not known.
fn is_on_screen(process: &TerminalProcess) -> Option<bool> {
    let programs = Programs::new(environment::program_path(), TIMEOUT);
    let Some((server, panes)) = tmux::find_panes(&programs, process, process.tty.as_deref()?).ok()? else {
        return is_window_focused(&programs, process);
    };
    let clients = server.list_clients(&programs).ok()?;
    let mut watching = clients.into_iter().filter(|client| panes.iter().any(|pane| pane.is_selected_in(client)));
    Some(watching.any(|client| {
        let client = TerminalProcess::read_other(client.pid);
        client.is_some_and(|client| is_window_focused(&programs, &client) == Some(true))
    }))
}

/// Returns whether the process runs in a window of X11 that has the focus and shows nothing else; `None` if that is not known.
fn is_window_focused(programs: &Programs, process: &TerminalProcess) -> Option<bool> {
    // If an editor or a recorder is in between, it has started the first process of the terminal, not the program of the window.
    let terminal = process.terminal_server().and_then(program_name)?;
    let window: u64 = process.variables.get("WINDOWID")?.parse().ok()?;
    let display = process.variables.get("DISPLAY")?;
    let is_single = SINGLE_TERMINALS.contains(&&*terminal);
    if !is_single || environment::variable("DISPLAY").is_none_or(|ours| ours != *display) {
        return None;
    }
    let arguments = ["-display", display, "-root", "-notype", "32x", "_NET_ACTIVE_WINDOW"];
    let answer = programs.run(&TerminalCommand::new("xprop", &arguments)).ok()?;
    Some(parse_active_window(&answer)? == window)
}

/// Returns the window that xprop names, as in `_NET_ACTIVE_WINDOW = 0x60000c` or `_NET_ACTIVE_WINDOW: window id # 0x60000c`.
pub fn parse_active_window(answer: &str) -> Option<u64> {
    let (_, number) = answer.split_once("0x")?;
    let digits = number.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    u64::from_str_radix(digits, 16).ok().filter(|window| *window != 0)
}
