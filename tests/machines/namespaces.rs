//! How a command gets into the namespaces of another process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command};

/// Returns a command that runs another one, which the caller adds, in these namespaces of a process.
pub fn enter(holder: u32, namespaces: &[&str]) -> Command {
    let mut nsenter = Command::new("nsenter");
    nsenter.args(["--target", &holder.to_string()]).args(namespaces).arg("--");
    nsenter
}

/// Waits until a process prints a line. From then on its namespaces are as they should be.
pub fn wait_until_ready(process: &mut Child) {
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
}
