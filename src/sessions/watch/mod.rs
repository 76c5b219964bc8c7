//! `sessions --watch`: shows the list, draws it again on every change, and does what the user's keys say.

pub mod actions;
pub mod clipboard;
pub mod column_widths;
pub mod draw_frame;
mod session_feed;
mod terminal_screen;
pub mod watch_state;

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{self, Event, KeyEvent, KeyEventKind};
use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use session_signals_protocol::file_names::SIGNAL_DIR;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::command_line::ListOptions;
use crate::environment;
use crate::list::is_recent;
use crate::model::SessionChange;
use crate::remote::end_connections;
use crate::resume_command::{resume, resume_by_ssh};
use draw_frame::{ScreenContext, draw_frame, next_age_change};
use terminal_screen::TerminalScreen;
use watch_state::{WatchAction, WatchState};

/// Changes of sessions that come within this time of the first one are drawn together. A key is drawn at once.
const BATCH_WINDOW: Duration = Duration::from_millis(30);

/// What wakes the thread that draws.
enum WatchEvent {
    /// Sessions may have changed. The first such event has all sessions.
    Sessions(Vec<SessionChange>),
    /// What cannot be read now: files, and other machines.
    Failures(Vec<String>),
    /// The files are not watched any more.
    FeedEnded,
    Key(KeyEvent),
    Resize,
    /// The terminal was closed.
    TerminalClosed,
    Signal(i32),
    /// A sentence for the last row.
    Notice(String),
}

/// How the program ends.
enum Leave {
    ByUser,
    BySignal(i32),
}

/// Shows the list until the user leaves or a signal ends the program.
///
/// # Errors
/// If standard output is no terminal, the configuration directory does not exist, or it cannot be watched.
pub fn run_watch(options: &ListOptions) -> io::Result<()> {
    match Watch::start(options)?.run()? {
        // End by the signal, so that the program that sent it sees that. The terminal is restored by now.
        Leave::BySignal(signal) => {
            end_connections();
            emulate_default_handler(signal)
        }
        Leave::ByUser => Ok(()),
    }
}

struct Watch<'a> {
    options: &'a ListOptions,
    state: WatchState,
    screen: TerminalScreen,
    events: Receiver<WatchEvent>,
    /// Events that were received and not applied yet.
    received: VecDeque<WatchEvent>,
    sender: Sender<WatchEvent>,
}

impl<'a> Watch<'a> {
    fn start(options: &'a ListOptions) -> io::Result<Self> {
        let (sender, events) = channel();
        session_feed::start_feed(options, sender.clone())?;
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCONT])?;
        let screen = TerminalScreen::enter()?;
        let signal_sender = sender.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let _ = signal_sender.send(WatchEvent::Signal(signal));
            }
        });
        let key_sender = sender.clone();
        std::thread::spawn(move || read_keys(&key_sender));
        Ok(Self { options, state: WatchState::new(), screen, events, received: VecDeque::new(), sender })
    }

    fn run(mut self) -> io::Result<Leave> {
        loop {
            self.draw()?;
            self.receive_events();
            while let Some(event) = self.received.pop_front() {
                if let Some(leave) = self.apply_event(event)? {
                    return Ok(leave);
                }
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        // A terminal that does not know its size says zero.
        let size = crossterm::terminal::size().ok().filter(|(columns, rows)| *columns > 0 && *rows > 0);
        let (columns, rows) = size.unwrap_or((80, 24));
        let context = ScreenContext {
            columns: columns.into(),
            rows: rows.into(),
            is_coloured: environment::wants_colour(),
            now: SystemTime::now(),
            home: environment::home_dir(),
            // It is needed only for the hint that is shown without a session.
            has_signals: !self.state.lines().is_empty()
                || environment::config_dir().is_ok_and(|directory| directory.join(SIGNAL_DIR).exists()),
            is_all: self.options.all,
        };
        let lines = draw_frame(&mut self.state, &context);
        self.screen.draw(lines)
    }

    /// Waits for events, at most until an age on the screen changes.
    fn receive_events(&mut self) {
        let first = match next_age_change(&self.state, SystemTime::now()) {
            Some(timeout) => self.events.recv_timeout(timeout),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let Ok(first) = first else { return };
        self.received.push_back(first);
        let deadline = Instant::now() + BATCH_WINDOW;
        loop {
            self.received.extend(self.events.try_iter());
            let is_urgent = |event: &WatchEvent| !matches!(event, WatchEvent::Sessions(_) | WatchEvent::Failures(_));
            if self.received.iter().any(is_urgent) {
                return;
            }
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => self.received.push_back(event),
                Err(_) => return,
            }
        }
    }

    fn apply_event(&mut self, event: WatchEvent) -> io::Result<Option<Leave>> {
        match event {
            WatchEvent::Sessions(changes) => {
                let (is_all, now) = (self.options.all, SystemTime::now());
                self.state.apply_changes(changes, |session| session.is_open() || is_all && is_recent(session, now));
            }
            WatchEvent::Failures(failures) => self.state.set_failures(failures),
            WatchEvent::FeedEnded => return Err(io::Error::other("the files are not watched any more")),
            WatchEvent::Notice(notice) => self.state.set_notice(&notice),
            WatchEvent::Resize => self.screen.redraw(),
            WatchEvent::TerminalClosed => return Ok(Some(Leave::ByUser)),
            WatchEvent::Signal(SIGTSTP) => self.stop()?,
            WatchEvent::Signal(SIGCONT) => self.screen.enter_again()?,
            WatchEvent::Signal(signal) => return Ok(Some(Leave::BySignal(signal))),
            WatchEvent::Key(key) => match self.state.press_key(key) {
                Some(WatchAction::Leave) => return Ok(Some(Leave::ByUser)),
                Some(action) => self.run_action(action)?,
                None => {}
            },
        }
        Ok(None)
    }

    fn run_action(&mut self, action: WatchAction) -> io::Result<()> {
        match action {
            WatchAction::Leave => {}
            WatchAction::Suspend if !has_shell() => self.state.set_notice("no shell waits for this program; q leaves"),
            WatchAction::Suspend => {
                // The shell takes the terminal as soon as the group is stopped, so it is given back before that.
                self.screen.leave();
                // The whole group, because the shell may have started a script that started this program.
                kill_current_process_group(Signal::TSTP)?;
            }
            WatchAction::Jump(id) => {
                let Some(session) = self.state.session(&id).cloned() else { return Ok(()) };
                self.run_beside("jumping …", move || actions::jump_to(&session));
            }
            WatchAction::Copy(id) => {
                let Some(session) = self.state.session(&id) else { return Ok(()) };
                let command = match &session.machine {
                    None => resume(session),
                    Some(machine) => resume_by_ssh(session, machine),
                };
                clipboard::copy_text(&command, environment::is_in_tmux())?;
                self.state.set_notice(&format!("copied: {command}"));
            }
            WatchAction::OpenPage => {
                let opener = environment::page_opener();
                self.run_beside("opening the page …", move || actions::open_page(actions::PAGE_PORT, opener));
            }
        }
        Ok(())
    }

    /// Runs what may take long in a thread of its own. Its result becomes the notice.
    fn run_beside(&mut self, notice: &str, action: impl FnOnce() -> String + Send + 'static) {
        self.state.set_notice(notice);
        let sender = self.sender.clone();
        std::thread::spawn(move || sender.send(WatchEvent::Notice(action())));
    }

    /// Stops the program, as the signal does it by default. The signal SIGCONT lets it go on.
    fn stop(&mut self) -> io::Result<()> {
        if !has_shell() {
            return Ok(());
        }
        self.screen.leave();
        emulate_default_handler(SIGTSTP)
    }
}

/// Returns whether a shell with job control started the program. Without one, nobody could let the program go on.
fn has_shell() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Turns key presses and changes of the terminal's size into events, until the terminal is closed.
fn read_keys(sender: &Sender<WatchEvent>) {
    while let Ok(terminal_event) = event::read() {
        let event = match terminal_event {
            Event::Resize(..) => WatchEvent::Resize,
            Event::Key(key) if key.kind != KeyEventKind::Release => WatchEvent::Key(key),
            _ => continue,
        };
        if sender.send(event).is_err() {
            return;
        }
    }
    let _ = sender.send(WatchEvent::TerminalClosed);
}
