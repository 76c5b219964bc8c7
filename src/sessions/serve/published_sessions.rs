//! What the server does with what the model finds out: it passes the sessions on, and repairs their files.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_reader::{Evidence, SignalDir};

use super::feed::Feed;
use super::upkeep::Repairer;
use crate::bucket::Publisher;
use crate::model::{ConversationReading, SessionChange, SessionSink};
use crate::notify::Notifier;

/// Publishes to the feed.
pub struct PublishedSessions {
    feed: Arc<Feed>,
    repairer: Repairer,
    notifier: Option<Notifier>,
    publisher: Option<Publisher>,
}

impl PublishedSessions {
    /// Publishes to this feed, and tells the notifier and the publisher to other machines, if there are any.
    pub fn new(feed: Arc<Feed>, notifier: Option<Notifier>, publisher: Option<Publisher>) -> Self {
        Self { feed, repairer: Repairer::default(), notifier, publisher }
    }
}

impl SessionSink for PublishedSessions {
    type Stop = Infallible;

    fn conversation_reading(&self) -> ConversationReading {
        ConversationReading::OfEndedSessionsLater
    }

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<Infallible> {
        if let Some(notifier) = &self.notifier {
            notifier.observe(&changes);
        }
        if let Some(publisher) = &self.publisher {
            publisher.observe(&changes);
        }
        let to_json = |session| serde_json::to_string(&session).ok();
        self.feed.publish(changes.into_iter().map(|(id, session)| (id, session.and_then(to_json))));
        ControlFlow::Continue(())
    }

    fn look_at_evidence(&mut self, signal_dir: &SignalDir, session: &str, evidence: &Evidence) {
        self.repairer.repair_session(signal_dir, session, evidence, SystemTime::now());
    }
}
