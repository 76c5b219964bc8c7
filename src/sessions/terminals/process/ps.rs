//! What `ps` tells of a process. It may ask for the processes of all users.

use std::process::Stdio;

use crate::program_command::program_command;

/// Asks `ps` for one column of a process.
pub fn ask_ps(pid: u32, column: &str) -> Option<String> {
    let mut ps = program_command("/bin/ps");
    ps.args(["-o", &format!("{column}="), "-p", &pid.to_string()]).stdin(Stdio::null()).stderr(Stdio::null());
    let output = ps.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Some(text).filter(|text| !text.is_empty())
}
