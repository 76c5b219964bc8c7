//! Draws what is on the screen, as lines of text.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::column_widths::{AGE_WIDTH, ColumnWidths, ID_WIDTH};
use super::watch_state::{KEY_HELP, ListLine, ProjectGroup, StateCounts, WatchMode, WatchState};
use crate::display_text::{display_width, fit_lines, format_duration, make_harmless, pad_right, truncate};
use crate::session_table::{SHORT_ID_LEN, STATUS_WIDTH, describe_session, state_style, status_width};
use session_signals_reader::{Session, SessionState};

/// From this height on, the screen shows more of the selected session below the list.
const MIN_ROWS_FOR_DETAIL: usize = 12;
/// From this height on, what the selected session asks or does has a second line.
const MIN_ROWS_FOR_MORE: usize = 18;

/// The most rows for the selected session.
const MAX_DETAIL_ROWS: usize = 8;

/// The width of the column for the keys in the help.
const KEY_WIDTH: usize = 12;

/// What the picture depends on besides the state.
pub struct ScreenContext {
    pub columns: usize,
    pub rows: usize,
    pub is_coloured: bool,
    pub now: SystemTime,
    /// A directory below it begins with `~`.
    pub home: Option<PathBuf>,
    /// Whether a hook has ever written a signal.
    pub has_signals: bool,
    /// Whether the list has the sessions that ended, too.
    pub is_all: bool,
}

/// Scrolls to the selected session, and draws the screen. Returns at most as many lines as the screen has rows.
pub fn draw_frame(state: &mut WatchState, context: &ScreenContext) -> Vec<String> {
    let mut rows_left = context.rows;
    let mut take = |wanted: usize, least_list: usize| {
        let taken = wanted.min(rows_left.saturating_sub(least_list));
        rows_left -= taken;
        taken
    };
    let mut status = draw_status(state, context);
    // A long notice takes rows of the list until the next key, but at most half of the screen.
    let status_rows = take(status.len().min((context.rows / 2).max(1)), 1);
    if status_rows > 0 && status_rows < status.len() {
        status.truncate(status_rows);
        mark_as_cut(&mut status, context);
    }
    let failures = draw_failures(state.failures(), context, take(context.rows / 3, 3));
    // A failure takes no more rows than it needs.
    rows_left = context.rows - status_rows - failures.len();
    let mut lines = failures;
    if let WatchMode::Help(first) = state.mode() {
        lines.extend(help_lines(context).into_iter().skip(first).take(rows_left));
    } else {
        lines.extend(draw_list(state, context, rows_left));
    }
    if status_rows > 0 {
        lines.resize(context.rows - status_rows, String::new());
        let style = if is_notice_shown(state) { "1" } else { "2" };
        let is_typed = state.mode() == WatchMode::Filter;
        lines.extend(status.iter().map(|line| if is_typed { line.clone() } else { context.paint(style, line) }));
    }
    lines
}

/// Returns when the age of a session on the screen is next shown differently; `None` if none is on the screen.
pub fn next_age_change(state: &WatchState, now: SystemTime) -> Option<Duration> {
    let shown = state.lines_on_screen().into_iter().filter_map(|line| match line {
        ListLine::Session(id) => state.session(id),
        ListLine::Group(_) => None,
    });
    let change = |session: &Session| {
        let age = now.duration_since(session.since).unwrap_or_default();
        let unit = match age.as_secs() {
            0..60 => 1,
            60..3600 => 60,
            3600..86400 => 3600,
            _ => 86400,
        };
        let next = (age.as_secs() / unit + 1) * unit;
        Duration::from_secs(next).saturating_sub(age)
    };
    shown.map(change).min()
}

/// Draws what could not be read, in at most so many rows.
fn draw_failures(failures: &[String], context: &ScreenContext, rows: usize) -> Vec<String> {
    let text: String = failures.iter().map(|failure| fit_lines(failure, Some(context.columns))).collect();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    if lines.len() > rows {
        lines.truncate(rows.saturating_sub(1));
        if rows > 0 {
            lines.push(truncate("… more could not be read", context.columns));
        }
    }
    lines.into_iter().map(|line| context.paint("31", &line)).collect()
}

fn draw_list(state: &mut WatchState, context: &ScreenContext, rows: usize) -> Vec<String> {
    if state.lines().is_empty() {
        return empty_lines(state, context).into_iter().take(rows).collect();
    }
    let header_rows = usize::from(rows >= 4);
    let detail_rows = match context.rows {
        _ if rows < MIN_ROWS_FOR_DETAIL - 4 => 0,
        MIN_ROWS_FOR_MORE.. => 3,
        MIN_ROWS_FOR_DETAIL.. => 2,
        _ => 0,
    };
    let detail_text = match state.selected() {
        Some(session) if detail_rows > 0 => draw_detail_text(session, context),
        _ => Vec::new(),
    };
    // Rows that the list leaves empty have more of a long text.
    let unused = (rows - header_rows - detail_rows).saturating_sub(state.lines().len() + 1);
    let wanted = (detail_text.len() + 1).min(MAX_DETAIL_ROWS).saturating_sub(detail_rows);
    let detail_rows = detail_rows + unused.min(wanted);
    let height = rows - header_rows - detail_rows;
    state.set_height(height);
    let columns = Columns::of(state, context);
    let mut lines = Vec::new();
    if header_rows == 1 {
        lines.push(context.paint("1", &truncate(&columns.draw_header(), context.columns)));
    }
    for line in state.lines_on_screen() {
        lines.push(match line {
            ListLine::Group(group) => context.paint("1", &draw_group(group, context)),
            ListLine::Session(id) => match state.session(id) {
                Some(session) => {
                    columns.draw_session(session, context, state.selected().is_some_and(|s| s.key() == *id))
                }
                None => String::new(),
            },
        });
    }
    lines.resize(header_rows + height, String::new());
    if let Some(session) = state.selected() {
        lines.extend(draw_detail(session, detail_text, context, detail_rows));
    }
    lines
}

/// Says why there is no session, and what to do.
fn empty_lines(state: &WatchState, context: &ScreenContext) -> Vec<String> {
    let mut sentences = Vec::new();
    if !state.is_loaded() {
        sentences.push("Reading the sessions …".to_owned());
    } else if state.sessions().next().is_some() {
        sentences.push(format!("No session matches {:?}. Esc shows all.", state.filter()));
    } else if state.failures().is_empty() {
        let none = if context.is_all {
            "No session is open, and none ended in the last 7 days."
        } else {
            "No session is open."
        };
        sentences.push(none.to_owned());
        sentences.push("Start `claude` in another terminal, and it is shown here.".to_owned());
        if !context.has_signals {
            sentences.push("No hook has written a signal yet: `hooks install` registers the hooks.".to_owned());
        }
        if !context.is_all {
            sentences.push("`sessions --watch --all` shows those that ended, too.".to_owned());
        }
    }
    let columns = Some(context.columns.max(1));
    sentences.iter().flat_map(|sentence| fit_words(sentence, columns)).collect()
}

/// Breaks the text into lines between words.
fn fit_words(text: &str, columns: Option<usize>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if columns.is_none_or(|columns| display_width(line) + 1 + display_width(word) <= columns) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.extend(fit_lines(word, columns).lines().map(str::to_owned)),
        }
    }
    lines
}

/// The columns of the list.
struct Columns {
    state_width: usize,
    widths: ColumnWidths,
    is_grouped: bool,
}

impl Columns {
    fn of(state: &WatchState, context: &ScreenContext) -> Self {
        let listed = || {
            state.lines().iter().filter_map(|line| match line {
                ListLine::Session(id) => state.session(id),
                ListLine::Group(_) => None,
            })
        };
        let widest = |title: &str, text: fn(&Session) -> Option<&str>| {
            let widths = listed().map(|session| display_width(&make_harmless(text(session).unwrap_or("-"))));
            widths.chain([display_width(title)]).max().unwrap_or_default()
        };
        let project = if state.is_grouped() { 0 } else { widest("PROJECT", |session| session.project.as_deref()) };
        let branch = widest("BRANCH", |session| session.branch.as_deref());
        let state_width = status_width(listed());
        let columns = context.columns.saturating_sub(state_width - STATUS_WIDTH);
        Self { state_width, widths: ColumnWidths::divide(columns, project, branch), is_grouped: state.is_grouped() }
    }

    fn draw_header(&self) -> String {
        let rest = self.draw_cells(["PROJECT", "BRANCH", "ID", "ASKS, SAYS OR DOES"]);
        let age = format!("{:>AGE_WIDTH$}", "FOR");
        format!("  {}  {age}{rest}", pad_right("STATE", self.state_width)).trim_end().to_owned()
    }

    fn draw_session(&self, session: &Session, context: &ScreenContext, is_selected: bool) -> String {
        let style = state_style(session.state);
        let mark = if is_selected { "›" } else { " " };
        let status = pad_right(&format!("{} {}", style.symbol, style.word), self.state_width);
        let age = format_duration(context.now.duration_since(session.since).unwrap_or_default());
        let id: String = session.session_id.chars().take(SHORT_ID_LEN).collect();
        let cells = [
            session.project.as_deref().unwrap_or("-"),
            session.branch.as_deref().unwrap_or("-"),
            &id,
            &describe_session(session),
        ];
        let rest = format!("  {age:>AGE_WIDTH$}{}", self.draw_cells(cells));
        // A terminal may be narrower than the columns that are always there.
        let head = truncate(&format!("{mark} {status}"), context.columns);
        let rest = truncate(&rest, context.columns - display_width(&head));
        if is_selected {
            let line = pad_right(&format!("{head}{rest}"), context.columns);
            return context.paint("7", &line);
        }
        format!("{}{}", context.paint(&style.colour.to_string(), &head), rest.trim_end())
    }

    /// Draws the columns after the age: the project, the branch, the id, and the text.
    fn draw_cells(&self, cells: [&str; 4]) -> String {
        let ColumnWidths { project, branch, id, text } = self.widths;
        debug_assert!(!self.is_grouped || project == 0);
        let widths = [project, branch, id.min(ID_WIDTH), text];
        let mut line = String::new();
        for (cell, width) in cells.into_iter().zip(widths).filter(|(_, width)| *width > 0) {
            line.push_str("  ");
            line.push_str(&pad_right(&truncate(&make_harmless(cell), width), width));
        }
        line
    }
}

/// Returns the directory, after its machine if that is another one. `~` stands for a home of this machine only.
fn describe_directory(machine: Option<&str>, directory: Option<&Path>, context: &ScreenContext) -> Option<String> {
    match machine {
        Some(machine) => Some(make_harmless(&format!("{machine}:{}", directory?.display()))),
        None => Some(context.shorten_path(directory?)),
    }
}

fn draw_group(group: &ProjectGroup, context: &ScreenContext) -> String {
    let project = group.project.as_deref().map_or_else(|| "no project".to_owned(), make_harmless);
    let counts = draw_counts(group.counts);
    let room = context.columns.saturating_sub(display_width(&counts) + 2);
    let head = truncate(&project, room);
    let directory =
        describe_directory(group.machine.as_deref(), group.directory.as_deref(), context).unwrap_or_default();
    let directory = truncate(&directory, room.saturating_sub(display_width(&head) + 2));
    truncate(format!("{head}  {counts}  {directory}").trim_end(), context.columns)
}

/// Returns all that the session asks or does, in as many lines as it needs.
fn draw_detail_text(session: &Session, context: &ScreenContext) -> Vec<String> {
    let text = fit_lines(&make_harmless(&describe_session(session)), Some(context.columns.max(1)));
    text.lines().map(str::to_owned).collect()
}

/// Draws where the selected session is, and as much of the text as there is room for.
fn draw_detail(session: &Session, mut text: Vec<String>, context: &ScreenContext, rows: usize) -> Vec<String> {
    if rows == 0 {
        return Vec::new();
    }
    let directory = describe_directory(session.machine.as_deref(), session.cwd.as_deref(), context);
    let parts = [directory, Some(session.session_id.clone()), session.name.clone(), session.branch.clone()];
    let place: Vec<_> = parts.into_iter().flatten().map(|part| make_harmless(&part)).collect();
    if text.len() >= rows {
        text.truncate(rows - 1);
        mark_as_cut(&mut text, context);
    }
    let mut lines = vec![context.paint("2", &truncate(&place.join("  "), context.columns))];
    lines.extend(text);
    lines.resize(rows, String::new());
    lines
}

/// Ends lines of which more follows that is not shown.
fn mark_as_cut(lines: &mut [String], context: &ScreenContext) {
    if let Some(last) = lines.last_mut() {
        *last = truncate(&format!("{last}…"), context.columns);
    }
}

fn help_lines(context: &ScreenContext) -> Vec<String> {
    let line = |(keys, text): &(&str, &str)| format!("  {}  {text}", pad_right(keys, KEY_WIDTH));
    let states = [SessionState::Permission, SessionState::Waiting, SessionState::Working, SessionState::Ended];
    let words = ["needs your approval", "waits for your prompt", "works", "has ended"];
    let symbols = states.iter().zip(words).map(|(state, word)| (state_style(*state).symbol, word));
    let lines = KEY_HELP.iter().map(line).chain(symbols.map(|symbol| line(&symbol)));
    lines.map(|line| truncate(&line, context.columns)).collect()
}

/// Returns whether the last rows have what an action has to say. The filter that is typed comes first.
fn is_notice_shown(state: &WatchState) -> bool {
    state.mode() != WatchMode::Filter && state.notice().is_some()
}

/// Draws the last row: the filter that is typed, or what an action has to say, or else how many sessions there are and the keys. What
/// an action has to say takes as many rows as it needs.
fn draw_status(state: &WatchState, context: &ScreenContext) -> Vec<String> {
    let (position, count) = state.position();
    let place = format!("{position}/{count}");
    if state.mode() == WatchMode::Filter {
        // The end of the filter is where the user types.
        let room = context.columns.saturating_sub(display_width(&place) + 4);
        let filter = state.filter();
        let mut hidden = 0;
        while display_width(&filter[hidden..]) > room {
            hidden += filter[hidden..].chars().next().map_or(1, char::len_utf8);
        }
        return vec![truncate(&format!("/{}▏  {place}", &filter[hidden..]), context.columns)];
    }
    if let Some(notice) = state.notice() {
        let lines = fit_words(notice, Some(context.columns.max(1)));
        return lines.iter().map(|line| truncate(line, context.columns)).collect();
    }
    if matches!(state.mode(), WatchMode::Help(_)) {
        return vec![truncate("Esc closes the help", context.columns)];
    }
    let mut parts = vec![place];
    if !state.filter().is_empty() {
        parts.push(format!("/{}", truncate(state.filter(), context.columns / 3)));
    }
    parts.push(draw_counts(state.counts()));
    parts.push("? keys".to_owned());
    parts.push("q leave  / filter  Enter jump  c copy  p projects  o page".to_owned());
    parts.retain(|part| !part.is_empty());
    vec![truncate(&parts.join("  "), context.columns)]
}

/// Returns for example `▲2 ◆3 ●4`. A number that is zero is left out.
fn draw_counts(counts: StateCounts) -> String {
    let parts = [
        (SessionState::Permission, counts.approval),
        (SessionState::Waiting, counts.waiting),
        (SessionState::Working, counts.working),
    ];
    let shown = parts.iter().filter(|(_, count)| *count > 0);
    shown.map(|(state, count)| format!("{}{count}", state_style(*state).symbol)).collect::<Vec<_>>().join(" ")
}

impl ScreenContext {
    /// Gives the text the style of an SGR escape sequence, if the terminal takes colour.
    fn paint(&self, style: &str, text: &str) -> String {
        if self.is_coloured && !text.is_empty() { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Returns the path, with `~` for the home directory. It is harmless for a terminal.
    fn shorten_path(&self, path: &Path) -> String {
        let below = self.home.as_deref().and_then(|home| path.strip_prefix(home).ok());
        let text = match below {
            Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Some(below) => format!("~/{}", below.display()),
            None => path.display().to_string(),
        };
        make_harmless(&text)
    }
}
