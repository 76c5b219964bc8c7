//! How long does `sessions serve` take with 10,000 sessions that have ended and whose transcripts are long, and how much memory
//! does it need for their conversations?
//!
//! All sessions have the same transcript: a recorded one, repeated. The server reads it for each session.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::server_process::ServerProcess;
use crate::signal_files;
use crate::stream_follower::{self, SignalTimes};
use crate::verdict::verdict;

const SESSIONS: usize = 10_000;
/// The length of the transcript, in bytes.
const TRANSCRIPT_LEN: usize = 500_000;
/// The limit from the start to the first answer.
const START: Duration = Duration::from_secs(1);
/// The limit from the rename of a signal to its event, for 99 of 100 events.
const LATENCY: Duration = Duration::from_millis(50);
/// How often a signal is written.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(20);
/// How often all sessions are read. It takes the server some time.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// The limit of the resident memory, in KiB.
const MEMORY: u64 = 33 << 10;
/// The limit of the processor time while the conversations are read, in percent of one processor.
const PROCESSOR: f64 = 60.0;

/// Measures, and prints a table, and after it a line for each target. `parent` is where the directory is made.
pub fn measure_and_print(parent: &Path) {
    let directory = tempfile::tempdir_in(parent).expect("a directory");
    let config_dir = directory.path();
    signal_files::create_signal_dir(config_dir).expect("the signal directory");
    write_sessions(config_dir);
    let start = Instant::now();
    let (server, first_answer) = ServerProcess::start(config_dir, Stdio::inherit());
    let (resident_before, _) = server.memory();
    let processor_before = server.processor_time();
    let latencies = measure_latencies(&server, config_dir);
    let time = start.elapsed();
    let processor = (server.processor_time() - processor_before) / time.as_secs_f64() * 100.0;
    let (resident, highest) = server.memory();
    let [median, p99, worst] = [500, 990, 1000].map(|part| latencies[(latencies.len() - 1) * part / 1000]);
    println!("\n| | |\n| --- | ---: |");
    println!("| start to first answer, {SESSIONS} ended sessions with a transcript of 500 KB | {first_answer:.1?} |");
    println!("| start to the last conversation | {time:.1?} |");
    println!(
        "| rename to event until then, {} signals: p50, p99, worst | {median:.1?}, {p99:.1?}, {worst:.1?} |",
        latencies.len()
    );
    println!("| processor time until then | {processor:.0} % of one |");
    println!(
        "| resident: without conversations, with them, highest | {resident_before}, {resident}, {highest} KiB |\n"
    );
    let start = format!("first answer after {first_answer:.1?} (target: under {START:?})");
    println!("{}", verdict(first_answer < START, &start));
    let latency = format!("p99 {p99:.1?} while conversations are read (target: under {LATENCY:?})");
    println!("{}", verdict(p99 < LATENCY, &latency));
    println!("{}", verdict(highest < MEMORY, &format!("{highest} KiB resident at most (target: under {MEMORY})")));
    let processor_text =
        format!("{processor:.0} % of one processor for the conversations (target: under {PROCESSOR} %)");
    println!("{}", verdict(processor < PROCESSOR, &processor_text));
}

/// Writes signals of an open session until all conversations are read. Returns how long each took to arrive, the shortest first.
fn measure_latencies(server: &ServerProcess, config_dir: &Path) -> Vec<Duration> {
    let times = SignalTimes::default();
    stream_follower::follow(server.port, &times);
    let mut last_check = Instant::now();
    for number in 0.. {
        let temporary = signal_files::signal_dir(config_dir).join(".temporary");
        let signal = format!(r#"{{"session_id":"open","cwd":"/home/dev/work","prompt":"{number}"}}"#);
        fs_err::write(&temporary, signal).expect("a signal");
        times.lock().expect("no panic").push((Instant::now(), None));
        fs_err::rename(temporary, signal_files::signal_path(config_dir, "open", "working")).expect("a signal");
        std::thread::sleep(SIGNAL_INTERVAL);
        if last_check.elapsed() >= CHECK_INTERVAL {
            last_check = Instant::now();
            // The open session has no transcript.
            if server.get_sessions().matches(r#""messageCount":0,"#).count() == 1 {
                break;
            }
        }
    }
    let times = times.lock().expect("no panic");
    let mut latencies: Vec<_> =
        times.iter().filter_map(|(renamed, arrived)| Some(arrived.as_ref()?.duration_since(*renamed))).collect();
    latencies.sort();
    latencies
}

fn write_sessions(config_dir: &Path) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/transcripts/denied-escaped-interrupted-failed.jsonl");
    let text = fs_err::read_to_string(recorded).expect("the recorded transcript");
    let transcript = config_dir.join("transcript.jsonl");
    fs_err::write(&transcript, text.repeat(TRANSCRIPT_LEN / text.len())).expect("the transcript");
    for number in 0..SESSIONS {
        let id = format!("0cc11bc4-3864-478d-bc8b-{number:012}");
        let signal = format!(
            r#"{{"session_id":"{id}","transcript_path":"{}","cwd":"/home/dev/work","hook_event_name":"SessionEnd","reason":"other"}}"#,
            transcript.display()
        );
        fs_err::write(signal_files::signal_path(config_dir, &id, "ended"), signal).expect("a signal");
    }
}
