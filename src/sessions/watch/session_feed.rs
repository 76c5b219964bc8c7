//! Follows the sessions in a thread of its own, and sends every change to the thread that draws.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::WatchEvent;
use crate::command_line::ListOptions;
use crate::model::{ConversationReading, Rounds, SessionChange, SessionModel, SessionSink};

/// How often the branches are read again although nothing changes: no file that is watched changes when a branch is switched.
const BRANCH_INTERVAL: Duration = Duration::from_secs(10);

/// Sends the changes. It stops when nobody receives them any more.
struct SessionFeed {
    sender: Sender<WatchEvent>,
    /// When the branches are read again; `None` without a session.
    next_branches: Option<Instant>,
    /// The ids of the open sessions.
    open: HashSet<String>,
    /// What cannot be read now.
    unreadable: BTreeSet<String>,
}

/// Starts the thread. Returns when the files are watched.
///
/// # Errors
/// If the configuration directory does not exist, or the files cannot be watched.
pub fn start_feed(options: &ListOptions, sender: Sender<WatchEvent>) -> io::Result<()> {
    let config_dir = options.machines.config_dir()?;
    let (machines, is_all) = (options.machines.clone(), options.all);
    let (started, is_started) = channel();
    let follow = move || {
        let feed = SessionFeed::new(sender.clone());
        let model = SessionModel::new(&config_dir, feed, Rounds::WhenNeeded);
        let model = model.and_then(|mut model| model.follow_machines(&machines, is_all).map(|()| model));
        let mut model = match model {
            Ok(model) => model,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        let _ = started.send(Ok(()));
        if model.publish_all().is_continue() {
            model.run_model();
        }
        let _ = sender.send(WatchEvent::FeedEnded);
    };
    std::thread::Builder::new().name("sessions".to_owned()).spawn(follow)?;
    is_started.recv().unwrap_or_else(|_| Err(io::Error::other("the sessions cannot be read")))
}

impl SessionFeed {
    fn new(sender: Sender<WatchEvent>) -> Self {
        Self { sender, next_branches: None, open: HashSet::new(), unreadable: BTreeSet::new() }
    }

    fn send(&self, event: WatchEvent) -> ControlFlow<()> {
        if self.sender.send(event).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn plan_branches(&mut self) {
        self.next_branches = (!self.open.is_empty()).then(|| Instant::now() + BRANCH_INTERVAL);
    }
}

impl SessionSink for SessionFeed {
    type Stop = ();

    fn conversation_reading(&self) -> ConversationReading {
        ConversationReading::Never
    }

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<()> {
        for (id, session) in &changes {
            // Only the branches of this machine are read here.
            if session.as_ref().is_some_and(|session| session.is_open() && session.machine.is_none()) {
                self.open.insert(id.clone());
            } else {
                self.open.remove(id);
            }
        }
        self.plan_branches();
        self.send(WatchEvent::Sessions(changes))
    }

    fn next_wakeup(&self) -> Option<Instant> {
        self.next_branches
    }

    /// The model starts a round before it calls this, and the round reads the branches.
    fn wake_up(&mut self, _now: Instant) -> ControlFlow<()> {
        self.plan_branches();
        ControlFlow::Continue(())
    }

    /// What cannot be read is on the screen already. The rest is about the watching.
    fn report_failure(&mut self, sentence: &str) {
        if !self.unreadable.contains(sentence) {
            let _ = self.send(WatchEvent::Notice(sentence.to_owned()));
        }
    }

    fn set_failures(&mut self, sentences: &BTreeSet<String>) {
        self.unreadable.clone_from(sentences);
        let _ = self.send(WatchEvent::Failures(sentences.iter().cloned().collect()));
    }
}
