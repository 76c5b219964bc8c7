//! A session of another machine.

use session_signals_reader::Session;

use super::ssh_target::SshTarget;

/// Takes what is printed about a session on another machine. The error is a sentence.
pub fn parse_session(target: &SshTarget, json: &serde_json::value::RawValue) -> Result<Session, String> {
    let mut session: Session = serde_json::from_str(json.get())
        .map_err(|error| format!("{target}: sessions prints something else there: another version? ({error})"))?;
    session.machine = Some(target.as_str().to_owned());
    Ok(session)
}
