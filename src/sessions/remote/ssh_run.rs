//! How `ssh` is run, and how its failures are described.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::remote_command::{NOT_INSTALLED, remote_command};
use super::ssh_output::SshOutput;
use super::ssh_target::SshTarget;
use crate::display_text::{make_harmless, truncate};
use crate::program_command::program_command;

/// The options of each run. Everything else is as the user's configuration of ssh says, also `ControlMaster`.
///
/// Nothing asks the user: a prompt would be lost among other lines. Nothing of this machine is made available there.
const OPTIONS: [&str; 7] = [
    "BatchMode=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "ConnectTimeout=10",
    // A machine that is gone is noticed after 45 seconds.
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
];

/// The exit code of ssh if it could not connect, or lost the connection.
const SSH_FAILED: i32 = 255;

/// The exit code of the shell if there is no such program.
const NOT_FOUND: i32 = 127;

/// The exit code of `sessions` if it has printed what it could read, and could not read everything.
const NOT_ALL_READ: i32 = session_signals_cli::ExitStatus::Failure as i32;

/// The most columns of an error that are shown.
const MAX_ERROR_WIDTH: usize = 200;

/// Starts `sessions` with these arguments on a machine. The error is a sentence.
pub fn start_ssh(target: &SshTarget, arguments: &str) -> Result<(Child, SshOutput), String> {
    let failed = |error: io::Error| format!("{}: ssh cannot be run: {error}", make_harmless(target.as_str()));
    let mut ssh = ssh_command(target, arguments).spawn().map_err(failed)?;
    match SshOutput::new(&mut ssh) {
        Ok(output) => Ok((ssh, output)),
        Err(error) => {
            let _ = ssh.kill();
            let _ = ssh.wait();
            Err(failed(error))
        }
    }
}

fn ssh_command(target: &SshTarget, arguments: &str) -> Command {
    // The user's configuration of ssh may send variables to the machine.
    let mut ssh = program_command("ssh");
    ssh.arg("-T");
    for option in OPTIONS {
        ssh.args(["-o", option]);
    }
    ssh.args(["--", target.as_str(), &remote_command(arguments)]);
    ssh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    ssh
}

/// Describes what `sessions` could not read on the machine, if it has printed the rest. The last line is one of its reasons.
pub fn describe_gap(target: &SshTarget, status: &io::Result<ExitStatus>, stderr: &str) -> Option<String> {
    // Any other status is that of a connection that was ended after everything was printed.
    let has_gap = status.as_ref().is_ok_and(|status| status.code() == Some(NOT_ALL_READ));
    let reason = stderr.lines().rev().find_map(|line| line.trim().strip_prefix("sessions: ")).filter(|_| has_gap)?;
    let reason = truncate(&make_harmless(reason), MAX_ERROR_WIDTH);
    Some(format!("{}: not everything could be read there: {reason}", make_harmless(target.as_str())))
}

/// Describes how a run failed.
pub fn describe_failure(target: &SshTarget, status: &io::Result<ExitStatus>, stderr: &str) -> String {
    let target = make_harmless(target.as_str());
    let Ok(status) = status else { return format!("{target}: the connection has ended") };
    // The last line says why. Lines before it may be a banner or a warning.
    let line = stderr.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let line = truncate(&make_harmless(line), MAX_ERROR_WIDTH);
    match status.code() {
        Some(NOT_FOUND) if line == NOT_INSTALLED => {
            format!("{target}: session-signals is not installed there, or not where installations put it")
        }
        Some(SSH_FAILED) => format!("{target}: {line}"),
        _ if line.is_empty() => format!("{target}: sessions failed there ({status})"),
        _ => format!("{target}: sessions failed there: {line}"),
    }
}
