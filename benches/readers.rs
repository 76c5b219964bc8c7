//! What each kind of reader takes for true, session by session, and where that is not what must be.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::life::Session;
use crate::server::Server;
use crate::world::World;

/// A state in a word, by session.
type Words = BTreeMap<String, String>;

/// What is not as it must be.
#[derive(Default)]
pub struct Faults {
    /// A reader knows nothing of the session.
    pub lost: Vec<String>,
    /// A reader says something that cannot be.
    pub wrong: Vec<String>,
}

impl Faults {
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.wrong.is_empty()
    }
}

/// Asks every reader of every session.
pub fn compare(sessions: &[Session], world: &World, server: &Server) -> Faults {
    let mut faults = Faults::default();
    let readers = [
        ("the files alone", files_alone(&world.spool())),
        ("sessions --all --json", listed(&world.home)),
        ("GET /sessions", served(server)),
    ];
    for (reader, words) in readers {
        for Session { id, possible, .. } in sessions {
            match words.get(id) {
                None => faults.lost.push(format!("{id}: {reader} says nothing, not {possible:?}")),
                Some(said) if !possible.allows(said) => {
                    faults.wrong.push(format!("{id}: {reader} says {said}, not {possible:?}"));
                }
                Some(_) => {}
            }
        }
    }
    faults
}

/// By priority: ended, permission, stop, working.
fn files_alone(spool: &Path) -> Words {
    let names: Vec<_> = names(spool).into_iter().filter(|name| !name.starts_with('.')).collect();
    let mut words = Words::new();
    for (kind, word) in [("working", "working"), ("stop", "waiting"), ("permission", "permission"), ("ended", "ended")]
    {
        let of_kind = names.iter().filter_map(|name| name.strip_suffix(".json")?.strip_suffix(kind)?.strip_suffix('.'));
        words.extend(of_kind.map(|id| (id.to_owned(), word.to_owned())));
    }
    words
}

fn listed(home: &Path) -> Words {
    let mut list = Command::new(env!("CARGO_BIN_EXE_sessions"));
    let output = list.args(["--all", "--json"]).env("CLAUDE_CONFIG_DIR", home).output().expect("it starts");
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).expect("an array");
    list.iter().filter_map(|session| word(&session["sessionId"], session)).collect()
}

fn served(server: &Server) -> Words {
    let messages: Vec<Value> = serde_json::from_str(&server.sessions()).expect("an array");
    let mut words = Words::new();
    for message in messages {
        let key = message["key"].as_str().unwrap_or_default();
        match word(&message["key"], &message["value"]) {
            Some((id, word)) => _ = words.insert(id, word),
            None => _ = words.remove(key),
        }
    }
    words
}

fn word(id: &Value, session: &Value) -> Option<(String, String)> {
    Some((id.as_str()?.to_owned(), session["state"].as_str()?.to_owned()))
}

/// The names in the spool.
fn names(spool: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(spool).expect("the spool").flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The temporary files that are left.
pub fn temporaries(spool: &Path) -> usize {
    names(spool).iter().filter(|name| name.starts_with('.')).count()
}
