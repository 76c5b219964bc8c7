//! What the server does with what the model finds out: it publishes the sessions, and repairs their files.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_reader::{Evidence, SignalDir};

use super::feed::Feed;
use super::upkeep::Repairer;
use crate::model::{SessionChange, SessionSink};

/// Publishes to the feed.
pub struct PublishedSessions {
    feed: Arc<Feed>,
    repairer: Repairer,
}

impl PublishedSessions {
    /// Publishes to this feed.
    pub fn new(feed: Arc<Feed>) -> Self {
        Self { feed, repairer: Repairer::default() }
    }
}

impl SessionSink for PublishedSessions {
    type Stop = Infallible;

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<Infallible> {
        let to_json = |session| serde_json::to_string(&session).ok();
        self.feed.publish(changes.into_iter().map(|(id, session)| (id, session.and_then(to_json))));
        ControlFlow::Continue(())
    }

    fn look_at_evidence(&mut self, signal_dir: &SignalDir, session: &str, evidence: &Evidence) {
        self.repairer.repair_session(signal_dir, session, evidence, SystemTime::now());
    }
}
