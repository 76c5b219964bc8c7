//! The table of sessions.

use crate::display_text::display_width;
use crate::session_table::draw_table;
use crate::tests::{at, evidence};
use crate::text_table::TableFormat;
use session_signals_reader::Session;

#[test]
fn sessions_that_need_the_user_come_first() {
    let plain = |columns| TableFormat { columns, is_coloured: false };
    let coloured = TableFormat { columns: None, is_coloured: true };
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
    let table = draw_table(&sessions, at(200), plain(None));
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
        let narrow = draw_table(&sessions, at(200), plain(Some(columns)));
        assert!(narrow.lines().all(|line| display_width(line) <= columns.max(9)), "{columns}: {narrow}");
    }
    assert!(draw_table(&sessions, at(200), coloured).starts_with("\x1b[33m▲ approve\x1b[0m"));
}

#[test]
fn a_session_whose_machine_cannot_be_reached_says_only_that() {
    let plain = TableFormat { columns: None, is_coloured: false };
    let mut lost = Session::from_evidence("bbbbbbbbbbbb", &evidence(&[("working", 20, r#"{"prompt":"go"}"#)]), at(200));
    lost.machine = Some("box".to_owned());
    let own = Session::from_evidence("aaaaaaaaaaaa", &evidence(&[("ended", 20, "{}")]), at(200));
    let mut sessions = [own, lost.into_unreachable(at(150))];
    sessions.sort_by_key(Session::sort_key);
    let expected = "\
? unreachable   50s  -  -  bbbbbbbb  on box: the machine cannot be reached
○ ended          3m  -  -  aaaaaaaa  the session ended
";
    assert_eq!(draw_table(&sessions, at(200), plain), expected);
}
