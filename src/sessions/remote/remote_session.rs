//! What another machine prints about its sessions.
//!
//! A machine can print anything. The id of a session becomes a part of keys, which are written into the stream and into a file as they
//! are, so it is checked. The name of the machine is the one that the user has typed. All other text is made harmless where it is
//! shown, as that of this machine is.

use serde::Deserialize;
use serde_json::value::RawValue;
use session_signals_protocol::session_id::is_session_id;
use session_signals_reader::Session;

use super::ssh_target::SshTarget;
use crate::model::SessionChange;

/// Takes what is printed about a session on another machine. The error is a sentence.
pub fn parse_session(target: &SshTarget, json: &RawValue) -> Result<Session, String> {
    let mut session: Session = serde_json::from_str(json.get()).map_err(|error| not_understood(target, &error))?;
    check_id(target, &session.session_id)?;
    session.machine = Some(target.as_str().to_owned());
    Ok(session)
}

/// Takes a line that `sessions events` prints there about a session. The error is a sentence.
pub fn parse_change(target: &SshTarget, line: &str) -> Result<SessionChange, String> {
    #[derive(Deserialize)]
    struct EventLine<'a> {
        key: String,
        #[serde(borrow)]
        value: Option<&'a RawValue>,
    }
    let line: EventLine<'_> = serde_json::from_str(line).map_err(|error| not_understood(target, &error))?;
    if let Some(json) = line.value {
        let session = parse_session(target, json)?;
        return Ok((session.key(), Some(session)));
    }
    check_id(target, &line.key)?;
    Ok((format!("{target}:{}", line.key), None))
}

fn check_id(target: &SshTarget, id: &str) -> Result<(), String> {
    if is_session_id(id.as_bytes()) { Ok(()) } else { Err(not_understood(target, &format!("{id:?} is no session id"))) }
}

fn not_understood(target: &SshTarget, why: &dyn std::fmt::Display) -> String {
    format!("{target}: sessions prints something else there: another version? ({why})")
}
