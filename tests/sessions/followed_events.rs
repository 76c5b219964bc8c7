//! A program that follows `sessions events --json`, and knows the state of each session from it alone.

use std::collections::BTreeMap;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

use super::events::start_events;
use super::list;
use crate::sandbox::Sandbox;
use crate::serve::server::becomes_true;

/// The state of each open session. The program that it follows is ended when the value is dropped.
pub struct FollowedEvents {
    process: Child,
    states: Arc<Mutex<BTreeMap<String, String>>>,
}

impl FollowedEvents {
    pub fn start(sandbox: &Sandbox) -> Self {
        let (process, lines) = start_events(sandbox, &[]);
        let states = Arc::new(Mutex::new(BTreeMap::new()));
        let written = Arc::clone(&states);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).unwrap();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (id, state) = (text(&line["key"]), text(&line["value"]["state"]));
                let mut states = written.lock().unwrap();
                if state.is_empty() || state == "ended" {
                    states.remove(&id)
                } else {
                    states.insert(id, state)
                };
            }
        });
        Self { process, states }
    }

    /// Waits until it knows the same sessions and states as `sessions`.
    #[track_caller]
    pub fn assert_agree(&self, sandbox: &Sandbox, situation: &str) {
        let mut listed = BTreeMap::new();
        let agree = becomes_true(|| {
            let text = |session: &Value, name: &str| session[name].as_str().unwrap().to_owned();
            let sessions = list::json(sandbox, &[]);
            listed = sessions.iter().map(|session| (text(session, "sessionId"), text(session, "state"))).collect();
            *self.states.lock().unwrap() == listed
        });
        assert!(agree, "{situation}: {:?}, but `sessions` lists {listed:?}", self.states.lock().unwrap());
    }
}

impl Drop for FollowedEvents {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
