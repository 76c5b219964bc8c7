//! The command lines that continue a session.

use session_signals_reader::Session;

use crate::terminals::terminal_command::quote;

/// Returns the command that continues a session. It must be run in the directory of the session.
pub fn resume(session: &Session) -> String {
    format!("claude --resume {}", quote(&session.session_id))
}

/// Returns the command line that continues a session in its directory, whatever the current one is.
pub fn resume_there(session: &Session) -> String {
    match session.cwd.as_ref().and_then(|cwd| cwd.to_str()) {
        Some(cwd) => format!("cd {} && {}", quote(cwd), resume(session)),
        None => resume(session),
    }
}

/// Returns the command line that continues a session of another machine: a shell there runs it in the directory of the session.
pub fn resume_by_ssh(session: &Session, machine: &str) -> String {
    format!("ssh -t {} {}", quote(machine), quote(&resume_there(session)))
}
