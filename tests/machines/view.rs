//! What the reader shows, compared with what each machine shows itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use session_signals_cli::wait_until;

use super::machine::Machine;

/// How long the machines may take to agree again after a fault is over. The longest pause of a publisher is 5 s.
const LIMIT: Duration = Duration::from_secs(90);

/// The sessions of all machines by their names and ids. A session that is listed twice is an error.
pub type View = BTreeMap<(String, String), Value>;

/// Returns these sessions by their keys. Those without a machine are of this one.
pub fn view_of(sessions: Vec<Value>, own_name: Option<&str>) -> View {
    let mut view = View::new();
    for mut session in sessions {
        let name = session["machine"].as_str().or(own_name).expect("the name of a machine").to_owned();
        let id = session["sessionId"].as_str().unwrap().to_owned();
        // Only readers of other machines know it.
        session.as_object_mut().unwrap().remove("machine");
        assert!(view.insert((name.clone(), id.clone()), session).is_none(), "{id} of {name} is listed twice");
    }
    view
}

/// Returns what each of these machines lists of itself.
pub fn own_views(machines: &[Machine]) -> View {
    machines.iter().flat_map(|machine| view_of(machine.read_sessions(&["--all"]).0, Some(machine.name))).collect()
}

/// Returns what the reader lists with these options, and what it says of machines and servers that it cannot read.
pub fn read_view(reader: &Machine, options: &[&str]) -> (View, String) {
    let (sessions, errors) = reader.read_sessions(&[&["--all"], options].concat());
    (view_of(sessions, Some(reader.name)), errors)
}

/// Waits until the reader lists exactly what the machines list of themselves, and returns how long that took.
#[track_caller]
pub fn wait_until_agreed(what: &str, reader: &Machine, options: &[&str], machines: &[Machine]) -> Duration {
    let start = Instant::now();
    let (mut own, mut read, mut errors) = (View::new(), View::new(), String::new());
    let agrees = wait_until(LIMIT, Duration::from_millis(50), || {
        own = own_views(machines);
        (read, errors) = read_view(reader, options);
        (own == read && errors.is_empty()).then_some(())
    });
    if agrees.is_none() {
        let differs = |key: &&(String, String)| own.get(*key) != read.get(*key);
        for key in own.keys().chain(read.keys()).filter(differs) {
            println!("{key:?}\n{:#?}\n{:#?}", own.get(key), read.get(key));
        }
        panic!("after {what}: the reader does not agree. {errors}");
    }
    println!("{what}: agreed after {:?}, {} sessions", start.elapsed(), own.len());
    start.elapsed()
}

/// Returns the states in which the reader shows the sessions of a machine.
pub fn states_of(reader: &Machine, options: &[&str], name: &str) -> Vec<String> {
    let (view, _) = read_view(reader, options);
    let of_machine = view.iter().filter(|((machine, _), _)| machine == name);
    of_machine.map(|(_, session)| session["state"].as_str().unwrap().to_owned()).collect()
}

/// Returns what the server on the reader's machine serves.
pub fn served_view(reader: &Machine) -> View {
    let output = reader.command("curl").args(["-sf", "http://127.0.0.1:4450/sessions"]).output().unwrap();
    let messages: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let values = messages.into_iter().map(|mut message| message["value"].take()).collect();
    view_of(values, Some(reader.name))
}
