//! `sessions --watch`: the table, redrawn in place on every change.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::cli::List;
use crate::humanise::fold;
use crate::screen::{Screen, show};
use crate::{environment, list};
use session_signals_reader::Collector;
use session_signals_reader::watch::{ChangedSource, Watcher};

/// What time alone changes (ages, a process that died, a registry that settled) is looked at this often.
const TICK: Duration = Duration::from_secs(1);

/// Changes that come together are drawn together.
const TOGETHER: Duration = Duration::from_millis(30);

enum News {
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
pub fn run(list: &List) -> io::Result<()> {
    match watch(list)? {
        // Whoever sent it sees that it was heeded; the terminal is given back by now.
        Some(signal) => emulate_default_handler(signal),
        None => Ok(()),
    }
}

/// The same; the signal that ended it.
fn watch(list: &List) -> io::Result<Option<i32>> {
    let config = environment::config()?;
    if !config.is_dir() {
        let told = format!("{} is no directory: Claude Code makes it when it is first started", config.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, told));
    }
    let mut collector = Collector::new(&config);
    let (sender, news) = channel();
    // Before the first reading, so that nothing falls between.
    let of_files = sender.clone();
    let mut watcher = Watcher::new(&config, &collector, move |event| {
        let _ = of_files.send(News::Files(event)); // fails where nobody waits any more
    })?;
    collector.read_all_signals();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let _screen = Screen::enter()?;
    let of_signals = sender.clone();
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let _ = of_signals.send(News::Quit(Some(signal)));
        }
    });
    std::thread::spawn(move || keys(&sender));
    let mut shown = String::new();
    loop {
        let now = SystemTime::now();
        let mut listing = list::sessions(&collector, list.all, now);
        let columns = environment::columns();
        // Above the table, whose end may be out of sight.
        let complaints = listing.unreadable.iter().map(|complaint| fold(complaint, columns));
        let complaints: String = complaints.collect();
        let text = complaints + &listing.table(now).0;
        if text != shown {
            show(&text)?;
            shown = text;
        }
        // With no session there is nothing that time changes.
        let is_idle = listing.sessions.is_empty() && listing.unreadable.is_empty();
        match wait(&news, (!is_idle).then_some(TICK), &mut collector, &mut watcher) {
            Next::Look => {}
            Next::Redraw => shown.clear(),
            Next::Quit(signal) => return Ok(signal),
        }
    }
}

enum Next {
    Look,
    Redraw,
    Quit(Option<i32>),
}

/// Waits for news, and takes in all that came with it.
fn wait(news: &Receiver<News>, tick: Option<Duration>, collector: &mut Collector, watcher: &mut Watcher) -> Next {
    let first = match tick {
        Some(tick) => news.recv_timeout(tick),
        None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    let mut next = Next::Look;
    let mut item = match first {
        Ok(item) => Ok(item),
        Err(RecvTimeoutError::Timeout) => return Next::Look,
        Err(RecvTimeoutError::Disconnected) => return Next::Quit(None),
    };
    let until = Instant::now() + TOGETHER;
    while let Ok(news_item) = item {
        match news_item {
            News::Quit(signal) => return Next::Quit(signal),
            News::Redraw => next = Next::Redraw,
            News::Files(event) => {
                for change in watcher.changed_sources(event) {
                    match change {
                        ChangedSource::Session(session) | ChangedSource::Gone(session, _) => {
                            collector.read_session_signals(&session)
                        }
                        ChangedSource::Everything => _ = collector.read_all_signals(),
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
fn keys(sender: &Sender<News>) {
    while let Ok(event) = event::read() {
        let news = match event {
            Event::Resize(..) => News::Redraw,
            Event::Key(key) if key.kind == KeyEventKind::Press && leaves(key.code, key.modifiers) => News::Quit(None),
            _ => continue,
        };
        if sender.send(news).is_err() {
            return;
        }
    }
    let _ = sender.send(News::Quit(None)); // the terminal is gone
}

fn leaves(code: KeyCode, modifiers: KeyModifiers) -> bool {
    match code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c' | 'd') => modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}
