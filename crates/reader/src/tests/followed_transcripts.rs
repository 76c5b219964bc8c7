//! Transcripts that are followed while they change.

#[cfg(target_os = "linux")]
use std::path::Path;

use super::at;
use super::conversation::{answer, prompt, recent};
use crate::conversation_reader::ConversationReader;

#[test]
#[cfg(target_os = "linux")]
fn a_read_that_failed_is_done_again() {
    // A regular file with a length, which can be opened and not be read.
    let path = Path::new("/sys/class/net/lo/speed");
    assert!(fs_err::metadata(path).unwrap().len() > 0);
    let mut reader = ConversationReader::default();
    for _ in 0..2 {
        assert!(reader.read_new(path).is_err());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_read_that_failed_loses_nothing_that_was_read_before() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), prompt("first")).unwrap();
    let mut reader = ConversationReader::default();
    reader.read_new(file.path()).unwrap();
    assert!(reader.read_new(Path::new("/sys/class/net/lo/speed")).is_err());
    assert_eq!(reader.conversation().message_count, 1);
}

#[test]
fn a_transcript_that_is_rewritten_in_place_is_read_again() {
    let before = [prompt("first"), answer("one")].concat();
    for after in [
        // Longer.
        [prompt("other"), answer("two"), answer("three")].concat(),
        // Of the same length.
        [prompt("other"), answer("two")].concat(),
        // Longer, and the same line is at another place.
        [prompt("a new first prompt"), answer("one")].concat(),
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut reader = ConversationReader::default();
        for (seconds, text) in [(1, &before), (2, &after)] {
            // The same inode. Some file systems have coarse times, so the time is set.
            fs_err::write(file.path(), text).unwrap();
            file.as_file().set_modified(at(seconds)).unwrap();
            reader.read_new(file.path()).unwrap();
        }
        assert_eq!(reader.conversation().message_count, after.lines().count() as u64, "{after}");
        assert!(!recent(reader.conversation()).contains(&"user: first".to_owned()), "{after}");
    }
}
