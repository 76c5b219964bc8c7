//! Offsets as clients see them: the run of the server, and a position in its log.

use crate::serve::feed::{Feed, StartPosition};

/// Where a client's read begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// At the end of the stream.
    Now,
    /// After this position.
    After(StartPosition),
}

/// Formats an offset as `RUN_POSITION`, two numbers of 16 hexadecimal digits. So offsets sort as text in the order of
/// events.
pub fn format_offset(run: u64, position: u64) -> String {
    format!("{run:016x}_{position:016x}")
}

/// Parses the offset that a client sent. `None` if the text has not the form of an offset. An offset of another run is
/// accepted, although its position means nothing in this run: a client whose offset is refused never tries again.
pub fn parse_offset(text: &str, feed: &Feed) -> Option<Offset> {
    match text {
        "-1" => return Some(Offset::After(StartPosition::Start)),
        "now" => return Some(Offset::Now),
        _ => {}
    }
    let (run, position) = text.split_once('_')?;
    let (run, position) = (parse_number(run)?, parse_number(position)?);
    let is_of_this_run = run == feed.run_id() && position <= feed.tail_position();
    Some(Offset::After(if is_of_this_run { StartPosition::At(position) } else { StartPosition::Elsewhere }))
}

fn parse_number(digits: &str) -> Option<u64> {
    let has_our_form = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(digits, 16).ok().filter(|_| has_our_form)
}
