//! Text for a terminal.

use std::time::Duration;

use crate::display_text::{display_width, format_duration, make_harmless, pad_right, truncate};

#[test]
fn durations_have_the_largest_whole_unit() {
    let shown =
        [0, 59, 60, 3599, 3600, 86399, 86400, 8_640_000].map(|seconds| format_duration(Duration::from_secs(seconds)));
    assert_eq!(shown, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "100d"]);
}

#[test]
fn text_is_made_harmless_and_cut_to_a_width() {
    assert_eq!(make_harmless("a\x1b[31m\r\n\tb\u{202e}c\u{61c}d\u{9b}"), "a [31m b c d");
    assert_eq!(
        (truncate("abcdef", 6), truncate("abcdef", 5), truncate("漢字漢字", 5), truncate("漢字", 0)),
        ("abcdef".into(), "abcd…".into(), "漢字…".into(), String::new())
    );
    assert_eq!((display_width("漢字e\u{301}"), pad_right("漢", 4)), (5, "漢  ".to_owned()));
}
