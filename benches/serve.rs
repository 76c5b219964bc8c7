//! How long does `sessions serve` take from the rename of a signal to the event at a client, and what does it need for
//! that?
//!
//! There are 10,000 sessions, and for 30 s 2,000 signals are written each second, while real hooks run beside them.
//! Before that, [`extremes`] measures very large numbers, and [`conversations`] the reading of very many transcripts.
//! `cargo bench --bench serve extremes` runs only the first part, `conversations` only the second, and `load` only the
//! rest.

mod conversations;
mod extremes;
mod process_costs;
mod server_process;
mod signal_files;
mod signal_load;
mod stream_follower;
mod verdict;

use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use server_process::ServerProcess;
use signal_load::{LoadResult, SESSIONS, write_ended};
use verdict::verdict;

/// The limit from the rename to the event, for 99 of 100 events.
const LATENCY: Duration = Duration::from_millis(50);
/// The limit from the start to the first answer.
const START: Duration = Duration::from_millis(50);
/// The limit from SIGTERM to the end, whichever clients are connected.
const END: Duration = Duration::from_secs(1);
/// The limit of the resident memory, in KiB.
const MEMORY: u64 = 33 << 10;

fn main() {
    // On a file system where replacing a file waits for the disk, one thread cannot write 2,000 signals a second.
    let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { env!("CARGO_TARGET_TMPDIR") };
    let parts = ["extremes", "conversations", "load"];
    let is_selected = |part: &str| {
        let mut selected = std::env::args().filter(|argument| parts.contains(&&**argument)).peekable();
        selected.peek().is_none() || selected.any(|argument| argument == part)
    };
    if is_selected("extremes") {
        extremes::measure_and_print(Path::new(parent));
    }
    if is_selected("conversations") {
        conversations::measure_and_print(Path::new(parent));
    }
    if is_selected("load") {
        measure_load(Path::new(parent));
    }
}

fn measure_load(parent: &Path) {
    let directory = tempfile::tempdir_in(parent).expect("a directory");
    let config_dir = directory.path();
    signal_files::create_signal_dir(config_dir).expect("the signal directory");
    (0..30).for_each(|number| write_ended(config_dir, number));
    let mut starts: Vec<_> = (0..21).map(|_| ServerProcess::start(config_dir, Stdio::inherit()).1).collect();
    starts.sort();
    let worst_end = (0..10).map(|_| terminate_with_clients(config_dir)).max().unwrap_or_default();
    (30..SESSIONS).for_each(|number| write_ended(config_dir, number));
    let (server, start_of_many) = ServerProcess::start(config_dir, Stdio::inherit());
    let ((resident_before, _), descriptors_before) = (server.memory(), server.count_descriptors());
    let result = signal_load::run(&server, config_dir);
    let (resident, highest) = server.memory();
    let worst_of = |part: usize| result.latencies[(result.latencies.len() - 1) * part / 1000];
    println!("\n| | |\n| --- | ---: |");
    println!("| start to first answer, 30 sessions (median, worst of 21) | {:.1?}, {:.1?} |", starts[10], starts[20]);
    println!("| the same, {SESSIONS} sessions | {start_of_many:.1?} |");
    println!("| SIGTERM to the end, 20 followers and an idle client (worst of 10) | {worst_end:.1?} |");
    println!("| signals written, a second | {:.0} |", result.rate);
    println!("| real hooks beside them, a second | {:.0} |", result.hooks_rate);
    println!("| events at the client | {} |", result.latencies.len());
    println!("| signals replaced by a newer one of the same session before they were sent | {} |", result.overtaken);
    println!(
        "| rename to event: p50, p90, p99, p99.9, worst | {:.1?}, {:.1?}, {:.1?}, {:.1?}, {:.1?} |",
        worst_of(500),
        worst_of(900),
        worst_of(990),
        worst_of(999),
        worst_of(1000)
    );
    println!("| processor time of the server | {:.0} % of one |", result.processor * 100.0);
    println!("| descriptors: before, after | {descriptors_before}, {} |", server.count_descriptors());
    println!(
        "| resident: before, after, highest | {}, {}, {} MiB |\n",
        resident_before >> 10,
        resident >> 10,
        highest >> 10
    );
    print_verdicts(&result, worst_of(990), starts[10], worst_end, highest);
}

fn print_verdicts(result: &LoadResult, p99: Duration, start: Duration, worst_end: Duration, highest: u64) {
    let lost = format!("nothing is lost (for {} sessions the client does not have the last signal)", result.lost);
    println!("{}", verdict(result.lost == 0, &lost));
    println!("{}", verdict(p99 < LATENCY, &format!("p99 {p99:.1?} (target: under {LATENCY:?})")));
    println!("{}", verdict(start < START, &format!("first answer after {start:.1?} (target: under {START:?})")));
    println!("{}", verdict(worst_end <= END, &format!("ends after {worst_end:.1?} at most (target: {END:?})")));
    println!("{}", verdict(highest < MEMORY, &format!("{highest} KiB resident at most (target: under {MEMORY})")));
}

/// Returns the time from SIGTERM to the end of a server that clients are connected to.
fn terminate_with_clients(config_dir: &Path) -> Duration {
    let (server, _) = ServerProcess::start(config_dir, Stdio::inherit());
    let _followers: Vec<_> =
        (0..20).map(|_| stream_follower::open_stream(server.port, "-1").expect("an answer")).collect();
    let _idle = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    server.terminate()
}
