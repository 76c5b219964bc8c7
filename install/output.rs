//! Printing on standard output and standard error.
//!
//! An error in printing is ignored: the work is done by then, and a reader that closed its pipe does not undo it.

use std::io::Write;

use serde::Serialize;
use session_signals_cli::is_harmless;

/// The version of the JSON that `--json` prints, in the member `format`. It grows when a member changes its meaning or goes
/// away; a new member does not change it.
pub const JSON_FORMAT: u32 = 1;

/// Returns a sentence for a terminal, on one line. A sentence may quote a path, a command or the output of another program, and
/// a terminal would obey their control characters.
#[must_use]
pub fn harmless(sentence: &str) -> String {
    let replace = |character| match character {
        '\n' | '\r' | '\t' => ' ',
        _ if is_harmless(character) => character,
        _ => '\u{fffd}',
    };
    sentence.chars().map(replace).collect()
}

/// Prints lines on standard output.
pub fn print_lines(lines: &[String]) {
    for line in lines {
        print_text(&format!("{line}\n"));
    }
}

/// Prints lines on standard error.
pub fn print_error_lines(lines: &[String]) {
    for line in lines {
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Prints one JSON value on standard output.
pub fn print_json(value: &impl Serialize) {
    print_lines(&[serde_json::to_string_pretty(value).unwrap_or_default()]);
}

/// Prints a text on standard output as it is.
pub fn print_text(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
