//! What goes wrong on a machine: in the end it says what the disk says.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::{Server, within};
use crate::sandbox::{Sandbox, executable_path, run_with_input};
use crate::sessions::list;

/// Writes a signal as the hooks do: whole, under another name first.
pub fn publish(sandbox: &Sandbox, session: &str, kind: &str, members: &str) {
    let temporary = sandbox.signal_dir().join(format!(".{session}.{kind}"));
    fs_err::write(&temporary, format!("{{\"session_id\":\"{session}\"{members}}}\n")).unwrap();
    fs_err::rename(temporary, sandbox.signal_path(session, kind)).unwrap();
}

/// What the disk says, sorted by id.
pub fn truth(sandbox: &Sandbox) -> Vec<Value> {
    let mut sessions = list::json(sandbox, &["--all"]);
    sessions.sort_by_key(|value| value["sessionId"].to_string());
    sessions
}

#[track_caller]
fn agrees(server: &Server, sandbox: &Sandbox) {
    let truth = truth(sandbox);
    let mut told = Vec::new();
    let is_so = within(|| {
        told = server.sessions();
        told == truth
    });
    let first = told.iter().zip(&truth).find(|(told, truth)| told != truth);
    assert!(is_so, "{} sessions, not {}; first: {first:#?}", told.len(), truth.len());
}

#[test]
#[cfg(target_os = "linux")]
fn more_changes_than_the_system_keeps_are_found_on_the_disk() {
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let server = Server::start(&sandbox);
    let (_, offset) = server.follow("-1").batch();
    let kept: usize = fs_err::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    server.stop();
    // Each makes several events; what cannot be kept is lost.
    let changes = 20_000.max(kept / 2);
    for number in 0..changes {
        let session = format!("s{}", number % 500);
        // Some file systems make who replaces a file wait for the disk.
        let _ = fs_err::remove_file(sandbox.signal_path(&session, "stop"));
        publish(&sandbox, &session, "stop", &format!(r#","last_assistant_message":"{number}""#));
    }
    for number in 0..100 {
        fs_err::remove_file(sandbox.signal_path(&format!("s{number}"), "stop")).unwrap();
    }
    server.signal("-CONT");
    agrees(&server, &sandbox);
    assert_eq!(server.sessions().len(), 400);
    // And one who followed is told of it all.
    let told = server.get(&format!("/sessions?offset={offset}")).messages();
    let gone: Vec<_> = told.iter().filter(|message| message["headers"]["operation"] == "delete").collect();
    assert_eq!(told.len(), 400, "{gone:?}");
    publish(&sandbox, "more", "stop", "");
    agrees(&server, &sandbox);
}

#[test]
fn a_spool_that_goes_and_comes_is_followed() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    // Made late.
    sandbox.run_hook("s", "Stop", "").assert_success();
    agrees(&server, &sandbox);
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    server.until("s", "ended ended");
    // Deleted: all are gone, and who follows is told.
    let mut events = server.follow("-1");
    events.batch();
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    assert_eq!(events.batch().0[0]["headers"]["operation"], "delete");
    assert!(within(|| server.sessions().is_empty()));
    // Made anew, perhaps under the same inode.
    for round in 0..5 {
        let session = format!("t{round}");
        sandbox.run_hook(&session, "Stop", "").assert_success();
        agrees(&server, &sandbox);
        sandbox.run_hook(&session, "UserPromptSubmit", "").assert_success();
        server.until(&session, "working working");
        fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    }
    // Replaced by another one, whole.
    let other = Sandbox::new();
    other.run_hook("u", "Stop", "").assert_success();
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.until("t", "waiting stop");
    fs_err::rename(sandbox.signal_dir(), sandbox.home().join("old")).unwrap();
    fs_err::rename(other.signal_dir(), sandbox.signal_dir()).unwrap();
    agrees(&server, &sandbox);
    sandbox.run_hook("u", "UserPromptSubmit", "").assert_success();
    server.until("u", "working working");
    // And with the directory above.
    fs_err::rename(sandbox.home().join(".claude"), sandbox.home().join("older")).unwrap();
    assert!(within(|| server.sessions().is_empty()));
    sandbox.run_hook("v", "Stop", "").assert_success();
    agrees(&server, &sandbox);
}

#[test]
fn it_ends_at_once_whoever_listens() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "Stop", "").assert_success();
        let server = Server::start(&sandbox);
        let mut followers: Vec<_> = (0..20).map(|_| server.follow("-1")).collect();
        let idle = server.connect();
        assert_eq!(followers[0].batch().0.len(), 1);
        let start = Instant::now();
        server.signal(signal);
        assert_eq!(server.wait(), Some(0), "{signal}");
        // One second, and a machine that others keep busy; what it takes is measured in benches/serve.rs.
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        // They are told that it ends; they are not cut off.
        assert!(followers[0].next().is_none());
        drop(idle);
    }
}

#[test]
fn who_is_told_that_it_ends_finds_nobody_there() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let mut follower = server.follow("-1");
    follower.batch();
    // On a connection that would take more questions; the second one is on its way already.
    let mut stream = server.connect();
    let ask = b"GET /sessions?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(ask).unwrap();
    stream.write_all(ask).unwrap();
    let other = server.follow("-1");
    server.signal("-TERM");
    assert!(follower.next().is_none());
    let again = TcpStream::connect(("127.0.0.1", server.port));
    assert_eq!(again.map_err(|error| error.kind()).err(), Some(std::io::ErrorKind::ConnectionRefused));
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1, "{text}");
    assert!(text.ends_with("\r\n0\r\n\r\n"), "not cut off: {text}");
    drop(other);
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn a_process_that_dies_and_a_clock_that_jumps_are_seen() {
    let sandbox = Sandbox::new();
    let mut life = crate::sandbox::ClaudeProcess::start(&sandbox);
    life.run_hook("s", "UserPromptSubmit", "").assert_success();
    let server = Server::start(&sandbox);
    server.until("s", "working working");
    drop(life);
    // It is seen by its process, and then written down.
    server.until("s", "ended ended");
    assert!(within(|| server.log().contains("healed s: working -> ended (killed: ")), "{}", server.log());
    let touch = |kind: &str, when: &str| {
        let touched =
            std::process::Command::new("touch").args(["-d", when]).arg(sandbox.signal_path("t", kind)).status();
        assert!(touched.unwrap().success());
    };
    // What is from the future is older than what is not: the clock stepped back.
    publish(&sandbox, "t", "stop", "");
    publish(&sandbox, "t", "working", "");
    touch("stop", "+1 day");
    server.until("t", "working working");
    agrees(&server, &sandbox);
    touch("working", "+2 days");
    server.until("t", "working working");
    touch("stop", "now");
    server.until("t", "waiting stop");
    agrees(&server, &sandbox);
    // A moment ahead comes to pass, with no event: then it is the newest.
    touch("working", "+2 seconds");
    server.until("t", "working working");
}

/// Sessions that ended, as most of very many have, as the hooks leave them.
pub fn fill(sandbox: &Sandbox, count: usize) {
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let mut text = String::new();
    for number in 0..count {
        let id = format!("0cc11bc4-3864-478d-bc8b-{number:012}");
        text.clear();
        let _ = write!(
            text,
            r#"{{"session_id":"{id}","transcript_path":"/home/dev/.claude/projects/-home-dev-work/{id}.jsonl","cwd":"/home/dev/work","hook_event_name":"SessionEnd","reason":"prompt_input_exit","ended_at":"1795246000.123456789","claude_pid":4194300,"claude_start":17,"claude_host":"here/4026531836"}}"#
        );
        fs_err::write(sandbox.signal_path(&id, "ended"), &text).unwrap();
    }
}

#[test]
fn ten_thousand_sessions_fit_into_30_mb() {
    let sandbox = Sandbox::new();
    fill(&sandbox, 10_000);
    let server = Server::start(&sandbox);
    assert_eq!(server.messages().len(), 10_000);
    agrees(&server, &sandbox);
    sandbox.run_hook("s", "Stop", r#""last_assistant_message":"done""#).assert_success();
    server.until("s", "waiting stop");
    #[cfg(target_os = "linux")]
    assert!(server.resident() < 30 << 10, "{} KiB", server.resident());
}

#[test]
fn what_makes_no_sense_costs_itself() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    fs_err::write(sandbox.signal_dir().join("torn.stop.json"), "{\"session_id\":").unwrap();
    fs_err::create_dir(sandbox.signal_dir().join("directory.stop.json")).unwrap();
    fs_err::write(sandbox.signal_dir().join("\u{202e}.stop.json"), "{}").unwrap();
    fs_err::write(sandbox.signal_dir().join("README"), "mine").unwrap();
    std::os::unix::fs::symlink("/dev/zero", sandbox.signal_dir().join("zero.stop.json")).unwrap();
    publish(&sandbox, "t", "stop", r#","last_assistant_message":"\ud800 </script> \u2028""#);
    server.until("t", "waiting stop");
    agrees(&server, &sandbox);
    assert_eq!(server.sessions().len(), 2);
    assert_eq!(server.sessions()[1]["lastMessage"], json!("\u{fffd} </script> \u{2028}"));
    let port = run_with_input(sandbox.command(executable_path("sessions")).args(["serve", "--port", "x"]), "");
    assert_eq!(port.code, Some(2));
}

#[test]
fn what_cannot_be_read_is_told_once_for_each_time_that_it_cannot() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    let server = Server::start(&sandbox);
    let told = || {
        let log = server.log();
        log.lines()
            .filter(|line| line.starts_with("sessions: cannot read ") && line.contains("Not a directory"))
            .count()
    };
    assert!(within(|| told() == 1), "{}", server.log());
    // Two looks later.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(told(), 1, "{}", server.log());
    fs_err::remove_file(sandbox.signal_dir()).unwrap();
    sandbox.run_hook("s", "Stop", "").assert_success();
    server.until("s", "waiting stop");
    std::thread::sleep(Duration::from_millis(1500));
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    assert!(within(|| told() == 2), "{}", server.log());
}

/// `sessions serve` in a user namespace of its own, in which this limit of inotify is reached.
#[cfg(target_os = "linux")]
fn limited(sandbox: &Sandbox, limit: &str) -> std::process::Command {
    let script = format!("echo 0 > /proc/sys/user/{limit} && exec \"$0\" serve --port 0");
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", &script]).arg(executable_path("sessions"));
    command.env("HOME", sandbox.home()).env_remove("CLAUDE_CONFIG_DIR");
    command
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs a user namespace"]
fn inotify_that_has_nothing_left_is_named() {
    for (limit, told) in [
        (
            "max_inotify_instances",
            "inotify has no instance left for this user: raise fs.inotify.max_user_instances (now ",
        ),
        ("max_inotify_watches", "inotify has no watch left for this user: raise fs.inotify.max_user_watches (now "),
    ] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "Stop", "").assert_success();
        let mut serve = limited(&sandbox, limit);
        let mut serve = serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Where it serves all the same, it would serve for ever.
        let is_over = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            serve.try_wait().unwrap().is_some()
        });
        let _ = serve.kill();
        let output = serve.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(is_over, "{limit}: it serves, and sees nothing: {}", String::from_utf8_lossy(&output.stdout));
        assert!(error.starts_with(&format!("sessions: {told}")) && error.ends_with(") with sysctl\n"), "{error:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs strace"]
fn who_deletes_very_many_signals_is_not_kept_waiting_by_looks_at_each() {
    const COUNT: usize = 5000;
    let sandbox = Sandbox::new();
    fill(&sandbox, COUNT);
    let counts = sandbox.home().join("counts");
    let serve = super::server::command(&sandbox, 0);
    // Detached: the server is our child, and strace its own.
    let mut strace = std::process::Command::new("strace");
    strace.args(["-D", "-f", "-c", "-e", "trace=openat", "-o"]).arg(&counts).arg(serve.get_program());
    strace.args(serve.get_args()).env_remove("CLAUDE_CONFIG_DIR").env("HOME", sandbox.home()).stdout(Stdio::piped());
    let server = Server::spawn(&sandbox, strace);
    assert_eq!(server.messages().len(), COUNT);
    for entry in fs_err::read_dir(sandbox.signal_dir()).unwrap() {
        fs_err::remove_file(entry.unwrap().path()).unwrap();
    }
    // One that comes meanwhile is not missed.
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert!(within(|| server.sessions().len() == 1));
    agrees(&server, &sandbox);
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let mut text = String::new();
    assert!(within(|| {
        text = fs_err::read_to_string(&counts).unwrap_or_default();
        text.contains("total")
    }));
    let line = text.lines().find(|line| line.trim_end().ends_with("openat")).unwrap();
    let calls: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap();
    // Each was opened once, to be read.
    assert!(calls < 3 * COUNT, "{text}");
}
