//! `sessions events`: prints a line for each change of a session.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Write as _};
use std::ops::ControlFlow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::command_line::EventsOptions;
use crate::environment;
use crate::model::{ConversationReading, Rounds, SessionChange, SessionModel, SessionSink};
use crate::remote::{MARK, end_connections};
use crate::wait_for_descriptor::wait_until_unread;

/// Prints the sessions that exist, and then each change, until the reader goes away or a signal ends the program.
///
/// # Errors
/// If the environment names no configuration directory, the files cannot be watched, or standard output cannot be written to.
pub fn print_events(options: &EventsOptions) -> io::Result<()> {
    let printer = EventPrinter { is_all: options.all, printed: HashMap::new() };
    // A directory that does not exist is waited for: a machine on which Claude Code has never run has no sessions.
    let mut model = SessionModel::new(&environment::config_dir()?, printer, Rounds::WhenNeeded)?;
    options.machines.disconnect_by_signal()?;
    model.follow_machines(&options.machines, options.all)?;
    end_with_reader();
    if let ControlFlow::Break(error) = model.publish_all() {
        return Err(error);
    }
    if options.mark {
        writeln!(io::stdout(), "{MARK}")?;
    }
    model.run_model().map_or(Ok(()), Err)
}

/// Ends the program when nobody can read standard output any more. Otherwise it would notice that only at the next change.
fn end_with_reader() {
    std::thread::spawn(|| {
        wait_until_unread(&rustix::stdio::stdout());
        end_connections();
        std::process::exit(0);
    });
}

/// One line: a message like those of the stream of `sessions serve`.
#[derive(Serialize)]
struct EventLine<'a> {
    r#type: &'static str,
    key: &'a str,
    value: Option<&'a RawValue>,
    headers: EventHeaders,
}

#[derive(Serialize)]
struct EventHeaders {
    operation: &'static str,
}

/// Prints what changed.
struct EventPrinter {
    /// Whether sessions are printed that had ended before.
    is_all: bool,
    /// The JSON of each session as it was printed last.
    printed: HashMap<String, Box<RawValue>>,
}

impl EventPrinter {
    fn print_changes(&mut self, changes: Vec<SessionChange>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (id, session) in changes {
            // A session that ended is printed only if it was seen open.
            let session = session.filter(|session| self.is_all || session.is_open() || self.printed.contains_key(&id));
            let json = session.map(|session| serde_json::value::to_raw_value(&session)).transpose()?;
            let line = |operation, value| {
                let headers = EventHeaders { operation };
                serde_json::to_string(&EventLine { r#type: "session", key: &id, value, headers })
            };
            let text = match (json, self.printed.entry(id.clone())) {
                (Some(json), Entry::Vacant(entry)) => line("insert", Some(entry.insert(json)))?,
                (Some(json), Entry::Occupied(entry)) if entry.get().get() == json.get() => continue,
                (Some(json), Entry::Occupied(mut entry)) => {
                    entry.insert(json);
                    line("update", Some(entry.get()))?
                }
                (None, Entry::Occupied(entry)) => {
                    entry.remove();
                    line("delete", None)?
                }
                (None, Entry::Vacant(_)) => continue,
            };
            writeln!(out, "{text}")?;
        }
        out.flush()
    }
}

impl SessionSink for EventPrinter {
    type Stop = io::Error;

    fn conversation_reading(&self) -> ConversationReading {
        if self.is_all { ConversationReading::AtOnce } else { ConversationReading::OfOpenSessions }
    }

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<io::Error> {
        match self.print_changes(changes) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}
