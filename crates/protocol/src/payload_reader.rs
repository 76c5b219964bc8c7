//! Reads the payload of an event from standard input.

use crate::error::{Error, Operation, Problem, Reason, Result, Subject};
use crate::hook::Hook;
use crate::json::{self, JsonError, Role, Walker};
use crate::signal_format::FORMAT_MEMBER;
use crate::signal_kind::SIGNAL_KINDS;
use crate::system::{Buffer, Stdin};

/// The largest payload that is read, in bytes.
const MAX_PAYLOAD_LEN: u64 = 64 << 20;

/// How long to wait for standard input, in milliseconds. Standard input is a socket that may never be closed.
const READ_TIMEOUT_MS: u32 = 1000;

/// The members that a hook itself adds to a signal, besides the stamp. A payload's member of one of these names is left out.
const OWN_MEMBERS: [&str; 5] = [FORMAT_MEMBER, "pending", "claude_pid", "claude_start", "claude_host"];

/// Reads the first JSON object on standard input, as one line, without the members that `hook` does not keep.
///
/// # Errors
/// If standard input holds no such object, or does not bring it within one second; if the object is larger than 64 MiB.
pub fn read_payload(hook: Hook) -> Result<&'static [u8]> {
    let reason = |reason| Error { operation: Operation::Read, subject: Subject::Stdin, reason };
    let refuse = |problem| reason(Reason::Problem(problem));
    let mut buffer = Buffer::with_room(0).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
    let mut stdin = Stdin::with_limit(READ_TIMEOUT_MS);
    let mut filter = MemberFilter { walker: Walker::default(), kept_len: 0, member_start: 0, is_keeping: true };
    let mut len_before = 0;
    loop {
        buffer.ensure_room(filter.kept_len).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
        let start = filter.kept_len;
        let count = match stdin.read(&mut buffer.bytes[start..]) {
            Err(errno) => return Err(reason(Reason::System(errno))),
            Ok(None) => return Err(refuse(Problem::StdinTimeout)),
            Ok(Some(0)) if len_before == 0 => return Err(refuse(Problem::StdinEmpty)),
            Ok(Some(0)) => return Err(refuse(Problem::ObjectTruncated)),
            Ok(Some(count)) => count,
        };
        let mut at = start;
        while at < start + count {
            at += filter.filter_bytes(buffer.bytes, at..start + count, hook).map_err(|error| match error {
                FilterError::Json(error) => {
                    reason(Reason::Json(error, clamp_offset(len_before + (at - start) as u64 + 1)))
                }
                FilterError::NotObject => refuse(Problem::NotObject),
            })?;
            if len_before + (at - start) as u64 > MAX_PAYLOAD_LEN {
                return Err(refuse(Problem::ObjectTooLarge));
            }
            if filter.walker.is_complete() {
                let payload = &mut buffer.bytes[..filter.kept_len];
                json::replace_lone_surrogates(payload);
                return Ok(payload);
            }
        }
        len_before += count as u64;
    }
}

/// Converts an offset, which is at most [`MAX_PAYLOAD_LEN`] + 1.
fn clamp_offset(offset: u64) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

enum FilterError {
    Json(JsonError),
    NotObject,
}

/// Moves the members of an object that are kept to the front of the buffer that the object is read into.
struct MemberFilter {
    walker: Walker,
    /// How many bytes at the front have been kept.
    kept_len: usize,
    /// Where the present member begins among the kept bytes, with the comma before it.
    member_start: usize,
    /// Whether the present member is kept.
    is_keeping: bool,
}

impl MemberFilter {
    /// Takes at least one of the bytes at `range`, and returns how many it took.
    #[inline(never)]
    fn filter_bytes(
        &mut self,
        bytes: &mut [u8],
        range: core::ops::Range<usize>,
        hook: Hook,
    ) -> core::result::Result<usize, FilterError> {
        let plain = self.walker.count_plain(&bytes[range.clone()]);
        if plain > 0 {
            if self.is_keeping {
                bytes.copy_within(range.start..range.start + plain, self.kept_len);
                self.kept_len += plain;
            }
            return Ok(plain);
        }
        let byte = bytes[range.start];
        let role = self.walker.step(byte).map_err(FilterError::Json)?;
        match (self.walker.depth(), role) {
            (0, Role::Scalar) => return Err(FilterError::NotObject),
            (1, Role::Open) if self.kept_len == 0 && byte != b'{' => return Err(FilterError::NotObject),
            (0, Role::Space) => return Ok(1),
            (1, Role::Open) => {
                self.keep_byte(bytes, byte);
                self.member_start = self.kept_len;
            }
            (1, Role::Colon) => {
                let key = bytes[self.member_start..self.kept_len].trim_ascii_start();
                let key = key.strip_prefix(b",").unwrap_or(key).trim_ascii();
                self.is_keeping = is_kept(hook, json::unquote(key));
                if !self.is_keeping {
                    self.kept_len = self.member_start;
                }
                self.keep_byte(bytes, byte);
            }
            (1, Role::Comma) => {
                self.is_keeping = true;
                self.member_start = self.kept_len;
                if self.kept_len > 1 {
                    self.keep_byte(bytes, byte);
                }
            }
            (0, Role::Close) => {
                self.is_keeping = true;
                self.keep_byte(bytes, byte);
            }
            // A raw line break is always between tokens.
            (_, Role::Space) if byte != b'\t' => self.keep_byte(bytes, b' '),
            _ => self.keep_byte(bytes, byte),
        }
        Ok(1)
    }

    fn keep_byte(&mut self, bytes: &mut [u8], byte: u8) {
        if self.is_keeping {
            bytes[self.kept_len] = byte;
            self.kept_len += 1;
        }
    }
}

/// Returns whether a hook keeps the member with this raw key.
fn is_kept(hook: Hook, key: &[u8]) -> bool {
    let is = |name: &&str| json::spells(key, name);
    if OWN_MEMBERS.iter().any(is) || SIGNAL_KINDS.iter().any(|kind| is(&kind.stamp_member())) {
        return false;
    }
    // The output of a tool may have any size, and says nothing about the session.
    hook != Hook::PostToolUse || !is(&"tool_response") && !is(&"tool_calls")
}
