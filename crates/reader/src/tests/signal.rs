//! Signals: what is read of them, and what is not a signal.

use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use super::at;
use crate::collector::Collector;
use crate::session_list::{SessionFilter, read_sessions};
use crate::signal::{Signal, SignalError, parse_stamp};
use crate::signal_dir::{SignalDir, parse_signal_name};

#[test]
fn parses_signals_and_their_names() {
    let text = br#"{"cwd":"/w","pending":[{"tool_name":"Bash"}],"pending_since":"1795246536.500000000","claude_pid":7,"error":{"x":1}}"#;
    let signal = Signal::parse(text, at(0), SignalKind::Permission).unwrap();
    assert_eq!(signal.since, SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_246_536_500));
    assert_eq!(
        (signal.members.claude_pid, &signal.members.error, signal.members.pending.as_ref().unwrap().len()),
        (Some(7), &None, 1)
    );
    for stamp in ["999999999999.000000000", "253402300800.000000000", "-1.000000000"] {
        assert_eq!(parse_stamp(stamp), None);
    }
    let ancient = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(Signal::parse(b"{}", ancient, SignalKind::Stop).unwrap().time, SystemTime::UNIX_EPOCH);
    for invalid in ["", "{", "[]", "null", "\u{0}", "{}}"] {
        assert!(
            matches!(Signal::parse(invalid.as_bytes(), at(0), SignalKind::Stop), Err(SignalError::Malformed)),
            "{invalid:?}"
        );
    }
    let long = format!("{}.stop.json", "x".repeat(129));
    for name in
        ["a.stop.json.tmp", ".a.stop.0123", "a.json", ".stop.json", "a.b.stop.json", "ä.stop.json", &long, "stop.json"]
    {
        assert!(parse_signal_name(name.as_ref()).is_none(), "{name}");
    }
    assert_eq!(parse_signal_name("a-1.stop.json".as_ref()), Some(("a-1", SignalKind::Stop)));
}

#[test]
fn a_signal_of_an_unknown_format_is_not_understood() {
    let parse = |members: &str| Signal::parse(format!("{{{members}}}").as_bytes(), at(0), SignalKind::Working);
    for known in ["", r#""signal_format":1"#] {
        assert!(parse(known).is_ok(), "{known}");
    }
    for unknown in ["2", "0", "-1", "1.5", "\"1\"", "null", "[]"] {
        match parse(&format!("\"signal_format\":{unknown},\"cwd\":\"/w\"")) {
            Err(SignalError::UnknownFormat(format)) => assert_eq!(format, unknown),
            other => panic!("{unknown}: {other:?}"),
        }
    }
}

#[test]
fn a_signal_of_an_unknown_format_is_skipped_counted_and_reported() {
    let config_dir = tempfile::tempdir().unwrap();
    let signal_dir = SignalDir::of_config_dir(config_dir.path());
    fs_err::create_dir(signal_dir.path()).unwrap();
    let newer = signal_dir.signal_path("newer", SignalKind::Working);
    fs_err::write(&newer, r#"{"signal_format":2}"#).unwrap();
    fs_err::write(signal_dir.signal_path("known", SignalKind::Stop), r#"{"signal_format":1}"#).unwrap();
    fs_err::write(signal_dir.signal_path("malformed", SignalKind::Stop), "{").unwrap();
    let list = read_sessions(config_dir.path(), SessionFilter::All);
    let ids: Vec<_> = list.sessions.iter().map(|session| &*session.session_id).collect();
    assert_eq!((ids, list.skipped_files.signals), (vec!["known"], 2));
    let sentence = format!(
        "cannot understand {}: its signal_format is 2, and this version of session-signals understands only formats up to 1",
        newer.display()
    );
    assert_eq!(list.unreadable, [sentence]);
    // The signal is understood again once it has a known format.
    let mut collector = Collector::new(config_dir.path());
    collector.read_all_signals();
    fs_err::write(&newer, "{}").unwrap();
    collector.read_session_signals("newer");
    let list = collector.list_sessions(SessionFilter::All, SystemTime::now());
    assert_eq!((list.sessions.len(), list.unreadable.len()), (2, 0));
}

#[test]
fn a_value_of_an_unexpected_type_counts_as_missing() {
    let text = br#"{"prompt":"a\ud800b \ud83d\ude00 \\ud800\udc00","background_tasks":[7,{"type":"shell","status":1}],"pending":[
        {"tool_name":"A","tool_input":{"n":1e400}},7,[],{"tool_name":"B","tool_input":{"s":"x\udfff"},"message":7}]}"#;
    let members = &Signal::parse(text, at(0), SignalKind::Permission).unwrap().members;
    assert_eq!(members.prompt.as_deref(), Some("a\u{fffd}b \u{1f600} \\ud800\u{fffd}"));
    assert_eq!(members.background_tasks.as_ref().unwrap()[0].r#type, "shell");
    let calls = members.pending.as_ref().unwrap();
    let call = |index: usize| (calls[index].tool_name.as_deref().unwrap(), calls[index].tool_input.to_string());
    assert_eq!((calls.len(), call(0), call(1)), (2, ("A", "null".into()), ("B", "{\"s\":\"x\u{fffd}\"}".into())));
}
