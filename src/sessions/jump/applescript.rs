//! The terminals of macOS that take `AppleScript`: iTerm2, Terminal and Ghostty. They are asked for the terminal device.
//!
//! The device is an argument of the script and never a part of its text. Nothing here has ever been run on macOS.

use super::plan::Found;
use crate::terminals::terminal_command::{Programs, TerminalCommand};

/// A program that has terminals.
pub struct ScriptedTerminal {
    pub name: &'static str,
    /// Prints `found` if the program holds the device. Shows the terminal if the second argument is `show`.
    pub script: &'static str,
}

/// The programs. Each script does nothing if its program does not run, and never starts it.
pub const SCRIPTED_TERMINALS: [ScriptedTerminal; 3] = [
    ScriptedTerminal {
        name: "iTerm2",
        script: r#"on run {device, wish}
if application "iTerm2" is not running then return "none"
tell application "iTerm2"
repeat with aWindow in windows
repeat with aTab in tabs of aWindow
repeat with aSession in sessions of aTab
if tty of aSession is device then
if wish is "show" then
select aWindow
select aTab
select aSession
activate
end if
return "found"
end if
end repeat
end repeat
end repeat
end tell
return "none"
end run"#,
    },
    ScriptedTerminal {
        name: "Terminal",
        script: r#"on run {device, wish}
if application "Terminal" is not running then return "none"
tell application "Terminal"
repeat with aWindow in windows
repeat with aTab in tabs of aWindow
if tty of aTab is device then
if wish is "show" then
set selected of aTab to true
set index of aWindow to 1
activate
end if
return "found"
end if
end repeat
end repeat
end tell
return "none"
end run"#,
    },
    // Ghostty tells the device of a terminal since the version after 1.3.
    ScriptedTerminal {
        name: "Ghostty",
        script: r#"on run {device, wish}
if application "Ghostty" is not running then return "none"
tell application "Ghostty"
repeat with aTerminal in terminals
if tty of aTerminal is device then
if wish is "show" then focus aTerminal
return "found"
end if
end repeat
end tell
return "none"
end run"#,
    },
];

/// Finds the terminal that holds a device, on macOS.
pub fn find_terminal(programs: &Programs, tty: &str) -> Found {
    if cfg!(target_os = "macos") { ask_terminals(programs, tty) } else { Found::No }
}

/// Asks each program for a device.
pub fn ask_terminals(programs: &Programs, tty: &str) -> Found {
    let is_device = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !tty.strip_prefix("/dev/").is_some_and(is_device) {
        return Found::No;
    }
    for ScriptedTerminal { name, script } in SCRIPTED_TERMINALS {
        let command = |wish: &str| TerminalCommand::new("osascript", &["-e", script, tty, wish]);
        // A program that is not installed makes its script fail.
        if programs.run(&command("look")).is_ok_and(|answer| answer.trim() == "found") {
            return Found::Here(name.to_owned(), vec![command("show")]);
        }
    }
    Found::No
}
