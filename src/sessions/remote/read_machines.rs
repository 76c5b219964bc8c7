//! Reads the sessions of other machines once.

use std::thread;

use serde_json::value::RawValue;
use session_signals_reader::{Session, SessionFilter};

use super::remote_command::BEGIN;
use super::remote_session::parse_session;
use super::ssh_run::{describe_failure, describe_gap, start_ssh};
use super::ssh_target::SshTarget;

/// Reads the sessions of all these machines at the same time. Returns them, and a sentence for each machine that could not be
/// read, or not all of it.
pub fn read_machines(targets: &[&SshTarget], filter: SessionFilter) -> (Vec<Session>, Vec<String>) {
    let (mut sessions, mut failures) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let readers: Vec<_> = targets.iter().map(|target| scope.spawn(move || read_machine(target, filter))).collect();
        for reader in readers {
            match reader.join() {
                Ok(Ok((read, gap))) => {
                    sessions.extend(read);
                    failures.extend(gap);
                }
                Ok(Err(failure)) => failures.push(failure),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    (sessions, failures)
}

/// Reads the sessions of a machine. Also returns a sentence if the machine could not read everything.
fn read_machine(target: &SshTarget, filter: SessionFilter) -> Result<(Vec<Session>, Option<String>), String> {
    let arguments = match filter {
        SessionFilter::All => "--json --all",
        SessionFilter::Open => "--json",
    };
    let (mut ssh, mut output) = start_ssh(target, arguments)?;
    let mut printed = Vec::new();
    while output.read_more(&mut printed) {}
    let (status, errors) = output.finish(&mut ssh);
    let printed = String::from_utf8_lossy(&printed);
    let list = printed.split_once(&format!("{BEGIN}\n")).map_or("", |(_, list)| list);
    // If it could not read a file, it fails and has printed all else.
    match serde_json::from_str::<Vec<&RawValue>>(list) {
        Ok(sessions) => {
            let sessions = sessions.into_iter().map(|json| parse_session(target, json)).collect::<Result<_, _>>()?;
            Ok((sessions, describe_gap(target, &status, &errors)))
        }
        Err(_) => Err(describe_failure(target, &status, &errors)),
    }
}
