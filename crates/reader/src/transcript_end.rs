//! Reads the end of a transcript.

use std::io::{self, Read as _, Seek as _, SeekFrom};

use fs_err::File;

use crate::transcript_line::TranscriptLine;

/// How many bytes are read from the end of a transcript, unless its last line is longer.
pub const MAX_TAIL_LEN: u64 = 256 << 10;

/// How many bytes are read from the end at most. A single line may have some megabytes, for example the result of a tool that is an
/// image.
pub const MAX_END_LEN: u64 = 16 << 20;

/// The end of a transcript, from the beginning of a line on.
pub struct TranscriptEnd {
    /// Where it begins.
    pub start: u64,
    /// The lines. The last one may be unfinished.
    pub bytes: Vec<u8>,
}

impl TranscriptEnd {
    /// Reads the last 256 KiB before `len`, but nothing before `start`. If they have no whole line of the conversation, because the
    /// last line is long, more is read: four times as much each time, up to 16 MiB.
    ///
    /// # Errors
    /// The error of the system if the file cannot be read.
    pub fn read(file: &mut File, start: u64, len: u64) -> io::Result<Self> {
        let mut end_len = MAX_TAIL_LEN;
        loop {
            let from = len.saturating_sub(end_len).max(start);
            let mut bytes = read_range(file, from, len)?;
            // Unless everything was read, the first line is cut.
            let cut_len = if from == start {
                0
            } else {
                bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1)
            };
            bytes.drain(..cut_len);
            let has_message = || TranscriptLine::parse_all(&bytes).rev().any(|line| line.is_of_conversation());
            if from == start || end_len >= MAX_END_LEN || has_message() {
                return Ok(Self { start: from + cut_len as u64, bytes });
            }
            end_len *= 4;
        }
    }
}

/// Reads the bytes of the file from `start` to `end`. There are fewer if the file has become shorter.
///
/// # Errors
/// The error of the system if the file cannot be read.
pub fn read_range(file: &mut File, start: u64, end: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let len = end.saturating_sub(start);
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
    file.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}
