//! Does every reader know the right final state of 200 sessions after 60 s with 500 events a second, while `sessions
//! serve` runs and things fail?
//!
//! Every event runs a real hook, started by a process that stands for the session's CLI. Hooks and CLIs are killed at
//! random times, the server is killed and started again, and the disk is full from time to time. A reference model
//! applies each event whose hook exited with 0. An event whose hook failed is repeated. An event whose hook was killed
//! may count or not. At the end the files alone, `sessions --all --json` and `GET /sessions` must say of every session
//! what the model says. The bench exits with 1 if a target is missed.

mod compare_readers;
mod process_costs;
mod random;
mod reference_model;
mod sandbox;
mod server_process;
mod signal_files;
mod simulated_cli;
mod simulated_session;
mod small_disk;
mod soak_report;
mod verdict;

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use compare_readers::compare_readers;
use random::random_below;
use sandbox::{Counts, Sandbox};
use server_process::ServerProcess;
use simulated_cli::SimulatedCli;
use simulated_session::SimulatedSession;
use small_disk::SmallDisk;
use soak_report::{ServerSample, SoakResult};

const SESSIONS: u32 = 200;
/// Events a second.
const RATE: u32 = 500;
const SECONDS: u64 = 60;
/// The number of threads that run events. Each waits for one hook at a time.
const WORKERS: usize = 8;
/// The seconds at which the server is killed.
const SERVER_KILLS: [u64; 2] = [3, 9];
/// The seconds at which the server's memory, descriptors and processor time are read.
const SAMPLES: [u64; 7] = [5, 15, 25, 35, 45, 55, 60];
/// The disk is full for this long …
const FULL_TIME: Duration = Duration::from_millis(300);
/// … once in every such period.
const FULL_PERIOD: Duration = Duration::from_secs(4);
/// The limit from the last event until every reader knows the final states.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    simulated_cli::run_if_named();
    small_disk::enter_own_mounts();
    let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { env!("CARGO_TARGET_TMPDIR") };
    let outside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let config_dir = tempfile::tempdir_in(parent).expect("a directory");
    let disk = SmallDisk::mount(config_dir.path(), "16m");
    if disk.is_none() {
        println!("skipped: the full disk, because this user may not mount one");
    }
    let sandbox = Sandbox {
        config_dir: config_dir.path().to_owned(),
        cli: SimulatedCli::install(outside.path()),
        is_disk_full: AtomicBool::new(false),
        counts: Counts::default(),
    };
    signal_files::create_signal_dir(&sandbox.config_dir).expect("the signal directory");
    let log = outside.path().join("log");
    let result = run_soak(&sandbox, disk.as_ref(), &log);
    let is_passed = soak_report::print_result(&result, &sandbox, &log);
    // The simulated CLIs end here, before the disk is unmounted.
    drop(result);
    if is_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run_soak(sandbox: &Sandbox, disk: Option<&SmallDisk>, log: &Path) -> SoakResult {
    let sessions = Mutex::new((0..SESSIONS).map(SimulatedSession::new).collect::<VecDeque<_>>());
    let events = AtomicU32::new(0);
    let start = Instant::now();
    let end = start + Duration::from_secs(SECONDS);
    let (server, samples) = std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| run_events(sandbox, &sessions, &events, start, end));
        }
        if let Some(disk) = disk {
            scope.spawn(|| fill_disk_at_times(disk, &sandbox.is_disk_full, end));
        }
        kill_and_sample_server(sandbox, start, log)
    });
    let duration = start.elapsed();
    let mut sessions: Vec<_> = sessions.into_inner().unwrap_or_else(PoisonError::into_inner).into();
    sessions.iter_mut().step_by(10).for_each(|session| session.kill_cli(sandbox));
    let last_event = Instant::now();
    let mut mismatches = compare_readers(&sessions, sandbox, &server);
    while !mismatches.is_empty() && last_event.elapsed() < SETTLE_LIMIT {
        std::thread::sleep(Duration::from_millis(100));
        mismatches = compare_readers(&sessions, sandbox, &server);
    }
    let settled_after = last_event.elapsed();
    server.terminate();
    let (events, server_kills) = (events.into_inner(), SERVER_KILLS.len());
    SoakResult { sessions, events, duration, server_kills, samples, mismatches, settled_after }
}

/// Runs one event after the other, each when it is due, of a random session that no other worker has.
fn run_events(
    sandbox: &Sandbox,
    sessions: &Mutex<VecDeque<SimulatedSession>>,
    events: &AtomicU32,
    start: Instant,
    end: Instant,
) {
    while Instant::now() < end {
        let due = start + Duration::from_secs(events.fetch_add(1, Ordering::Relaxed).into()) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        loop {
            let mut free = sessions.lock().expect("no panic");
            let at = usize::try_from(random_below(free.len() as u64)).unwrap_or_default();
            let mut session = free.remove(at).expect("there are more sessions than workers");
            drop(free);
            let has_stepped = session.step(sandbox);
            sessions.lock().expect("no panic").push_back(session);
            if has_stepped {
                break;
            }
        }
    }
}

fn fill_disk_at_times(disk: &SmallDisk, is_disk_full: &AtomicBool, end: Instant) {
    while Instant::now() + FULL_PERIOD < end {
        std::thread::sleep(FULL_PERIOD.saturating_sub(FULL_TIME));
        is_disk_full.store(true, Ordering::Relaxed);
        disk.fill(Instant::now() + FULL_TIME);
        is_disk_full.store(false, Ordering::Relaxed);
    }
}

/// Starts the server, kills and restarts it at times, and takes samples. Returns the last server and the samples.
fn kill_and_sample_server(sandbox: &Sandbox, start: Instant, log: &Path) -> (ServerProcess, Vec<ServerSample>) {
    let start_server = || {
        let log = fs_err::File::options().create(true).append(true).open(log).expect("a log");
        ServerProcess::start(&sandbox.config_dir, Stdio::from(log.into_parts().0)).0
    };
    let (mut server, mut samples) = (start_server(), Vec::new());
    for second in 1..=SECONDS {
        std::thread::sleep((start + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
        if SERVER_KILLS.contains(&second) {
            drop(server);
            server = start_server();
        }
        if SAMPLES.contains(&second) {
            let (resident, _) = server.memory();
            let (descriptors, processor) = (server.count_descriptors(), server.processor_time());
            samples.push(ServerSample { second, resident, descriptors, processor });
        }
    }
    (server, samples)
}
