//! kitty: windows that take commands if the user allows it.

use serde::Deserialize;

use super::plan::Found;
use crate::terminals::process::{TerminalProcess, tty_of};
use crate::terminals::terminal_command::{Programs, TerminalCommand};

#[derive(Deserialize)]
struct SystemWindow {
    tabs: Vec<Tab>,
}

#[derive(Deserialize)]
struct Tab {
    windows: Vec<Window>,
}

/// A window. kitty also tells the environment of its programs, and that is not read.
#[derive(Deserialize)]
struct Window {
    id: u64,
    pid: Option<u32>,
}

/// Finds the window that holds a process.
pub fn find_window(programs: &Programs, process: &TerminalProcess, tty: &str) -> Found {
    let Some(socket) = process.variables.get("KITTY_LISTEN_ON").filter(|socket| socket.starts_with("unix:")) else {
        let is_named = process.variables.get("KITTY_WINDOW_ID").is_some();
        let reason = "it seems in kitty, which takes no commands. For the next time, write `allow_remote_control \
                      socket-only` and `listen_on unix:/tmp/kitty` into kitty.conf";
        return if is_named { Found::NotAsked(format!("runs on {tty}, {reason}")) } else { Found::No };
    };
    let program =
        if programs.find("kitty").is_none() && programs.find("kitten").is_some() { "kitten" } else { "kitty" };
    let command = |arguments: &[&str]| TerminalCommand::new(program, &[&["@", "--to", socket], arguments].concat());
    let text = match programs.run(&command(&["ls"])) {
        Ok(text) => text,
        Err(reason) => return Found::NotAsked(format!("runs on {tty}, it seems in kitty, but {reason}")),
    };
    // The error of the parser is not shown: it may quote the environment.
    let Ok(windows) = serde_json::from_str::<Vec<SystemWindow>>(&text) else {
        return Found::NotAsked(format!("runs on {tty}, it seems in kitty, but the answer of kitty is not understood"));
    };
    let mut windows = windows.into_iter().flat_map(|window| window.tabs).flat_map(|tab| tab.windows);
    let holds = |pid: u32| process.leader.is_none_or(|leader| leader == pid) && tty_of(pid).as_deref() == Some(tty);
    match windows.find(|window| window.pid.is_some_and(holds)) {
        Some(window) => {
            let focus = command(&["focus-window", "--match", &format!("id:{}", window.id)]);
            Found::Here(format!("kitty window {}", window.id), vec![focus])
        }
        None => Found::No,
    }
}
