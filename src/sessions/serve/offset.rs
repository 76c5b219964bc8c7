//! Offsets as clients see them: this run of the server, and a position in its log.

use super::feed::Feed;

/// Where a client wants to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// Everything.
    Start,
    /// What is to come.
    Now,
    /// What came after this position.
    At(u64),
}

/// Why there is nothing to read there.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no offset of this stream.
    Malformed,
    /// It is of another run of the server: what came between is not known.
    Gone,
}

/// `<run>_<position>`, of 16 hexadecimal digits each, so that text order is the order of events.
pub fn show(run: u64, position: u64) -> String {
    format!("{run:016x}_{position:016x}")
}

/// The offset that a client gave.
///
/// # Errors
/// Where it is none, or none of this run.
pub fn parse(text: &str, feed: &Feed) -> Result<Offset, Refusal> {
    match text {
        "-1" => return Ok(Offset::Start),
        "now" => return Ok(Offset::Now),
        _ => {}
    }
    let (run, position) = text.split_once('_').ok_or(Refusal::Malformed)?;
    let run = number(run).ok_or(Refusal::Malformed)?;
    let position = number(position).ok_or(Refusal::Malformed)?;
    if run != feed.run() {
        return Err(Refusal::Gone);
    }
    if position > feed.tail() { Err(Refusal::Malformed) } else { Ok(Offset::At(position)) }
}

fn number(digits: &str) -> Option<u64> {
    let is_ours = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(digits, 16).ok().filter(|_| is_ours)
}
