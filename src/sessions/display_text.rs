//! Text for a terminal: durations, harmless text, and text of a given width.

use std::time::Duration;

use session_signals_cli::is_harmless;
use unicode_width::UnicodeWidthChar as _;

/// Formats a duration in its largest whole unit: `12s`, `5m`, `3h`, `2d`.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// Returns the text on one line, without control characters and without characters that change the direction of writing.
/// The text may come from a payload: a terminal would obey the first, and the second can make a command look like another.
pub fn make_harmless(text: &str) -> String {
    let line: String = text.chars().take(1000).map(|c| if is_harmless(c) { c } else { ' ' }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns how many columns of a terminal the text takes.
pub fn display_width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Cuts the text to at most `columns` columns. A text that was cut ends with `…`.
pub fn truncate(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    let mut truncated: String = text.chars().take_while(fits).collect();
    if columns > 0 {
        truncated.push('…');
    }
    truncated
}

/// Breaks the text into lines of at most `columns` columns. Each line ends with a line feed.
pub fn fit_lines(text: &str, columns: Option<usize>) -> String {
    let (mut lines, mut used) = (String::new(), 0);
    for c in text.chars() {
        let width = c.width().unwrap_or(0);
        if used > 0 && columns.is_some_and(|columns| used + width > columns) {
            lines.push('\n');
            used = 0;
        }
        lines.push(c);
        used += width;
    }
    lines + "\n"
}

/// Adds spaces at the end of the text until it is `columns` columns wide.
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(display_width(text))))
}
