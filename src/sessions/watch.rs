//! `sessions --watch`: shows the list, and redraws it in place on every change.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::command_line::ListOptions;
use crate::display_text::fit_lines;
use crate::terminal::{TerminalScreen, draw_screen};
use crate::{environment, list};
use session_signals_reader::{ChangedSource, Collector, Watcher};

/// How often the list is read again without an event. Some changes make no event: ages grow, and processes die.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Events that come within this time of the first one are drawn together.
const BATCH_WINDOW: Duration = Duration::from_millis(30);

enum WatchEvent {
    /// Files changed, or the watcher failed.
    Files(session_signals_reader::WatchEvent),
    Redraw,
    /// The user leaves, or this signal ends the program.
    Quit(Option<i32>),
}

/// Shows the list until the user leaves or a signal ends the program.
///
/// # Errors
/// If standard output is no terminal, the configuration directory does not exist, or it cannot be watched.
pub fn run_watch(options: &ListOptions) -> io::Result<()> {
    match watch_sessions(options)? {
        // End by the signal, so that the program that sent it sees that. The terminal is restored by now.
        Some(signal) => emulate_default_handler(signal),
        None => Ok(()),
    }
}

/// Shows the list, and returns the signal that ended it, if one did.
fn watch_sessions(options: &ListOptions) -> io::Result<Option<i32>> {
    let config_dir = environment::existing_config_dir()?;
    let mut collector = Collector::new(&config_dir);
    let (sender, events) = channel();
    // The watcher starts before the signals are read, so that no change in between is missed.
    let file_sender = sender.clone();
    let mut watcher = Watcher::new(&config_dir, &collector, move |event| {
        let _ = file_sender.send(WatchEvent::Files(event)); // fails if the receiver is gone
    })?;
    collector.read_all_signals();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let _screen = TerminalScreen::enter()?;
    let signal_sender = sender.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let _ = signal_sender.send(WatchEvent::Quit(Some(signal)));
        }
    });
    std::thread::spawn(move || read_keys(&sender));
    let mut shown = String::new();
    loop {
        let now = SystemTime::now();
        let mut listing = list::list_sessions(&collector, options, now);
        let columns = environment::terminal_columns();
        // The failures are above the table, because the end of a long table is not on the screen.
        let failures: String = listing.unreadable.iter().map(|failure| fit_lines(failure, columns)).collect();
        let text = failures + &list::draw_recent(&mut listing, now).0;
        if text != shown {
            draw_screen(&text)?;
            shown = text;
        }
        // Without a session, time alone changes nothing.
        let is_idle = listing.sessions.is_empty() && listing.unreadable.is_empty();
        let interval = if is_idle { Duration::MAX } else { REFRESH_INTERVAL };
        match wait_for_change(&events, interval, &mut collector, &mut watcher) {
            NextStep::Refresh => {}
            NextStep::Redraw => shown.clear(),
            NextStep::Quit(signal) => return Ok(signal),
        }
    }
}

enum NextStep {
    /// Read the sessions, and draw them if something changed.
    Refresh,
    /// Read the sessions and draw them in any case.
    Redraw,
    Quit(Option<i32>),
}

/// Waits for an event, for `interval` at most, and applies it and all that follow within the batch window.
fn wait_for_change(
    events: &Receiver<WatchEvent>,
    interval: Duration,
    collector: &mut Collector,
    watcher: &mut Watcher,
) -> NextStep {
    let mut next_step = NextStep::Refresh;
    let mut received = match events.recv_timeout(interval) {
        Ok(event) => Ok(event),
        Err(RecvTimeoutError::Timeout) => return NextStep::Refresh,
        Err(RecvTimeoutError::Disconnected) => return NextStep::Quit(None),
    };
    let deadline = Instant::now() + BATCH_WINDOW;
    while let Ok(event) = received {
        match event {
            WatchEvent::Quit(signal) => return NextStep::Quit(signal),
            WatchEvent::Redraw => next_step = NextStep::Redraw,
            WatchEvent::Files(event) => {
                for change in watcher.changed_sources(event) {
                    match change {
                        ChangedSource::Session(session) | ChangedSource::Gone(session, _) => {
                            collector.read_session_signals(&session);
                        }
                        ChangedSource::Everything => collector.read_all_signals(),
                        ChangedSource::Registry => {} // it is read at every refresh
                    }
                }
            }
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            break;
        }
        received = events.recv_timeout(remaining);
    }
    next_step
}

/// Turns key presses and changes of the terminal's size into events, until the terminal is closed.
fn read_keys(sender: &Sender<WatchEvent>) {
    while let Ok(terminal_event) = event::read() {
        let event = match terminal_event {
            Event::Resize(..) => WatchEvent::Redraw,
            Event::Key(key) if key.kind == KeyEventKind::Press && is_quit_key(key.code, key.modifiers) => {
                WatchEvent::Quit(None)
            }
            _ => continue,
        };
        if sender.send(event).is_err() {
            return;
        }
    }
    let _ = sender.send(WatchEvent::Quit(None));
}

fn is_quit_key(code: KeyCode, modifiers: KeyModifiers) -> bool {
    match code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c' | 'd') => modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}
