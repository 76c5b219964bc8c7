//! Cursors of the stream.

use std::time::{Duration, SystemTime};

use crate::serve::stream::cursor;

#[test]
fn the_next_cursor_is_larger_than_that_of_the_client() {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_728_432_000);
    let now = epoch + Duration::from_secs(20 * 1000 + 7);
    assert_eq!(cursor::next_cursor(now, None), "1000");
    assert_eq!(cursor::next_cursor(now, Some("999")), "1000");
    for client_cursor in ["1000", "1001", "123456"] {
        let next: u64 = cursor::next_cursor(now, Some(client_cursor)).parse().unwrap();
        let client_cursor: u64 = client_cursor.parse().unwrap();
        assert!((client_cursor + 1..=client_cursor + 180).contains(&next), "{next}");
    }
    for wrong in ["", "-1", "x", "1e9", "0", "00999"] {
        assert_eq!(cursor::next_cursor(now, Some(wrong)), "1000", "{wrong}");
    }
    // A client's cursor can have any length.
    for client_cursor in [u64::MAX.to_string(), "9".repeat(23), "9".repeat(200), format!("00{}", u128::MAX)] {
        let next = cursor::next_cursor(now, Some(&client_cursor));
        let client_cursor = client_cursor.trim_start_matches('0');
        assert!((next.len(), &*next) > (client_cursor.len(), client_cursor), "{next} after {client_cursor}");
    }
    assert_eq!(cursor::next_cursor(SystemTime::UNIX_EPOCH, None), "0", "a clock before the first interval");
}
