//! Offsets as clients see them: a run of the server, and a position in its log.

use super::event_log::StartPosition;
use super::feed::Feed;

/// Where a client wants to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// What is to come.
    Now,
    /// What came after this.
    After(StartPosition),
}

/// `<run>_<position>`, of 16 hexadecimal digits each, so that text order is the order of events.
pub fn format_offset(run: u64, position: u64) -> String {
    format!("{run:016x}_{position:016x}")
}

/// The offset that a client gave; `None` where it is none. One of another run is of no use, and yet an offset: a client
/// that is refused gives up for good.
pub fn parse_offset(text: &str, feed: &Feed) -> Option<Offset> {
    match text {
        "-1" => return Some(Offset::After(StartPosition::Start)),
        "now" => return Some(Offset::Now),
        _ => {}
    }
    let (run, position) = text.split_once('_')?;
    let (run, position) = (parse_number(run)?, parse_number(position)?);
    let is_ours = run == feed.run_id() && position <= feed.tail_position();
    Some(Offset::After(if is_ours { StartPosition::At(position) } else { StartPosition::Elsewhere }))
}

fn parse_number(digits: &str) -> Option<u64> {
    let is_ours = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(digits, 16).ok().filter(|_| is_ours)
}
