//! Text for a person's eyes: durations in two figures, strings that fit and do no harm.

use std::time::Duration;

use unicode_width::UnicodeWidthChar as _;

/// `12s`, `5m`, `3h`, `2d`.
pub fn format_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// One line without what a terminal would obey, or a person would be misled by: control and direction characters.
pub fn make_harmless(text: &str) -> String {
    let line: String = text.chars().take(1000).map(|c| if is_harmless(c) { c } else { ' ' }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_harmless(c: char) -> bool {
    let direction = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    !c.is_control() && !direction
}

/// How many columns a text takes.
pub fn display_width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text in at most `columns` columns, `…` where it was cut.
pub fn truncate(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= columns
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    if columns > 0 {
        cut.push('…');
    }
    cut
}

/// The text in lines of at most `columns` columns, each with its line feed.
pub fn fit_lines(text: &str, columns: Option<usize>) -> String {
    let (mut folded, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used > 0 && columns.is_some_and(|columns| used + wide > columns) {
            folded.push('\n');
            used = 0;
        }
        folded.push(c);
        used += wide;
    }
    folded + "\n"
}

/// The text, and blanks up to `columns` columns.
pub fn pad_right(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(display_width(text))))
}
