//! What a person gets to see.

use std::time::Duration;

use crate::display_text::{display_width, format_duration, make_harmless, pad_right, truncate};
use crate::table::draw_table;
use crate::terminal::page_lines;
use crate::tests::{at, evidence};
use session_signals_reader::Session;

#[test]
fn durations_in_two_figures() {
    let shown =
        [0, 59, 60, 3599, 3600, 86399, 86400, 8_640_000].map(|seconds| format_duration(Duration::from_secs(seconds)));
    assert_eq!(shown, ["0s", "59s", "1m", "59m", "1h", "23h", "1d", "100d"]);
}

#[test]
fn text_that_fits_and_does_no_harm() {
    assert_eq!(make_harmless("a\x1b[31m\r\n\tb\u{202e}c\u{61c}d\u{9b}"), "a [31m b c d");
    assert_eq!(
        (truncate("abcdef", 6), truncate("abcdef", 5), truncate("漢字漢字", 5), truncate("漢字", 0)),
        ("abcdef".into(), "abcd…".into(), "漢字…".into(), String::new())
    );
    assert_eq!((display_width("漢字e\u{301}"), pad_right("漢", 4)), (5, "漢  ".to_owned()));
}

#[test]
fn what_a_screen_cannot_hold_is_counted() {
    assert_eq!(page_lines("a\nb\nc\n", 3), ["a", "b", "c"]);
    assert_eq!(page_lines("a\nb\nc\n", 2), ["a", "… 2 more"]);
    assert_eq!((page_lines("a\nb\n", 1), page_lines("a\n", 0)), (vec!["… 2 more".to_owned()], vec![]));
}

#[test]
fn who_needs_you_first_comes_first() {
    let session = |id: &str, signals: &[_]| Session::from_evidence(id, &evidence(signals), at(200));
    let call = r#"{"pending":[{"tool_name":"Bash","tool_input":{"n":1}}]}"#;
    let mut sessions = [
        session("dddddddddddd", &[("ended", 1, "{}")]),
        session("eeeeeeeeeeee", &[("stop", 10, r#"{"hook_event_name":"SessionStart"}"#)]),
        session("ffffffffffff", &[("working", 20, "{}"), ("permission", 120, r#"{"pending":[]}"#)]),
        session("cccccccccccc", &[("working", 20, "{}")]),
        session("bbbbbbbbbbbb", &[("stop", 30, "{}")]),
        session("bbbbbbbbbbb0", &[("stop", 20, "{}")]),
        session("aaaaaaaaaaaa", &[("working", 20, "{}"), ("permission", 100, call)]),
    ];
    sessions.sort_by_key(Session::sort_key);
    let table = draw_table(&sessions, at(200), None, false);
    let expected = "\
▲ approve    1m  -  -  aaaaaaaa  Bash: {\"n\":1}
▲ approve    1m  -  -  ffffffff  a call needs approval
◆ waiting    3m  -  -  bbbbbbbb  the turn is over
◆ waiting    2m  -  -  bbbbbbbb  the turn is over
◆ waiting    3m  -  -  eeeeeeee  started, and no prompt since
● working    3m  -  -  cccccccc  a turn runs
○ ended      3m  -  -  dddddddd  the session ended
";
    assert_eq!(table, expected);
    for columns in 0..60 {
        let narrow = draw_table(&sessions, at(200), Some(columns), false);
        assert!(narrow.lines().all(|line| display_width(line) <= columns.max(9)), "{columns}: {narrow}");
    }
    assert!(draw_table(&sessions, at(200), None, true).starts_with("\x1b[33m▲ approve\x1b[0m"));
    assert!(draw_table(&[], at(0), None, true).starts_with("No session is open."));
}
