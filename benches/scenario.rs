//! One run of a candidate: what it reads, which signals are there before, and which must be there after.

use std::path::Path;

use serde_json::Value;

use crate::home_directory::HomeDirectory;

/// An event, and what it does to the signals of its session.
pub struct Scenario {
    pub session: String,
    /// What the candidate reads on stdin.
    pub payload: String,
    /// The kinds of signals before the run.
    pub before: &'static [&'static str],
    /// The kinds of signals after it.
    pub after: &'static [&'static str],
}

impl Scenario {
    /// Returns the scenario with the first recorded payload of `event`.
    pub fn from_recording(event: &str, before: &'static [&'static str], after: &'static [&'static str]) -> Self {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude-2.1.329");
        let is_of_event = |line: &(Value, String)| line.0["hook_event_name"] == event;
        for name in ["interactive", "compact", "agent"] {
            let recording = fs_err::read_to_string(fixtures.join(name).with_extension("jsonl")).unwrap();
            let mut lines = recording.lines().map(|line| (serde_json::from_str(line).unwrap(), line.to_owned()));
            if let Some((value, payload)) = lines.find(is_of_event) {
                let session = value["session_id"].as_str().unwrap().to_owned();
                return Self { session, payload, before, after };
            }
        }
        panic!("{event} is not recorded")
    }

    /// Makes the signals that are there before the run.
    pub fn prepare(&self, home: &HomeDirectory) {
        home.set_signals(&self.session, self.before, &self.payload);
    }
}
