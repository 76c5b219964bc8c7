//! The thread that calls the user.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Instant, SystemTime};

use session_signals_reader::{Session, SessionState};

use super::desktop::DesktopNotices;
use super::exec_program::ExecProgram;
use super::focus::has_focus;
use super::need::Need;
use super::notice::Notice;
use super::notice_board::{NoticeAction, NoticeBoard};
use super::{NoticeText, NotifyTarget};
use crate::command_line::NoticeOptions;
use crate::distinct::distinct;
use crate::environment;
use crate::model::SessionChange;

/// What was seen of a session.
enum Observation {
    NeedsUser(Box<Session>),
    NeedsNobody,
    Gone,
}

/// Passes what changes on to the thread that calls the user.
pub struct Notifier(Sender<Vec<(String, Observation)>>);

impl Notifier {
    /// Starts the thread. In the foreground, each notice is also printed.
    ///
    /// # Errors
    /// If the bell is wanted and there is no terminal, or if a thread cannot be started.
    pub fn start(targets: &[NotifyTarget], options: &NoticeOptions, is_foreground: bool) -> io::Result<Self> {
        let mut deliveries = Vec::new();
        // Who names a target twice is called once.
        for target in distinct(targets) {
            deliveries.push(match target {
                NotifyTarget::Bell if !environment::is_terminal_output() => {
                    return Err(io::Error::other("the bell needs a terminal, and standard output is none"));
                }
                NotifyTarget::Bell => Delivery::Bell,
                NotifyTarget::Desktop => Delivery::Desktop(DesktopNotices::new()?),
                NotifyTarget::Exec(words) => Delivery::Exec(ExecProgram::start(words.clone())?),
            });
        }
        if is_foreground {
            deliveries.push(Delivery::Lines(HashMap::new()));
        }
        let (sender, observations) = channel();
        let worker = NotifierWorker {
            board: NoticeBoard::new(options.after),
            sessions: HashMap::new(),
            text: options.notify_text,
            deliveries,
        };
        std::thread::Builder::new().name("notifier".to_owned()).spawn(move || worker.run(&observations))?;
        Ok(Self(sender))
    }

    /// Takes sessions that may have changed. Waits for nothing.
    pub fn observe(&self, changes: &[SessionChange]) {
        // While a machine cannot be reached, nothing is known of the needs of its sessions. When it is back, a need that lasts is no
        // new one.
        let is_known = |session: &Option<Session>| {
            session.as_ref().is_none_or(|session| session.state != SessionState::Unreachable)
        };
        let known = changes.iter().filter(|(_, session)| is_known(session));
        let observe = |session: &Option<Session>| match session {
            None => Observation::Gone,
            Some(session) if session.needs_user() => Observation::NeedsUser(Box::new(session.clone())),
            Some(_) => Observation::NeedsNobody,
        };
        // It fails only if the thread has panicked, which ends the program.
        let _ = self.0.send(known.map(|(id, session)| (id.clone(), observe(session))).collect());
    }
}

/// Where notices go.
enum Delivery {
    Desktop(DesktopNotices),
    Bell,
    Exec(ExecProgram),
    /// Lines on standard output, and the titles of the notices that are not over.
    Lines(HashMap<u64, String>),
}

impl Delivery {
    fn call(&mut self, notice: &Notice) {
        match self {
            Self::Desktop(desktop) => desktop.show(notice),
            Self::Bell => print("\u{7}"),
            Self::Exec(program) => program.run(&notice.json),
            Self::Lines(titles) => {
                titles.insert(notice.number, notice.title.clone());
                print(&format!("{}\n", notice.line()));
            }
        }
    }

    fn withdraw(&mut self, number: u64) {
        match self {
            Self::Desktop(desktop) => desktop.withdraw(number),
            Self::Bell => {}
            Self::Exec(program) => program.run(&Notice::over_json(number)),
            Self::Lines(titles) => {
                if let Some(title) = titles.remove(&number) {
                    print(&format!("✓ over: {title}\n"));
                }
            }
        }
    }
}

/// Prints on standard output. If nobody reads it, the other deliveries still work.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What the thread has.
struct NotifierWorker {
    board: NoticeBoard,
    /// The sessions that need the user, as they were seen last.
    sessions: HashMap<String, Session>,
    text: NoticeText,
    deliveries: Vec<Delivery>,
}

impl NotifierWorker {
    /// Runs until the sender is gone.
    fn run(mut self, observations: &Receiver<Vec<(String, Observation)>>) {
        loop {
            let received = match self.board.next_wakeup() {
                None => observations.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wakeup) => observations.recv_timeout(wakeup.saturating_duration_since(Instant::now())),
            };
            match received {
                // What has come meanwhile counts, too: it may be that a need is over.
                Ok(batch) => std::iter::once(batch).chain(observations.try_iter()).flatten().for_each(|(id, seen)| {
                    self.observe(id, seen);
                }),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.act();
        }
    }

    fn observe(&mut self, id: String, seen: Observation) {
        let (now, wall) = (Instant::now(), SystemTime::now());
        match seen {
            Observation::NeedsUser(session) => {
                self.board.observe(&id, Need::of_session(&session), now, wall);
                self.sessions.insert(id, *session);
            }
            Observation::NeedsNobody => {
                self.board.observe(&id, None, now, wall);
                self.sessions.remove(&id);
            }
            Observation::Gone => {
                self.board.forget(&id);
                self.sessions.remove(&id);
            }
        }
    }

    /// Does what the board decides.
    fn act(&mut self) {
        let sessions = &self.sessions;
        let mut is_seen = |id: &str| sessions.get(id).is_some_and(has_focus);
        let actions = self.board.decide(Instant::now(), SystemTime::now(), &mut is_seen);
        for action in actions {
            match action {
                NoticeAction::Withdraw { number } => {
                    self.deliveries.iter_mut().for_each(|delivery| delivery.withdraw(number));
                }
                NoticeAction::Call { number, sessions } => {
                    let sessions: Vec<_> = sessions.iter().filter_map(|id| self.sessions.get(id).cloned()).collect();
                    if sessions.is_empty() {
                        continue;
                    }
                    let notice = Notice::new(number, &sessions, self.text);
                    self.deliveries.iter_mut().for_each(|delivery| delivery.call(&notice));
                }
            }
        }
    }
}
