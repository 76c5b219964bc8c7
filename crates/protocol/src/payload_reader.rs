//! Reads the payload of an event from standard input.

use crate::error::{Error, Operation, Problem, Reason, Result, Subject};
use crate::hook::Hook;
use crate::json::{self, JsonError, Role, Walker};
use crate::signal_format::FORMAT_MEMBER;
use crate::signal_kind::SIGNAL_KINDS;
use crate::system::{Buffer, Stdin};

/// The largest object that is read, in bytes.
const MAX_PAYLOAD_LEN: u64 = 64 << 20;

/// How long stdin may take, in milliseconds. It is a socket that may never close.
const READ_TIMEOUT_MS: u32 = 1000;

/// The members that a hook writes itself, besides the stamps. A payload's own member of one of these names is left out.
const OWN_MEMBERS: [&str; 5] = [FORMAT_MEMBER, "pending", "claude_pid", "claude_start", "claude_host"];

/// Reads the first JSON object on standard input, without the members that `hook` has no use for, in one line.
///
/// # Errors
/// Where there is no such object, or not in time.
pub fn read_payload(hook: Hook) -> Result<&'static [u8]> {
    let reason = |reason| Error { operation: Operation::Read, subject: Subject::Stdin, reason };
    let words = |words| reason(Reason::Problem(words));
    let mut buffer = Buffer::with_room(0).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
    let mut stdin = Stdin::with_limit(READ_TIMEOUT_MS);
    let mut filter = MemberFilter { walker: Walker::default(), kept: 0, member: 0, keeping: true };
    let mut seen = 0;
    loop {
        buffer.ensure_room(filter.kept).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
        let start = filter.kept;
        let count = match stdin.read(&mut buffer.bytes[start..]) {
            Err(errno) => return Err(reason(Reason::System(errno))),
            Ok(None) => return Err(words(Problem::TooLate)),
            Ok(Some(0)) if seen == 0 => return Err(words(Problem::Empty)),
            Ok(Some(0)) => return Err(words(Problem::Torn)),
            Ok(Some(count)) => count,
        };
        let mut at = start;
        while at < start + count {
            at += filter.filter_bytes(buffer.bytes, at..start + count, hook).map_err(|refusal| match refusal {
                FilterError::Json(error) => reason(Reason::Json(error, clamp_offset(seen + (at - start) as u64 + 1))),
                FilterError::NoObject => words(Problem::NoObject),
            })?;
            if seen + (at - start) as u64 > MAX_PAYLOAD_LEN {
                return Err(words(Problem::LargeObject));
            }
            if filter.walker.is_complete() {
                let payload = &mut buffer.bytes[..filter.kept];
                json::replace_lone_surrogates(payload);
                return Ok(payload);
            }
        }
        seen += count as u64;
    }
}

/// It is at most [`MAX_LEN`].
fn clamp_offset(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

enum FilterError {
    Json(JsonError),
    NoObject,
}

/// Moves what is wanted of an object to the front of the buffer that it is read into.
struct MemberFilter {
    walker: Walker,
    /// How many bytes stand at the front.
    kept: usize,
    /// Where the member at hand begins there, its comma included.
    member: usize,
    keeping: bool,
}

impl MemberFilter {
    /// Takes at least one of the bytes at `range`; how many.
    #[inline(never)]
    fn filter_bytes(
        &mut self,
        bytes: &mut [u8],
        range: core::ops::Range<usize>,
        hook: Hook,
    ) -> core::result::Result<usize, FilterError> {
        let plain = self.walker.count_plain(&bytes[range.clone()]);
        if plain > 0 {
            if self.keeping {
                bytes.copy_within(range.start..range.start + plain, self.kept);
                self.kept += plain;
            }
            return Ok(plain);
        }
        let byte = bytes[range.start];
        let role = self.walker.step(byte).map_err(FilterError::Json)?;
        match (self.walker.depth(), role) {
            (0, Role::Scalar) => return Err(FilterError::NoObject),
            (1, Role::Open) if self.kept == 0 && byte != b'{' => return Err(FilterError::NoObject),
            (0, Role::Space) => return Ok(1),
            (1, Role::Open) => {
                self.keep_byte(bytes, byte);
                self.member = self.kept;
            }
            (1, Role::Colon) => {
                let key = bytes[self.member..self.kept].trim_ascii_start();
                let key = key.strip_prefix(b",").unwrap_or(key).trim_ascii();
                self.keeping = is_kept(hook, json::unquote(key));
                if !self.keeping {
                    self.kept = self.member;
                }
                self.keep_byte(bytes, byte);
            }
            (1, Role::Comma) => {
                self.keeping = true;
                self.member = self.kept;
                if self.kept > 1 {
                    self.keep_byte(bytes, byte);
                }
            }
            (0, Role::Close) => {
                self.keeping = true;
                self.keep_byte(bytes, byte);
            }
            // A raw line break stands between tokens only.
            (_, Role::Space) if byte != b'\t' => self.keep_byte(bytes, b' '),
            _ => self.keep_byte(bytes, byte),
        }
        Ok(1)
    }

    fn keep_byte(&mut self, bytes: &mut [u8], byte: u8) {
        if self.keeping {
            bytes[self.kept] = byte;
            self.kept += 1;
        }
    }
}

/// Whether a hook has a use for the member with this raw key.
fn is_kept(hook: Hook, key: &[u8]) -> bool {
    let is = |name: &&str| json::spells(key, name);
    if OWN_MEMBERS.iter().any(is) || SIGNAL_KINDS.iter().any(|kind| is(&kind.stamp_member())) {
        return false;
    }
    // A tool's output has no bound and says nothing of the session.
    hook != Hook::PostToolUse || !is(&"tool_response") && !is(&"tool_calls")
}
