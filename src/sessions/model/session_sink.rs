//! Who is told what the model finds out.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::time::Instant;

use super::conversation_reading::ConversationReading;
use session_signals_reader::{Evidence, Session, SignalDir};

/// The [key](Session::key) of a session, and the session as it is now; `None` if nothing is known of it any more. The key of a
/// session of this machine is its id.
pub type SessionChange = (String, Option<Session>);

/// Gets the changes of sessions.
pub trait SessionSink {
    /// What the sink returns when it wants no more changes.
    type Stop;

    /// Gets sessions that may have changed. The first call has all sessions of this machine.
    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<Self::Stop>;

    /// Returns when the sink wants what the transcripts show of the conversations. The model asks once.
    fn conversation_reading(&self) -> ConversationReading {
        ConversationReading::OfOpenSessions
    }

    /// Returns when [`wake_up`](Self::wake_up) must be called although nothing changes.
    fn next_wakeup(&self) -> Option<Instant> {
        None
    }

    /// Is called at the time that [`next_wakeup`](Self::next_wakeup) names, or later.
    fn wake_up(&mut self, _now: Instant) -> ControlFlow<Self::Stop> {
        ControlFlow::Continue(())
    }

    /// Gets the evidence of a session that time alone may change, after the session was published. Files may be repaired by it.
    fn look_at_evidence(&mut self, _signal_dir: &SignalDir, _session: &str, _evidence: &Evidence) {}

    /// Gets a sentence that says which file or machine could not be read or watched. The sentence is harmless for a terminal.
    fn report_failure(&mut self, sentence: &str) {
        // If standard error cannot be written to, nobody can be told.
        let _ = writeln!(io::stderr(), "sessions: {sentence}");
    }

    /// Gets all that cannot be read now, whenever that changes. The sentences are harmless for a terminal.
    fn set_failures(&mut self, _sentences: &BTreeSet<String>) {}
}
