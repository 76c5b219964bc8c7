//! `sessions serve` under load: from a hook's rename to the event at a client, and what it takes to stay so.
//!
//! 10,000 sessions, and for 30 s 2,000 signals a second, written as the hooks write them: whole, under another name, with
//! the time of their event, then renamed, then the clearing. Beside that real hooks, as many as one after the other can be.
//! Before that, what there may be very much of.

mod extremes;
mod server;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use server::Server;

const SESSIONS: u32 = 10_000;
const RATE: u32 = 2_000;
const SECONDS: u32 = 30;
/// At most so long from the rename to the event, for 99 of 100.
const LATENCY: Duration = Duration::from_millis(50);
/// At most so long from the start to the first answer.
const START: Duration = Duration::from_millis(50);
/// At most so long from SIGTERM to its end, whoever listens.
const END: Duration = Duration::from_secs(1);
/// At most so much resident memory, in KiB.
const MEMORY: u64 = 30 << 10;

fn main() {
    // Where a file system makes who replaces a file wait for the disk, one thread cannot write 2,000 a second.
    let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { env!("CARGO_TARGET_TMPDIR") };
    // `cargo bench --bench serve extremes` measures those alone, and `load` the rest.
    if std::env::args().all(|argument| argument != "load") {
        extremes::run(Path::new(parent));
    }
    if std::env::args().any(|argument| argument == "extremes") {
        return;
    }
    let home = tempfile::tempdir_in(parent).expect("a directory");
    fs_err::create_dir(spool(home.path())).expect("the spool");
    for number in 0..30 {
        end(home.path(), number);
    }
    let mut starts: Vec<_> = (0..21).map(|_| Server::start(home.path(), Stdio::inherit()).1).collect();
    starts.sort();
    let worst_end = (0..10).map(|_| end_with_clients(home.path())).max().unwrap_or_default();
    (30..SESSIONS).for_each(|number| end(home.path(), number));
    let (server, start_of_many) = Server::start(home.path(), Stdio::inherit());
    let ((fresh, _), descriptors) = (server.memory(), server.descriptors());
    let result = load(&server, home.path());
    let (resident, peak) = server.memory();
    let at = |part: usize| result.latencies[(result.latencies.len() - 1) * part / 1000];
    println!("\n| | |\n| --- | ---: |");
    println!("| start to first answer, 30 sessions (median, worst of 21) | {:.1?}, {:.1?} |", starts[10], starts[20]);
    println!("| the same, {SESSIONS} sessions | {start_of_many:.1?} |");
    println!("| SIGTERM to the end, 20 followers and an idle client (worst of 10) | {worst_end:.1?} |");
    println!("| signals written, a second | {:.0} |", result.rate);
    println!("| real hooks beside them, a second | {:.0} |", result.hooks_rate);
    println!("| events at the client | {} |", result.latencies.len());
    println!("| overtaken by a newer one of the same session before they were told | {} |", result.overtaken);
    println!(
        "| rename to event: p50, p90, p99, p99.9, worst | {:.1?}, {:.1?}, {:.1?}, {:.1?}, {:.1?} |",
        at(500),
        at(900),
        at(990),
        at(999),
        at(1000)
    );
    println!("| processor time of the server | {:.0} % of one |", result.processor * 100.0);
    println!("| descriptors: before, after | {descriptors}, {} |", server.descriptors());
    println!("| resident: before, after, highest | {}, {}, {} MiB |\n", fresh >> 10, resident >> 10, peak >> 10);
    let verdict = |met: bool| if met { "met" } else { "MISSED" };
    println!(
        "{}: nothing is lost ({} sessions are not as they were last told)",
        verdict(result.lost == 0),
        result.lost
    );
    println!("{}: p99 {:.1?} (target: under {LATENCY:?})", verdict(at(990) < LATENCY), at(990));
    println!("{}: first answer after {:.1?} (target: under {START:?})", verdict(starts[10] < START), starts[10]);
    println!("{}: ends after {worst_end:.1?} at most (target: {END:?})", verdict(worst_end <= END));
    println!("{}: {peak} KiB resident at most (target: under {MEMORY})", verdict(peak < MEMORY));
}

fn spool(home: &Path) -> PathBuf {
    home.join("session-signals")
}

fn id(number: u32) -> String {
    format!("0cc11bc4-3864-478d-bc8b-{number:012}")
}

fn signal(home: &Path, number: u32, kind: &str) -> PathBuf {
    spool(home).join(format!("{}.{kind}.json", id(number)))
}

/// A session of each number, in any order but theirs.
fn scattered(number: u32) -> u32 {
    number.wrapping_mul(7919) % SESSIONS
}

/// A signal's text, with the size that they have.
fn text(number: u32, event: &str, prompt: &str) -> String {
    let (id, pid) = (id(number), std::process::id());
    format!(
        r#"{{"session_id":"{id}","transcript_path":"/nonexistent/.claude/projects/-home-dev-work/{id}.jsonl","cwd":"/home/dev/work","hook_event_name":"{event}","prompt":"{prompt}","last_assistant_message":"{prompt}","claude_pid":{pid}}}"#
    )
}

fn end(home: &Path, number: u32) {
    fs_err::write(signal(home, number, "ended"), text(number, "SessionEnd", "-")).expect("a signal");
}

/// From SIGTERM to the end of a server that clients are connected to.
fn end_with_clients(home: &Path) -> Duration {
    let (server, _) = Server::start(home, Stdio::inherit());
    let _followers: Vec<_> = (0..20).map(|_| open(server.port, "-1").expect("an answer")).collect();
    let _idle = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    server.terminate()
}

/// What the load showed.
struct Load {
    /// From each rename to its event, sorted.
    latencies: Vec<Duration>,
    overtaken: usize,
    lost: usize,
    rate: f64,
    hooks_rate: f64,
    processor: f64,
}

/// When each number was renamed into place, and when its event came.
type Times = Arc<Mutex<Vec<(Instant, Option<Instant>)>>>;

fn load(server: &Server, home: &Path) -> Load {
    let times: Times = Arc::default();
    let (is_over, hooks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let follower = follow(server.port, &times);
    let firing = {
        let (home, is_over, hooks) = (home.to_owned(), Arc::clone(&is_over), Arc::clone(&hooks));
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                fire(&home, hooks.fetch_add(1, Ordering::Relaxed));
                std::thread::sleep(Duration::from_millis(5));
            }
        })
    };
    let (began, before) = (Instant::now(), server.processor());
    let total = RATE * SECONDS;
    for number in 0..total {
        let due = began + Duration::from_secs(number.into()) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let session = scattered(number);
        let (kind, event, other) = [("working", "UserPromptSubmit", "stop"), ("stop", "Stop", "working")]
            [usize::from(number / SESSIONS % 2 == 1)];
        let temporary = spool(home).join(".temporary");
        fs_err::write(&temporary, text(session, event, &number.to_string())).expect("a signal");
        times.lock().expect("no panic").push((Instant::now(), None));
        fs_err::rename(&temporary, signal(home, session, kind)).expect("a signal");
        for cleared in ["ended", other] {
            let _ = fs_err::remove_file(signal(home, session, cleared));
        }
    }
    let took = began.elapsed().as_secs_f64();
    let cpu = (server.processor() - before) / took;
    is_over.store(true, Ordering::Relaxed);
    firing.join().expect("no panic");
    std::thread::sleep(Duration::from_secs(2));
    let told = follower.lock().expect("no panic").clone();
    let lost = (total - SESSIONS..total).filter(|number| told.get(&id(scattered(*number))) != Some(number)).count();
    let times = times.lock().expect("no panic");
    let mut latencies: Vec<_> =
        times.iter().filter_map(|(renamed, seen)| Some(seen.as_ref()?.duration_since(*renamed))).collect();
    latencies.sort();
    let hooks_rate = f64::from(hooks.load(Ordering::Relaxed)) / took;
    Load {
        overtaken: times.len() - latencies.len(),
        latencies,
        lost,
        rate: f64::from(total) / took,
        hooks_rate,
        processor: cpu,
    }
}

/// Runs a real hook.
fn fire(home: &Path, number: u32) {
    let (hook, event) = [
        (env!("CARGO_BIN_EXE_hook-stop"), "Stop"),
        (env!("CARGO_BIN_EXE_hook-user-prompt-submit"), "UserPromptSubmit"),
    ][usize::from(number % 2 == 1)];
    let mut hook = Command::new(hook)
        .env("CLAUDE_CONFIG_DIR", home)
        .env("CLAUDE_PID", std::process::id().to_string())
        .stdin(Stdio::piped())
        .spawn()
        .expect("a hook");
    let text = format!(r#"{{"session_id":"real-{}","hook_event_name":"{event}"}}"#, number % 20);
    hook.stdin.take().expect("its stdin").write_all(text.as_bytes()).expect("it reads");
    assert!(hook.wait().expect("it ends").success());
}

/// The last number of each session.
type Last = Arc<Mutex<std::collections::HashMap<String, u32>>>;

/// Follows the stream, and notes when what came.
fn follow(port: u16, times: &Times) -> Last {
    let (times, last) = (Arc::clone(times), Last::default());
    let found = Arc::clone(&last);
    let mut offset = "now".to_owned();
    let mut reader = open(port, &offset).expect("an answer");
    std::thread::spawn(move || {
        let mut line = String::new();
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) => {
                    // It ends every minute.
                    let Some(again) = open(port, &offset) else { return };
                    reader = again;
                }
                Ok(_) => {}
                Err(_) => return,
            }
            let now = Instant::now();
            let json = line.strip_prefix("data:").map(|data| data.trim_end().trim_end_matches(','));
            let Some(Ok(message)) = json.map(serde_json::from_str::<Value>) else { continue };
            if let Some(next) = message["streamNextOffset"].as_str() {
                next.clone_into(&mut offset);
            }
            let value = &message["value"];
            let said = value["prompt"].as_str().or_else(|| value["lastMessage"].as_str());
            let Some(number) = said.and_then(|said| said.parse::<u32>().ok()) else { continue };
            if let Some((_, seen)) =
                times.lock().expect("no panic").get_mut(usize::try_from(number).unwrap_or(usize::MAX))
            {
                seen.get_or_insert(now);
            }
            found.lock().expect("no panic").insert(message["key"].as_str().unwrap_or_default().to_owned(), number);
        }
    });
    last
}

/// Follows from an offset; `None` where the server is gone.
fn open(port: u16, offset: &str) -> Option<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /sessions?offset={offset}&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    // Its head; from then on nothing is missed.
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
    }
    Some(reader)
}
