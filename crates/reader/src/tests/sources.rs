//! Each source on what the real CLI wrote.

use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;
use session_signals_protocol::cli_process;

use crate::collector::Collector;
use crate::host::{Host, is_process_alive};
use crate::pending_call::PendingCall;
use crate::process_state::ProcessState;
use crate::registry;
use crate::registry::RegistryFile;
use crate::registry::RegistryStatus;
use crate::session::Session;
use crate::session_list::{SessionFilter, read_sessions};
use crate::session_state::{SessionState, decide_state};
use crate::signal::{self, Signal, SignalError};
use crate::signal_dir::{SignalDir, parse_signal_name};
use crate::tests::{at, evidence};
use crate::transcript::{self, TranscriptTail};

fn fixture(name: &str) -> Vec<u8> {
    fs_err::read(format!("{}/../../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A recorded account, as if it were this process's: `pid`, `procStart` and `pidDomain` made ours.
fn as_ours(name: &str) -> String {
    let mut account: serde_json::Value = serde_json::from_slice(&fixture(&format!("registry/{name}.json"))).unwrap();
    let pid = std::process::id();
    account["pid"] = pid.into();
    account["procStart"] = cli_process::read_stat(pid).unwrap().start.to_string().into();
    if let Some(namespace) = Host::read().namespace().filter(|_| account.get("pidDomain").is_some()) {
        account["pidDomain"] = format!("linux:3d12:pid:[{namespace}]").into();
    }
    account.to_string()
}

fn parse(text: &str) -> Option<RegistryFile> {
    registry::parse_registry_file(text.as_bytes(), at(0), &std::process::id().to_string(), &Host::read())
}

/// The account of a process that lives.
fn vouched(text: &str) -> registry::RegistryEntry {
    match parse(text) {
        Some(RegistryFile::Vouched(entry)) => entry,
        _ => panic!("{text}"),
    }
}

#[test]
fn the_registry_of_both_versions() {
    for (name, status) in [
        ("busy", RegistryStatus::Busy),
        ("idle", RegistryStatus::Idle),
        ("waiting-permission", RegistryStatus::Permission),
        ("waiting-permission-2.1.197", RegistryStatus::Permission),
    ] {
        let entry = vouched(&as_ours(name));
        assert_eq!(entry.status, status, "{name}");
        assert_eq!(entry.cwd.unwrap().to_str(), Some("/home/dev/work"));
    }
    let entry = vouched(&as_ours("busy"));
    assert_eq!(entry.status_changed_at, SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_246_536_588));
    for (waiting_for, status) in [
        ("input needed", RegistryStatus::Question),
        ("dialog open", RegistryStatus::Dialog),
        ("something new", RegistryStatus::Other),
    ] {
        let entry = vouched(&as_ours("waiting-permission").replace("permission prompt", waiting_for));
        assert_eq!(entry.status, status);
    }
}

#[test]
fn a_registry_file_without_a_status_is_no_evidence_and_no_nonsense() {
    // So it is in a CLI's first second, and for good before 2.1.139.
    let account = parse(&as_ours("busy").replace("\"status\"", "\"formerly\"").replace("statusUpdatedAt", "then"));
    assert!(matches!(account, Some(RegistryFile::Silent)));
}

#[test]
fn what_the_background_service_keeps_ready_is_no_session_and_neither_is_what_a_window_handed_over() {
    let with = |members: &str| parse(&as_ours("idle").replace("\"kind\":\"interactive\"", members));
    assert!(matches!(with(r#""kind":"interactive","spare":false"#), Some(RegistryFile::Vouched(_))));
    assert!(matches!(with(r#""kind":"bg","jobId":"895ffc8e""#), Some(RegistryFile::Vouched(_))));
    assert!(matches!(with(r#""kind":"bg","spare":true"#), Some(RegistryFile::Spare(_))));
    let elsewhere = as_ours("idle").replace("\"kind\":\"interactive\"", r#""kind":"bg","spare":true"#);
    let elsewhere = elsewhere.replace(Host::read().namespace().unwrap(), "1");
    assert!(matches!(parse(&elsewhere), Some(RegistryFile::Spare(_))), "nobody knows whether it lives");
    assert!(matches!(with(r#""kind":"interactive","parkedJobId":"895ffc8e""#), Some(RegistryFile::Parked(_))));
    for silent in [r#""kind":"daemon""#, r#""kind":"daemon-worker""#] {
        assert!(matches!(with(silent), Some(RegistryFile::Silent)), "{silent}");
    }
}

#[test]
fn a_registry_file_is_believed_only_while_its_process_lives_here() {
    let ours = as_ours("busy");
    let start = cli_process::read_stat(std::process::id()).unwrap().start.to_string();
    let is_silent = |text: &str| matches!(parse(text), Some(RegistryFile::Silent));
    assert!(is_silent(&ours.replace(&start, "17")), "another process has the PID by now");
    assert!(
        registry::parse_registry_file(ours.as_bytes(), at(0), "1", &Host::read()).is_none(),
        "the name says another PID"
    );
    let namespace = Host::read().namespace().unwrap().to_owned();
    let elsewhere = parse(&ours.replace(&namespace, "1"));
    assert!(matches!(elsewhere, Some(RegistryFile::Unproven(entry)) if entry.namespace.as_deref() == Some("1")));
    for torn in ["", "{", "[]", "null", r#"{"pid":1}"#, &ours[..ours.len() - 1]] {
        assert!(parse(torn).is_none(), "{torn}");
    }
}

#[test]
fn the_transcript_marks_a_denial_and_an_interrupt_in_a_tool() {
    let text = fixture("transcripts/denied-escaped-interrupted-failed.jsonl");
    let tail = TranscriptTail::parse(&text);
    assert_eq!(tail.interrupted_at, Some(humantime::parse_rfc3339("2026-11-21T07:49:26.249Z").unwrap()));
    let call = |command: &str| PendingCall {
        tool_name: Some("Bash".into()),
        tool_input: serde_json::json!({"command": command, "description": command}),
        ..PendingCall::default()
    };
    assert!(tail.has_result(&call("sleep 5 > x.txt")));
    assert!(!tail.has_result(&call("sleep 6 > x.txt")));
    assert!(!tail.has_result(&PendingCall { agent_id: Some("a".into()), ..call("sleep 5 > x.txt") }));
    let before = text.windows(3).position(|bytes| bytes == b"no2").unwrap();
    let first = TranscriptTail::parse(&text[..before]);
    assert_eq!(first.interrupted_at, Some(humantime::parse_rfc3339("2026-11-21T07:49:22.784Z").unwrap()));
}

#[test]
fn a_transcript_of_any_size_costs_its_end() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("t.jsonl");
    let mut file = fs_err::File::create(&path).unwrap();
    file.seek(SeekFrom::Start(8 << 30)).unwrap(); // a hole: 8 GiB that take no room
    file.write_all(b"\n").unwrap();
    file.write_all(&fixture("transcripts/denied-escaped-interrupted-failed.jsonl")).unwrap();
    assert!(TranscriptTail::read(&path).unwrap().interrupted_at.is_some());
    // An interrupt that lies further back than the end is none.
    file.write_all(&vec![b' '; usize::try_from(transcript::MAX_TAIL_LEN).unwrap()]).unwrap();
    assert!(TranscriptTail::read(&path).unwrap().interrupted_at.is_none());
    assert!(TranscriptTail::read(home.path()).is_err());
    assert!(TranscriptTail::read("/dev/zero".as_ref()).is_err());
}

#[test]
fn a_signal_and_what_is_none() {
    let text = br#"{"cwd":"/w","pending":[{"tool_name":"Bash"}],"pending_since":"1795246536.500000000","claude_pid":7,"error":{"x":1}}"#;
    let signal = Signal::parse(text, at(0), SignalKind::Permission).unwrap();
    assert_eq!(signal.since, SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_246_536_500));
    assert_eq!(
        (signal.members.claude_pid, &signal.members.error, signal.members.pending.as_ref().unwrap().len()),
        (Some(7), &None, 1)
    );
    for stamp in ["999999999999.000000000", "253402300800.000000000", "-1.000000000"] {
        assert_eq!(signal::parse_stamp(stamp), None);
    }
    let ancient = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(Signal::parse(b"{}", ancient, SignalKind::Stop).unwrap().time, SystemTime::UNIX_EPOCH);
    for torn in ["", "{", "[]", "null", "\u{0}", "{}}"] {
        assert!(
            matches!(Signal::parse(torn.as_bytes(), at(0), SignalKind::Stop), Err(SignalError::Malformed)),
            "{torn:?}"
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
fn a_signal_of_a_newer_format_is_not_understood() {
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
fn a_signal_of_a_newer_format_is_skipped_counted_and_reported() {
    let config_dir = tempfile::tempdir().unwrap();
    let signal_dir = SignalDir::of_config_dir(config_dir.path());
    fs_err::create_dir(signal_dir.path()).unwrap();
    let newer = signal_dir.signal_path("newer", SignalKind::Working);
    fs_err::write(&newer, r#"{"signal_format":2}"#).unwrap();
    fs_err::write(signal_dir.signal_path("known", SignalKind::Stop), r#"{"signal_format":1}"#).unwrap();
    fs_err::write(signal_dir.signal_path("torn", SignalKind::Stop), "{").unwrap();
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
fn one_odd_value_costs_itself() {
    let text = br#"{"prompt":"a\ud800b \ud83d\ude00 \\ud800\udc00","background_tasks":[7,{"type":"shell","status":1}],"pending":[
        {"tool_name":"A","tool_input":{"n":1e400}},7,[],{"tool_name":"B","tool_input":{"s":"x\udfff"},"message":7}]}"#;
    let members = &Signal::parse(text, at(0), SignalKind::Permission).unwrap().members;
    assert_eq!(members.prompt.as_deref(), Some("a\u{fffd}b \u{1f600} \\ud800\u{fffd}"));
    assert_eq!(members.background_tasks.as_ref().unwrap()[0].r#type, "shell");
    let calls = members.pending.as_ref().unwrap();
    let told = |index: usize| (calls[index].tool_name.as_deref().unwrap(), calls[index].tool_input.to_string());
    assert_eq!((calls.len(), told(0), told(1)), (2, ("A", "null".into()), ("B", "{\"s\":\"x\u{fffd}\"}".into())));
}

#[test]
fn a_registry_file_with_an_odd_id_or_time_is_none() {
    let with = |member: &str, value: serde_json::Value| {
        let mut account: serde_json::Value = serde_json::from_str(&as_ours("busy")).unwrap();
        account[member] = value;
        match parse(&account.to_string()) {
            Some(RegistryFile::Vouched(entry)) => Some(entry),
            _ => None,
        }
    };
    for id in ["\u{1b}[31mX", "", "..", "a/b", &"x".repeat(129)] {
        assert!(with("sessionId", id.into()).is_none(), "{id:?}");
    }
    let entry = with("statusUpdatedAt", 99_999_999_999_999_999_u64.into()).unwrap();
    assert_eq!(Some(entry.status_changed_at), entry.started_at);
    assert_eq!(with("startedAt", u64::MAX.into()).unwrap().started_at, None);
}

#[test]
fn a_hook_that_outlived_its_cli_names_no_process() {
    let host = cli_process::host_id().unwrap();
    let members = format!(r#"{{"claude_host":"{}"}}"#, String::from_utf8_lossy(host.as_bytes()));
    let signal = |members: &str| Signal::parse(members.as_bytes(), SystemTime::now(), SignalKind::Working).unwrap();
    let life = |begins_with_cli, members: &str| {
        let mut host = Host::read();
        host.begins_with_cli = begins_with_cli;
        host.process_state(&signal(members), is_process_alive)
    };
    assert_eq!(life(false, &members), ProcessState::Dead);
    assert_eq!(life(true, &members), ProcessState::Unknown, "it may be process 1's own, in a container");
    assert_eq!(
        life(false, r#"{"claude_host":"elsewhere/1"}"#),
        ProcessState::Unknown,
        "it may be process 1's own, over there"
    );
    assert_eq!(life(false, "{}"), ProcessState::Unknown, "a script's");
}

#[test]
fn who_takes_in_orphans_is_no_cli() {
    let directory = tempfile::tempdir().unwrap();
    for (name, is_one) in [("systemd", false), ("claude", true)] {
        let program = directory.path().join(name);
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let mut child = std::process::Command::new(&program).arg("1000").spawn().unwrap();
        // It has its name once it has become the program.
        let comm = format!("/proc/{}/comm", child.id());
        while fs_err::read_to_string(&comm).unwrap().trim_end() != name {
            std::thread::yield_now();
        }
        assert_eq!(is_process_alive(child.id(), None), is_one, "{name}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_pid_counts_with_its_start_only() {
    let start = cli_process::read_stat(std::process::id()).unwrap().start;
    let signal = |members: &str, seconds: u64| {
        let at = SystemTime::now() + Duration::from_secs(1) - Duration::from_secs(seconds);
        Signal::parse(format!("{{{members}}}").as_bytes(), at, SignalKind::Stop).unwrap()
    };
    let host = Host::read();
    let life = |members: &str, seconds| {
        host.process_state(&signal(&members.replace("PID", &std::process::id().to_string()), seconds), is_process_alive)
    };
    assert_eq!(life("", 0), ProcessState::Unknown);
    assert_eq!(life(r#""claude_pid":PID"#, 0), ProcessState::Alive);
    assert_eq!(life(&format!(r#""claude_pid":PID,"claude_start":{start}"#), 0), ProcessState::Alive);
    assert_eq!(life(&format!(r#""claude_pid":PID,"claude_start":{}"#, start + 1), 0), ProcessState::Dead);
    assert_eq!(
        life(&format!(r#""claude_pid":PID,"claude_start":{start}"#), 1_000_000_000),
        ProcessState::Alive,
        "the clock stepped: it lives, whatever the time says"
    );
    assert_eq!(life(r#""claude_pid":PID"#, 1_000_000_000), ProcessState::Dead, "before the machine was started");
    assert_eq!(life("", 1_000_000_000), ProcessState::Dead, "the same, of a script that names no process");
    assert_eq!(life(r#""claude_pid":PID,"claude_host":"elsewhere/1""#, 1_000_000_000), ProcessState::Elsewhere);
    assert_eq!(life(r#""claude_pid":4194305"#, 0), ProcessState::Dead);
    assert_eq!(life(r#""claude_pid":PID,"claude_host":"elsewhere/1""#, 0), ProcessState::Elsewhere);
    let mut child = std::process::Command::new("true").spawn().unwrap();
    while cli_process::read_stat(child.id()).is_some_and(|stat| !stat.is_zombie) {
        std::thread::yield_now();
    }
    assert!(!is_process_alive(child.id(), None), "a zombie");
    child.wait().unwrap();
}

#[test]
fn the_directory_is_that_of_whichever_source_is_newer() {
    let cwd = |registry_at: u64| {
        let mut evidence = evidence("", &format!("idle@{registry_at}"), "");
        evidence.signals.replace(SignalKind::Stop, Signal::parse(br#"{"cwd":"/a"}"#, at(20), SignalKind::Stop).ok());
        evidence.registry.as_mut().unwrap().cwd = Some("/b".into());
        // What the registry says besides its status is as new as its file.
        evidence.registry.as_mut().unwrap().status_changed_at = at(5);
        Session::from_evidence("s", &evidence, at(1000)).cwd
    };
    assert_eq!(cwd(30), Some("/b".into()), "/cd fires no hook");
    assert_eq!(cwd(10), Some("/a".into()), "a hook heard of it first");
    let mut unsaid = evidence("stop@20", "idle@10", "");
    unsaid.registry.as_mut().unwrap().cwd = Some("/b".into());
    assert_eq!(Session::from_evidence("s", &unsaid, at(1000)).cwd, Some("/b".into()), "the signal does not say");
}

#[test]
fn whether_a_teammate_rests_is_known_by_the_registry_alone() {
    let lines = fixture("claude-2.1.330/teammate.jsonl");
    let events = lines.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{"));
    let stops: Vec<_> = events
        .filter_map(|event| Signal::parse(event, at(20), SignalKind::Stop).ok())
        .filter(|event| event.members.hook_event_name.as_deref() == Some("Stop") && event.members.has_delegated_task())
        .collect();
    // The teammate works at the first, and rests at the next: these two say the same of it.
    assert_eq!(stops.len(), 5);
    for stop in stops {
        for (registry, state, rule) in [
            ("busy@21", SessionState::Working, "queued"),
            ("busy@10", SessionState::Working, "queued"),
            ("idle@21", SessionState::Waiting, "idle"),
            ("", SessionState::Waiting, "stop"),
        ] {
            let mut evidence = evidence("", registry, "");
            evidence.signals.replace(SignalKind::Stop, Some(stop.clone()));
            let verdict = decide_state(&evidence, at(1000));
            assert_eq!((verdict.state, verdict.rule), (state, rule), "{registry}");
        }
    }
}
