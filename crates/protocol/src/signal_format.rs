//! The version of the format of signal files.
//!
//! Format 1 may gain members, and readers ignore members that they do not know. The version changes only if a member that
//! exists gets another meaning or is no longer written. A reader that finds a version that it does not know must not guess
//! what the file means.

/// The version that hooks write.
pub const SIGNAL_FORMAT: u32 = 1;

/// The member that holds the version.
pub const FORMAT_MEMBER: &str = "signal_format";

/// The member with a comma before it, as a hook writes it.
pub(crate) const FORMAT_MEMBER_TEXT: &[u8] = b",\"signal_format\":1";

#[cfg(test)]
mod tests {
    use super::{FORMAT_MEMBER, FORMAT_MEMBER_TEXT, SIGNAL_FORMAT};

    #[test]
    fn the_text_is_the_member_and_its_version() {
        assert_eq!(FORMAT_MEMBER_TEXT, format!(",\"{FORMAT_MEMBER}\":{SIGNAL_FORMAT}").as_bytes());
    }
}
