//! `sessions --watch`: the table, redrawn in place on every change.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::command_line::ListOptions;
use crate::display_text::fit_lines;
use crate::terminal::{TerminalScreen, show_page};
use crate::{environment, list};
use session_signals_reader::{ChangedSource, Collector, Watcher};

/// What time alone changes (ages, a process that died, a registry that settled) is looked at this often.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// Changes that come together are drawn together.
const BATCH_WINDOW: Duration = Duration::from_millis(30);

enum WatchEvent {
    /// Files changed: these in the spool, or what is unknown.
    Files(notify::Result<notify::Event>),
    Redraw,
    /// The user leaves, or a signal says so.
    Quit(Option<i32>),
}

/// Shows the table until the user leaves.
///
/// # Errors
/// Where standard output is no terminal, or nothing can be watched.
pub fn run_watch(list: &ListOptions) -> io::Result<()> {
    match watch_sessions(list)? {
        // Whoever sent it sees that it was heeded; the terminal is given back by now.
        Some(signal) => emulate_default_handler(signal),
        None => Ok(()),
    }
}

/// The same; the signal that ended it.
fn watch_sessions(list: &ListOptions) -> io::Result<Option<i32>> {
    let config = environment::config_dir()?;
    if !config.is_dir() {
        let told = format!("{} is no directory: Claude Code makes it when it is first started", config.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, told));
    }
    let mut collector = Collector::new(&config);
    let (sender, news) = channel();
    // Before the first reading, so that nothing falls between.
    let of_files = sender.clone();
    let mut watcher = Watcher::new(&config, &collector, move |event| {
        let _ = of_files.send(WatchEvent::Files(event)); // fails where nobody waits any more
    })?;
    collector.read_all_signals();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let _screen = TerminalScreen::enter()?;
    let of_signals = sender.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let _ = of_signals.send(WatchEvent::Quit(Some(signal)));
        }
    });
    std::thread::spawn(move || read_keys(&sender));
    let mut shown = String::new();
    loop {
        let now = SystemTime::now();
        let mut listing = list::list_sessions(&collector, list, now);
        let columns = environment::terminal_columns();
        // Above the table, whose end may be out of sight.
        let complaints = listing.unreadable.iter().map(|complaint| fit_lines(complaint, columns));
        let complaints: String = complaints.collect();
        let text = complaints + &list::draw_recent(&mut listing, now).0;
        if text != shown {
            show_page(&text)?;
            shown = text;
        }
        // With no session there is nothing that time changes.
        let is_idle = listing.sessions.is_empty() && listing.unreadable.is_empty();
        match wait_for_change(&news, (!is_idle).then_some(REFRESH_INTERVAL), &mut collector, &mut watcher) {
            NextStep::Look => {}
            NextStep::Redraw => shown.clear(),
            NextStep::Quit(signal) => return Ok(signal),
        }
    }
}

enum NextStep {
    Look,
    Redraw,
    Quit(Option<i32>),
}

/// Waits for news, and takes in all that came with it.
fn wait_for_change(
    news: &Receiver<WatchEvent>,
    tick: Option<Duration>,
    collector: &mut Collector,
    watcher: &mut Watcher,
) -> NextStep {
    let first = match tick {
        Some(tick) => news.recv_timeout(tick),
        None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    let mut next = NextStep::Look;
    let mut item = match first {
        Ok(item) => Ok(item),
        Err(RecvTimeoutError::Timeout) => return NextStep::Look,
        Err(RecvTimeoutError::Disconnected) => return NextStep::Quit(None),
    };
    let until = Instant::now() + BATCH_WINDOW;
    while let Ok(news_item) = item {
        match news_item {
            WatchEvent::Quit(signal) => return NextStep::Quit(signal),
            WatchEvent::Redraw => next = NextStep::Redraw,
            WatchEvent::Files(event) => {
                for change in watcher.changed_sources(event) {
                    match change {
                        ChangedSource::Session(session) | ChangedSource::Gone(session, _) => {
                            collector.read_session_signals(&session)
                        }
                        ChangedSource::Everything => collector.read_all_signals(),
                        ChangedSource::Registry => {} // read at every look
                    }
                }
            }
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        item = news.recv_timeout(left);
    }
    next
}

/// Turns keys into news.
fn read_keys(sender: &Sender<WatchEvent>) {
    while let Ok(event) = event::read() {
        let news = match event {
            Event::Resize(..) => WatchEvent::Redraw,
            Event::Key(key) if key.kind == KeyEventKind::Press && is_quit_key(key.code, key.modifiers) => {
                WatchEvent::Quit(None)
            }
            _ => continue,
        };
        if sender.send(news).is_err() {
            return;
        }
    }
    let _ = sender.send(WatchEvent::Quit(None)); // the terminal is gone
}

fn is_quit_key(code: KeyCode, modifiers: KeyModifiers) -> bool {
    match code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c' | 'd') => modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}
