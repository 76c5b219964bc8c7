//! The conversations of the sessions, and when each of them is read.
//!
//! The transcript of an open session is followed. There may be very many sessions that have ended, so of these nothing stays in
//! memory but a hash that tells whether something changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::conversation_backlog::ConversationBacklog;
use super::conversation_reading::ConversationReading;
use super::ended_session::{EndedSession, ReadingProgress};
use session_signals_reader::{ConversationReader, FileStamp, Session};

/// What is known of all conversations.
pub struct Conversations {
    config_dir: PathBuf,
    reading: ConversationReading,
    /// What was read of each transcript that is followed.
    readers: HashMap<String, ConversationReader>,
    /// The sessions whose conversations are read later.
    pub backlog: ConversationBacklog,
}

impl Conversations {
    /// Starts without a conversation of this configuration directory.
    pub fn new(config_dir: &Path, reading: ConversationReading) -> Self {
        let backlog = ConversationBacklog::new(Instant::now());
        Self { config_dir: config_dir.to_owned(), reading, readers: HashMap::new(), backlog }
    }

    /// Adds its conversation to a session, if it is known or must be read now. Returns whether the session must be published;
    /// `false` if it was published as it is, or will be published when its conversation is read.
    pub fn add_conversation(&mut self, session: &mut Session, ended: &mut EndedSession) -> bool {
        if self.reading == ConversationReading::Never {
            return true;
        }
        let path = session.find_transcript(&self.config_dir);
        if session.is_open() {
            *ended = EndedSession::default();
            self.follow_transcript(session, path.as_deref());
            return true;
        }
        let stamp = path.as_deref().and_then(|path| FileStamp::read(path).ok());
        let version = version_of(session, stamp);
        if ended.version == Some(version) {
            // Claude Code may write its last lines after it reported the end. Now there are no more of them.
            self.readers.remove(&session.session_id);
            ended.progress = ReadingProgress::Done;
            return false;
        }
        let is_published = ended.version.is_some();
        let must_read = match self.reading {
            ConversationReading::Never => false,
            ConversationReading::OfOpenSessions => is_published,
            ConversationReading::AtOnce => true,
            ConversationReading::OfEndedSessionsLater => ended.progress == ReadingProgress::Due,
        };
        if self.readers.contains_key(&session.session_id) {
            self.follow_transcript(session, path.as_deref());
        } else if stamp.is_some() && must_read {
            session.read_conversation(&self.config_dir);
        } else if stamp.is_some() && self.reading == ConversationReading::OfEndedSessionsLater {
            match ended.progress {
                ReadingProgress::Waiting => {}
                // The sessions that were there first may be very many.
                ReadingProgress::New => self.backlog.add_last(&session.session_id),
                ReadingProgress::Done | ReadingProgress::Due => self.backlog.add_first(&session.session_id),
            }
            ended.progress = ReadingProgress::Waiting;
            return !is_published;
        }
        *ended = EndedSession { version: Some(version), progress: ReadingProgress::Done };
        true
    }

    /// Forgets a session.
    pub fn remove(&mut self, session: &str) {
        self.readers.remove(session);
    }

    /// Reads what was appended to the transcript of a session, and adds what is known to the session.
    fn follow_transcript(&mut self, session: &mut Session, path: Option<&Path>) {
        let Some(path) = path else { return };
        if let Some(reader) = self.readers.get_mut(&session.session_id) {
            // What was read before stays true if the transcript cannot be read any more.
            let _ = reader.read_new(path);
            session.set_conversation(reader.conversation());
            return;
        }
        let mut reader = ConversationReader::default();
        if reader.read_new(path).is_ok() {
            session.set_conversation(reader.conversation());
            self.readers.insert(session.session_id.clone(), reader);
        }
    }
}

/// Returns a hash of all that is shown of a session. The stamp stands for the conversation.
fn version_of(session: &Session, stamp: Option<FileStamp>) -> NonZeroU64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(session).unwrap_or_default().hash(&mut hasher);
    stamp.hash(&mut hasher);
    NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ops::ControlFlow;
    use std::rc::Rc;
    use std::time::Duration;

    use session_signals_protocol::file_names::SIGNAL_DIR;
    use session_signals_reader::SessionFilter;

    use super::*;
    use crate::model::{Rounds, SessionChange, SessionModel, SessionSink};

    const PROMPT: &str = "{\"type\":\"user\",\"message\":{\"content\":\"Fix it\"}}\n";

    /// The id and the number of messages of each session that was published, in order.
    #[derive(Clone)]
    struct Published {
        counts: Rc<RefCell<Vec<(String, u64)>>>,
        reading: ConversationReading,
    }

    impl Published {
        fn take(&self) -> Vec<(String, u64)> {
            self.counts.take()
        }
    }

    impl SessionSink for Published {
        type Stop = std::convert::Infallible;

        fn conversation_reading(&self) -> ConversationReading {
            self.reading
        }

        fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<Self::Stop> {
            let counts = changes.into_iter().map(|(id, session)| (id, session.unwrap().dashboard.message_count));
            self.counts.borrow_mut().extend(counts);
            ControlFlow::Continue(())
        }
    }

    /// A configuration directory with a transcript, and the model of its sessions.
    struct Home {
        directory: tempfile::TempDir,
        published: Published,
    }

    impl Home {
        fn new(reading: ConversationReading) -> Self {
            let published = Published { counts: Rc::default(), reading };
            let home = Self { directory: tempfile::tempdir().unwrap(), published };
            fs_err::create_dir(home.directory.path().join(SIGNAL_DIR)).unwrap();
            fs_err::write(home.transcript(), PROMPT).unwrap();
            home
        }

        fn transcript(&self) -> PathBuf {
            self.directory.path().join("transcript.jsonl")
        }

        fn write_signal(&self, session: &str, kind: &str) {
            let (pid, transcript) = (std::process::id(), self.transcript());
            let text = format!(r#"{{"claude_pid":{pid},"transcript_path":"{}"}}"#, transcript.display());
            fs_err::write(self.directory.path().join(SIGNAL_DIR).join(format!("{session}.{kind}.json")), text).unwrap();
        }

        fn start_model(&self) -> SessionModel<Published> {
            let mut model = SessionModel::new(self.directory.path(), self.published.clone(), Rounds::Always).unwrap();
            assert!(model.publish_all().is_continue());
            model
        }
    }

    #[test]
    fn conversations_of_ended_sessions_follow_the_first_publication() {
        let home = Home::new(ConversationReading::OfEndedSessionsLater);
        home.write_signal("open", "stop");
        let ended: Vec<_> = (0..50).map(|number| format!("ended{number:02}")).collect();
        for session in &ended {
            home.write_signal(session, "ended");
        }
        let mut model = home.start_model();
        let mut expected: Vec<_> = ended.iter().map(|session| (session.clone(), 0)).collect();
        expected.push(("open".to_owned(), 1));
        assert_eq!(home.published.take(), expected);
        let mut later = Vec::new();
        while later.len() < ended.len() {
            assert!(model.wait_and_publish().is_continue());
            later.extend(home.published.take().into_iter().filter(|(session, _)| session != "open"));
        }
        assert_eq!(later, ended.iter().map(|session| (session.clone(), 1)).collect::<Vec<_>>());
        let conversations = model.known().conversations();
        assert_eq!(conversations.readers.keys().collect::<Vec<_>>(), ["open"], "no other conversation is in memory");
        assert!(conversations.backlog.wait_time(Instant::now()).is_none());
    }

    #[test]
    fn a_session_that_ended_is_published_again_only_if_it_changed() {
        let reading = ConversationReading::OfEndedSessionsLater;
        let home = Home::new(reading);
        home.write_signal("s", "stop");
        let mut known = Conversations::new(home.directory.path(), reading);
        let read = || {
            let list = session_signals_reader::read_sessions(home.directory.path(), SessionFilter::All);
            let mut session = list.sessions.into_iter().next().unwrap();
            session.dashboard = session_signals_reader::DashboardMembers::default();
            session
        };
        let mut ended = EndedSession::default();
        let mut add = |known: &mut Conversations| {
            let mut session = read();
            let is_published = known.add_conversation(&mut session, &mut ended);
            let due = known.backlog.next_session(Instant::now() + Duration::from_secs(1));
            if due.is_some() {
                ended.progress = ReadingProgress::Due;
            }
            is_published.then_some(session.dashboard.message_count)
        };
        assert_eq!(add(&mut known), Some(1));
        home.write_signal("s", "ended");
        assert_eq!(add(&mut known), Some(1), "the end is published at once, with the conversation");
        // The last lines of Claude Code come after its end.
        fs_err::write(home.transcript(), PROMPT.repeat(2)).unwrap();
        assert_eq!(add(&mut known), Some(2));
        assert_eq!(add(&mut known), None);
        assert!(known.readers.is_empty());
        // Later changes are read from the backlog, and the session is not published without its conversation.
        for count in 3..5 {
            fs_err::write(home.transcript(), PROMPT.repeat(count)).unwrap();
            assert_eq!(add(&mut known), None);
            assert_eq!(add(&mut known), Some(count as u64));
            assert_eq!(add(&mut known), None);
        }
    }

    #[test]
    fn nobody_reads_a_conversation_that_nobody_looks_at() {
        for (reading, expected) in [(ConversationReading::AtOnce, 1), (ConversationReading::OfOpenSessions, 0)] {
            let home = Home::new(reading);
            home.write_signal("s", "ended");
            let model = home.start_model();
            assert_eq!(home.published.take(), [("s".to_owned(), expected)]);
            assert!(model.known().conversations().backlog.wait_time(Instant::now()).is_none());
        }
    }
}
