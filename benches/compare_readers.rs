//! Compares what each kind of reader says of every session with what the reference model allows.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::server_process::ServerProcess;
use crate::signal_files::signal_dir;
use crate::simulated_session::SimulatedSession;

/// The state of each session in one word, by session id.
type States = BTreeMap<String, String>;

/// Where a reader and the model differ.
#[derive(Default)]
pub struct Mismatches {
    /// A reader does not know the session.
    pub lost: Vec<String>,
    /// A reader says a state that the model does not allow.
    pub wrong: Vec<String>,
}

impl Mismatches {
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.wrong.is_empty()
    }
}

/// Asks the three readers and compares: the files alone, `sessions --all --json`, and `GET /sessions`.
pub fn compare_readers(sessions: &[SimulatedSession], sandbox: &Sandbox, server: &ServerProcess) -> Mismatches {
    let mut mismatches = Mismatches::default();
    let readers = [
        ("the files alone", states_from_files(&sandbox.config_dir)),
        ("sessions --all --json", states_from_list(&sandbox.config_dir)),
        ("GET /sessions", states_from_server(server)),
    ];
    for (reader, states) in readers {
        for SimulatedSession { id, possible, .. } in sessions {
            match states.get(id) {
                None => mismatches.lost.push(format!("{id}: {reader} says nothing, not {possible:?}")),
                Some(state) if !possible.allows(state) => {
                    mismatches.wrong.push(format!("{id}: {reader} says {state}, not {possible:?}"));
                }
                Some(_) => {}
            }
        }
    }
    mismatches
}

/// Reads only the names of the files. The strongest signal counts: ended, permission, stop, working.
fn states_from_files(config_dir: &Path) -> States {
    let names: Vec<_> = file_names(config_dir).into_iter().filter(|name| !name.starts_with('.')).collect();
    let mut states = States::new();
    for (kind, state) in [("working", "working"), ("stop", "waiting"), ("permission", "permission"), ("ended", "ended")]
    {
        let of_kind = names.iter().filter_map(|name| name.strip_suffix(".json")?.strip_suffix(kind)?.strip_suffix('.'));
        states.extend(of_kind.map(|id| (id.to_owned(), state.to_owned())));
    }
    states
}

fn states_from_list(config_dir: &Path) -> States {
    let mut list = Command::new(env!("CARGO_BIN_EXE_sessions"));
    let output = list.args(["--all", "--json"]).env("CLAUDE_CONFIG_DIR", config_dir).output().expect("it starts");
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("an array");
    list.iter().filter_map(|session| id_and_state(&session["sessionId"], session)).collect()
}

fn states_from_server(server: &ServerProcess) -> States {
    let messages: Vec<Value> = serde_json::from_str(&server.get_sessions()).expect("an array");
    let mut states = States::new();
    for message in messages {
        let key = message["key"].as_str().unwrap_or_default();
        match id_and_state(&message["key"], &message["value"]) {
            Some((id, state)) => _ = states.insert(id, state),
            None => _ = states.remove(key),
        }
    }
    states
}

fn id_and_state(id: &Value, session: &Value) -> Option<(String, String)> {
    Some((id.as_str()?.to_owned(), session["state"].as_str()?.to_owned()))
}

/// Returns how many temporary files are in the signal directory.
pub fn count_temporaries(config_dir: &Path) -> usize {
    file_names(config_dir).iter().filter(|name| name.starts_with('.')).count()
}

fn file_names(config_dir: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(signal_dir(config_dir)).expect("the signal directory").flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
