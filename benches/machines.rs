//! How long does it take from a hook on one machine until the page of another one knows, with 100 machines of 50 sessions each,
//! ten readers, and one NATS server between them?
//!
//! All of them are processes of this machine, so the network between them costs nothing here. It needs Debian's nats-server.

mod nats_process;
mod process_costs;
#[expect(dead_code, reason = "the other benches use the rest")]
mod server_process;
mod stream_follower;
mod verdict;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use nats_process::NatsProcess;
use server_process::ServerProcess;
use stream_follower::SignalTimes;
use verdict::verdict;

const MACHINES: usize = 100;
const SESSIONS: usize = 50;
const READERS: usize = 10;

/// How many hooks are measured. Each starts a turn of another session.
const EVENTS: usize = 500;

/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(40);

/// The limit for 99 of 100 events.
const TARGET: Duration = Duration::from_millis(100);

/// How long everything may take to know everything at the start.
const LIMIT: Duration = Duration::from_secs(120);

/// For how long everything is watched while nothing happens.
const QUIET: Duration = Duration::from_secs(30);

fn main() {
    let nats = NatsProcess::start();
    let homes: Vec<_> = (0..MACHINES).map(|_| TempDir::new().expect("a directory")).collect();
    for home in &homes {
        (0..SESSIONS).for_each(|number| run_hook(home.path(), "hook-stop", "Stop", number, "answer"));
    }
    let start = Instant::now();
    let publish = |(number, home): (usize, &TempDir)| {
        let host = format!("box{number}");
        let options = ["--publish", &nats.url(), "--host", &host, "--publish-text", "full"];
        ServerProcess::start_with(&home.path().join(".claude"), &options, Stdio::null()).0
    };
    let publishers: Vec<_> = homes.iter().enumerate().map(publish).collect();
    let empty: Vec<_> = (0..READERS).map(|_| TempDir::new().expect("a directory")).collect();
    let read = |home: &TempDir| {
        let config_dir = home.path().join(".claude");
        fs_err::create_dir(&config_dir).expect("the configuration directory");
        ServerProcess::start_with(&config_dir, &["--from", &nats.url()], Stdio::null()).0
    };
    let readers: Vec<_> = empty.iter().map(read).collect();
    let knows_all =
        |reader: &ServerProcess| reader.get_sessions().matches("\"sessionId\"").count() == MACHINES * SESSIONS;
    while !readers.iter().all(knows_all) {
        assert!(start.elapsed() < LIMIT, "the readers do not know all sessions");
        std::thread::sleep(Duration::from_millis(100));
    }
    let started = start.elapsed();

    let times: Vec<_> = readers.iter().map(|_| SignalTimes::default()).collect();
    for (reader, times) in readers.iter().zip(&times) {
        stream_follower::follow(reader.port, times);
    }
    for number in 0..EVENTS {
        let now = Instant::now();
        for times in &times {
            times.lock().expect("no panic").push((now, None));
        }
        let home = homes[number % MACHINES].path();
        run_hook(home, "hook-user-prompt-submit", "UserPromptSubmit", number / MACHINES, &number.to_string());
        std::thread::sleep(PAUSE);
    }
    std::thread::sleep(Duration::from_secs(2));
    let mut latencies = Vec::new();
    for times in &times {
        let times = times.lock().expect("no panic");
        latencies.extend(times.iter().map(|(sent, arrived)| arrived.expect("it arrives").duration_since(*sent)));
    }
    latencies.sort();
    let part = |part: usize| latencies[(latencies.len() - 1) * part / 1000];
    println!("\n| {MACHINES} machines with {SESSIONS} sessions each, {READERS} readers | |\n| --- | ---: |");
    println!("| from the start of the first machine until all readers know all sessions | {started:.1?} |");
    println!("| from a hook to the stream of a reader, median | {:.1?} |", part(500));
    println!("| the same, 99 of 100 | {:.1?} |", part(990));
    println!("| the same, worst of {} | {:.1?} |", latencies.len(), part(1000));

    let before = (nats.processor_time(), publishers[0].processor_time(), readers[0].processor_time());
    std::thread::sleep(QUIET);
    let seconds = QUIET.as_secs_f64();
    let quiet = |now: f64, before: f64| format!("{:.2} %", (now - before) / seconds * 100.0);
    let mebibytes = |kibibytes: u64| format!("{} MiB", kibibytes.div_ceil(1024));
    println!("\n| | highest memory | processor while nothing happens |\n| --- | ---: | ---: |");
    println!("| the NATS server | {} | {} |", mebibytes(nats.memory().1), quiet(nats.processor_time(), before.0));
    let (publisher, reader) = (&publishers[0], &readers[0]);
    println!(
        "| one machine that publishes | {} | {} |",
        mebibytes(publisher.memory().1),
        quiet(publisher.processor_time(), before.1)
    );
    println!("| one reader | {} | {} |", mebibytes(reader.memory().1), quiet(reader.processor_time(), before.2));
    println!("\nThe store of the server has {}.\n", mebibytes(nats.store_size() / 1024));
    let text = format!("99 of 100 events known after {:.1?} (target: under {TARGET:?})", part(990));
    println!("{}", verdict(part(990) < TARGET, &text));
}

/// Runs a hook of a session, which gets this text.
fn run_hook(home: &Path, hook: &str, event: &str, session: usize, text: &str) {
    let member = if event == "Stop" { "last_assistant_message" } else { "prompt" };
    let payload = format!(
        r#"{{"session_id":"{session:08}","hook_event_name":"{event}","cwd":"/srv/project-{session}","{member}":"{text}"}}"#
    );
    let executable = match hook {
        "hook-stop" => env!("CARGO_BIN_EXE_hook-stop"),
        _ => env!("CARGO_BIN_EXE_hook-user-prompt-submit"),
    };
    let mut command = Command::new(executable);
    let mut process =
        command.env("CLAUDE_CONFIG_DIR", home.join(".claude")).stdin(Stdio::piped()).spawn().expect("a hook");
    process.stdin.take().expect("its stdin").write_all(payload.as_bytes()).expect("it reads");
    assert!(process.wait().expect("it ends").success());
}
