//! The executables of this package, and copies and scripts that tests execute.

use std::path::{Path, PathBuf};
use std::process::Command;

use session_signals_protocol::{EVENT_RULES, MODULE_EVENT_RULES};

/// Returns the path of an executable of this package, as cargo built it for the tests.
pub fn executable_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_hook-stop")).with_file_name(name)
}

/// Returns the name of the executable that handles an event; `None` if no hook handles it.
pub fn executable_for_event(event: &str) -> Option<&'static str> {
    EVENT_RULES.iter().chain(&MODULE_EVENT_RULES).find(|rule| rule.event == event).map(|rule| rule.hook.executable())
}

/// Copies an executable, in a process of its own.
///
/// The tests must not open for writing what they execute: a child that another thread starts has all open files of the tests until
/// it becomes its own program, and the system refuses to execute a file that any process has open for writing.
pub fn copy_executable(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

/// Writes an executable shell script, in a process of its own for the same reason as [`copy_executable`].
pub fn write_script(path: &Path, text: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#;
    assert!(Command::new("sh").args(["-c", write]).arg(path).arg(text).status().unwrap().success());
}
