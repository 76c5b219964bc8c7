//! What `sessions --watch` shows, and what a key changes of it. Nothing here reads a file, a clock or the terminal.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::display_text::make_harmless;
use crate::model::SessionChange;
use crate::session_table::describe_session;
use session_signals_cli::is_harmless;
use session_signals_reader::{Session, SessionState};

/// The most characters of a filter.
const MAX_FILTER_LEN: usize = 200;

/// The keys, and what they do. Both fit on a terminal of 40 columns.
pub const KEY_HELP: [(&str, &str); 11] = [
    ("↑ ↓ k j", "previous, next session"),
    ("PgUp PgDn", "one screen up, down"),
    ("g G", "first, last session"),
    ("Enter", "jump to its terminal"),
    ("/", "filter; Esc clears it"),
    ("p", "group by project"),
    ("c", "copy its resume command"),
    ("o", "open the page"),
    ("?", "show these keys"),
    ("Ctrl-Z", "suspend"),
    ("q Esc Ctrl-C", "leave"),
];

/// What the keys go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchMode {
    /// The list.
    List,
    /// The filter: what is typed becomes a part of it.
    Filter,
    /// The help. It begins with this line.
    Help(usize),
}

/// What the program must do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WatchAction {
    /// Leave the program.
    Leave,
    /// Give the terminal back to the shell until the user returns.
    Suspend,
    /// Bring the terminal of the session with this key to the front.
    Jump(String),
    /// Copy the command that resumes the session with this key.
    Copy(String),
    /// Open the page of `sessions serve`.
    OpenPage,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListLine {
    /// The sessions of one directory follow.
    Group(ProjectGroup),
    /// The session with this [key](Session::key).
    Session(String),
}

/// The sessions of one directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectGroup {
    /// The last part of the directory.
    pub project: Option<String>,
    /// The machine of the directory, if it is another one than ours.
    pub machine: Option<String>,
    pub directory: Option<PathBuf>,
    pub counts: StateCounts,
}

/// How many sessions need approval, wait for the next prompt, and work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    pub approval: usize,
    pub waiting: usize,
    pub working: usize,
}

impl StateCounts {
    fn add(&mut self, session: &Session) {
        match session.state {
            SessionState::Permission => self.approval += 1,
            SessionState::Waiting if session.needs_user() => self.waiting += 1,
            SessionState::Working => self.working += 1,
            SessionState::Waiting | SessionState::Ended | SessionState::Unreachable => {}
        }
    }
}

/// The list, and what the user selected, typed and scrolled to.
pub struct WatchState {
    sessions: BTreeMap<String, Session>,
    /// What could not be read. The sentences are harmless for a terminal.
    failures: Vec<String>,
    is_loaded: bool,
    lines: Vec<ListLine>,
    /// The key of the selected session. It is among the lines if any session is.
    selected: Option<String>,
    /// Which of the sessions among the lines is the selected one.
    position: usize,
    /// The first line on the screen.
    first_line: usize,
    /// How many lines the screen has for the list.
    height: usize,
    mode: WatchMode,
    filter: String,
    is_grouped: bool,
    notice: Option<String>,
}

impl WatchState {
    /// Starts without a session.
    pub fn new() -> Self {
        Self {
            sessions: BTreeMap::new(),
            failures: Vec::new(),
            is_loaded: false,
            lines: Vec::new(),
            selected: None,
            position: 0,
            first_line: 0,
            height: 1,
            mode: WatchMode::List,
            filter: String::new(),
            is_grouped: false,
            notice: None,
        }
    }

    /// Returns the lines of the list. They are fewer than the sessions while there is a filter.
    pub fn lines(&self) -> &[ListLine] {
        &self.lines
    }

    /// Returns the lines of the list that are on the screen. The first one is a group, if there are any and it is not the only line.
    pub fn lines_on_screen(&self) -> Vec<&ListLine> {
        let mut shown: Vec<_> = self.lines.iter().skip(self.first_line).take(self.height).collect();
        if self.keeps_group_in_sight()
            && let Some(first) = shown.first_mut()
        {
            let until_first = &self.lines[..=self.first_line];
            *first = until_first.iter().rev().find(|line| matches!(line, ListLine::Group(_))).unwrap_or(first);
        }
        shown
    }

    /// Returns whether the first line on the screen is kept for the group of the lines below it.
    fn keeps_group_in_sight(&self) -> bool {
        self.is_grouped && self.height > 1
    }

    pub fn session(&self, id: &str) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Returns all sessions, also those that do not match the filter.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    pub fn selected(&self) -> Option<&Session> {
        self.selected.as_deref().and_then(|id| self.session(id))
    }

    /// Returns which session is selected, counted from 1, and how many match the filter.
    pub fn position(&self) -> (usize, usize) {
        let count = self.listed_sessions().count();
        ((self.position + 1).min(count), count)
    }

    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Returns whether the sessions have been read. Before that, nothing can be said of them.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded
    }

    pub fn mode(&self) -> WatchMode {
        self.mode
    }

    pub fn filter(&self) -> &str {
        &self.filter
    }

    pub fn is_grouped(&self) -> bool {
        self.is_grouped
    }

    /// Returns what the last action has to say.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Says something until the next key.
    pub fn set_notice(&mut self, notice: &str) {
        self.notice = Some(make_harmless(notice));
    }

    /// Replaces what could not be read.
    pub fn set_failures(&mut self, failures: Vec<String>) {
        self.failures = failures;
    }

    /// Counts all sessions, also those that do not match the filter.
    pub fn counts(&self) -> StateCounts {
        let mut counts = StateCounts::default();
        self.sessions().for_each(|session| counts.add(session));
        counts
    }

    /// Takes over the sessions that changed. `is_listed` says which sessions belong to the list.
    pub fn apply_changes(&mut self, changes: Vec<SessionChange>, is_listed: impl Fn(&Session) -> bool) {
        self.is_loaded = true;
        for (id, session) in changes {
            match session {
                Some(session) => _ = self.sessions.insert(id, session),
                None => _ = self.sessions.remove(&id),
            }
        }
        self.sessions.retain(|_, session| is_listed(session));
        self.list_again();
    }

    /// Says how many lines the screen has for the list, and scrolls to the selected session.
    pub fn set_height(&mut self, height: usize) {
        self.height = height;
        let Some(line) = self.selected_line() else {
            self.first_line = 0;
            return;
        };
        self.first_line = self.first_line.min(self.lines.len().saturating_sub(height));
        self.first_line = self.first_line.min(line.saturating_sub(usize::from(self.keeps_group_in_sight())));
        // This comes last: if only one line fits, it is that of the session.
        self.first_line = self.first_line.max((line + 1).saturating_sub(height.max(1)));
    }

    /// Applies a key. Returns what the program must do.
    pub fn press_key(&mut self, key: KeyEvent) -> Option<WatchAction> {
        self.notice = None;
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, is_control) {
            (KeyCode::Char('c' | 'd'), true) => return Some(WatchAction::Leave),
            (KeyCode::Char('z'), true) => return Some(WatchAction::Suspend),
            _ => {}
        }
        match self.mode {
            WatchMode::List => return self.press_list_key(key.code, is_control),
            WatchMode::Filter => self.press_filter_key(key.code, is_control),
            WatchMode::Help(first) => self.press_help_key(key.code, first),
        }
        None
    }

    fn press_list_key(&mut self, code: KeyCode, is_control: bool) -> Option<WatchAction> {
        if is_control {
            return None;
        }
        match code {
            KeyCode::Char('q') => return Some(WatchAction::Leave),
            KeyCode::Esc if self.filter.is_empty() => return Some(WatchAction::Leave),
            KeyCode::Esc => self.set_filter(String::new()),
            KeyCode::Char('/') => self.mode = WatchMode::Filter,
            KeyCode::Char('?') => self.mode = WatchMode::Help(0),
            KeyCode::Char('p') => {
                self.is_grouped = !self.is_grouped;
                self.list_again();
            }
            KeyCode::Char('o') => return Some(WatchAction::OpenPage),
            KeyCode::Enter => return self.selected.clone().map(WatchAction::Jump),
            KeyCode::Char('c') => return self.selected.clone().map(WatchAction::Copy),
            KeyCode::Char('k') => self.select_other(-1),
            KeyCode::Char('j') => self.select_other(1),
            KeyCode::Char('g') => self.select_other(isize::MIN),
            KeyCode::Char('G') => self.select_other(isize::MAX),
            code => self.press_arrow(code),
        }
        None
    }

    /// Applies the keys that select another session, in the list and while a filter is typed.
    fn press_arrow(&mut self, code: KeyCode) {
        let page = isize::try_from(self.height).map_or(isize::MAX, |height| (height - 1).max(1));
        match code {
            KeyCode::Up => self.select_other(-1),
            KeyCode::Down => self.select_other(1),
            KeyCode::PageUp => self.select_other(-page),
            KeyCode::PageDown => self.select_other(page),
            KeyCode::Home => self.select_other(isize::MIN),
            KeyCode::End => self.select_other(isize::MAX),
            _ => {}
        }
    }

    fn press_filter_key(&mut self, code: KeyCode, is_control: bool) {
        match (code, is_control) {
            (KeyCode::Enter, _) => self.mode = WatchMode::List,
            (KeyCode::Esc, _) => {
                self.mode = WatchMode::List;
                self.set_filter(String::new());
            }
            (KeyCode::Backspace, _) if self.filter.is_empty() => self.mode = WatchMode::List,
            (KeyCode::Backspace, _) => {
                let mut filter = self.filter.clone();
                filter.pop();
                self.set_filter(filter);
            }
            (KeyCode::Char('u'), true) => self.set_filter(String::new()),
            (KeyCode::Char('w'), true) => {
                let end = self.filter.trim_end().rfind(' ').map_or(0, |space| space + 1);
                self.set_filter(self.filter[..end].to_owned());
            }
            (KeyCode::Char(character), false) if is_harmless(character) => {
                if self.filter.chars().count() < MAX_FILTER_LEN {
                    self.set_filter(format!("{}{character}", self.filter));
                }
            }
            (code, _) => self.press_arrow(code),
        }
    }

    fn press_help_key(&mut self, code: KeyCode, first: usize) {
        let last = KEY_HELP.len() - 1;
        self.mode = match code {
            KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | '?') => WatchMode::List,
            KeyCode::Up | KeyCode::Char('k') => WatchMode::Help(first.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => WatchMode::Help((first + 1).min(last)),
            _ => WatchMode::Help(first),
        };
    }

    fn set_filter(&mut self, filter: String) {
        self.filter = filter;
        let words = self.filter_words();
        // Another selection than before means that the best match is wanted, which is the first one.
        if !self.selected().is_some_and(|session| matches_words(session, &words)) {
            self.position = 0;
            self.first_line = 0;
        }
        self.list_again();
    }

    fn filter_words(&self) -> Vec<String> {
        self.filter.split_whitespace().map(str::to_lowercase).collect()
    }

    /// Makes the lines again. The same session stays selected, at its place on the screen if the list is scrolled. If it is not
    /// in the list any more, the one that took its place is selected.
    fn list_again(&mut self) {
        let place = self.selected_line().map(|line| line.saturating_sub(self.first_line));
        let words = self.filter_words();
        let mut listed: Vec<_> = self.sessions().filter(|session| matches_words(session, &words)).collect();
        listed.sort_by(|one, other| one.compare_places(other));
        self.lines =
            if self.is_grouped { group_lines(&listed) } else { listed.into_iter().map(session_line).collect() };
        let ids: Vec<_> = self.listed_sessions().collect();
        let same = self.selected.as_deref().and_then(|selected| ids.iter().position(|id| *id == selected));
        let position = same.unwrap_or_else(|| self.position.min(ids.len().saturating_sub(1)));
        let selected = ids.get(position).map(|id| (*id).to_owned());
        (self.position, self.selected) = (position, selected);
        if self.first_line > 0
            && let (Some(place), Some(line)) = (place, self.selected_line())
        {
            self.first_line = line.saturating_sub(place);
        }
        self.set_height(self.height);
    }

    /// Selects the session that is so many places further down the list.
    fn select_other(&mut self, places: isize) {
        let count = self.listed_sessions().count();
        let position = self.position.saturating_add_signed(places).min(count.saturating_sub(1));
        let selected = self.listed_sessions().nth(position).map(str::to_owned);
        (self.position, self.selected) = (position, selected);
        self.set_height(self.height);
    }

    /// Returns the keys of the sessions among the lines.
    fn listed_sessions(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| match line {
            ListLine::Session(id) => Some(id.as_str()),
            ListLine::Group(_) => None,
        })
    }

    /// Returns the index of the line of the selected session.
    fn selected_line(&self) -> Option<usize> {
        let selected = self.selected.as_deref()?;
        self.lines.iter().position(|line| matches!(line, ListLine::Session(id) if id == selected))
    }
}

fn session_line(session: &Session) -> ListLine {
    ListLine::Session(session.key())
}

/// Puts the sessions of a directory together. If a machine tells only the project and not the directory, those of the project. The group whose first session comes first in the list is the first one.
fn group_lines(sessions: &[&Session]) -> Vec<ListLine> {
    let mut groups: Vec<(ProjectGroup, Vec<ListLine>)> = Vec::new();
    let mut indices = HashMap::new();
    for session in sessions {
        let index = *indices.entry((&session.machine, &session.cwd, &session.project)).or_insert_with(|| {
            let (project, machine, directory) = (session.project.clone(), session.machine.clone(), session.cwd.clone());
            groups.push((ProjectGroup { project, machine, directory, counts: StateCounts::default() }, Vec::new()));
            groups.len() - 1
        });
        let (group, lines) = &mut groups[index];
        group.counts.add(session);
        lines.push(session_line(session));
    }
    groups.into_iter().flat_map(|(group, lines)| std::iter::once(ListLine::Group(group)).chain(lines)).collect()
}

/// Returns whether each of the words, which are in lower case, is somewhere in what is shown of the session.
fn matches_words(session: &Session, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let directory = session.cwd.as_deref().map(|cwd| cwd.to_string_lossy()).unwrap_or_default();
    let state = crate::session_table::state_style(session.state).word;
    let parts = [
        &directory,
        session.project.as_deref().unwrap_or_default(),
        session.branch.as_deref().unwrap_or_default(),
        session.name.as_deref().unwrap_or_default(),
        &session.session_id,
        state,
        &describe_session(session),
    ];
    let text = make_harmless(&parts.join(" ")).to_lowercase();
    words.iter().all(|word| text.contains(word))
}
