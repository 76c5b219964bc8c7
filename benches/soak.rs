//! 200 sessions, 500 events a second for 60 s, while `sessions serve` runs: is the end of each session's story told right?
//!
//! Every event is a real hook, started by a process of its own that stands for the session's CLI. Hooks are killed at any
//! moment, CLIs are killed, the server is killed and started again, the disk is full now and then. A model applies each
//! event whose hook exited 0; that of a hook that failed is repeated, that of a hook that was killed may count or not.
//! At the end the files alone, `sessions --all --json` and `GET /sessions` must say of every session what the model says.

mod cli;
mod disk;
mod life;
mod model;
mod readers;
mod server;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use disk::Disk;
use life::{Counts, Session, World, random};
use readers::{Faults, compare, temporaries};
use server::Server;

const SESSIONS: u32 = 200;
/// Events a second.
const RATE: u32 = 500;
const SECONDS: u64 = 60;
/// Each waits for one hook at a time.
const WORKERS: usize = 8;
/// When the server is killed, in seconds from the start.
const KILLS: [u64; 2] = [3, 9];
/// When the server is looked at.
const LOOKS: [u64; 7] = [5, 15, 25, 35, 45, 55, 60];
/// From this look on it must need no more.
const STEADY: u64 = 15;
/// The disk is full for so long, in every so long.
const FULL: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(4)];
/// So long after the last event everybody must know.
const QUIET: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    cli::live_if_named();
    disk::enter_own_mounts();
    let parent = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { env!("CARGO_TARGET_TMPDIR") };
    let outside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let home = tempfile::tempdir_in(parent).expect("a directory");
    let disk = Disk::mount(home.path(), "16m");
    if disk.is_none() {
        println!("skipped: the full disk, for nothing may be mounted here");
    }
    let world = World {
        home: home.path().to_owned(),
        cli: cli::Cli::install(outside.path()),
        is_full: AtomicBool::new(false),
        counts: Counts::default(),
    };
    fs_err::create_dir(world.spool()).expect("the spool");
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs_err::set_permissions(world.spool(), only_ours).expect("its mode");
    let log = outside.path().join("log");
    let run = soak(&world, disk.as_ref(), &log);
    let passed = report(&run, &world, &log);
    drop(run);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is there at the end.
struct Run {
    sessions: Vec<Session>,
    fired: u32,
    took: Duration,
    looks: Vec<Look>,
    faults: Faults,
    quiet_after: Duration,
}

/// The server at one moment.
struct Look {
    second: u64,
    resident: u64,
    descriptors: usize,
    processor: f64,
}

fn soak(world: &World, disk: Option<&Disk>, log: &Path) -> Run {
    let sessions = Mutex::new((0..SESSIONS).map(Session::new).collect::<VecDeque<_>>());
    let fired = AtomicU32::new(0);
    let began = Instant::now();
    let until = began + Duration::from_secs(SECONDS);
    let (server, looks) = std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| work(world, &sessions, &fired, began, until));
        }
        if let Some(disk) = disk {
            scope.spawn(|| fill_now_and_then(disk, &world.is_full, until));
        }
        watch_over(world, began, log)
    });
    let took = began.elapsed();
    let mut sessions: Vec<_> = sessions.into_inner().unwrap_or_else(PoisonError::into_inner).into();
    sessions.iter_mut().step_by(10).for_each(|session| session.kill(world));
    let ended = Instant::now();
    let mut faults = compare(&sessions, world, &server);
    while !faults.is_empty() && ended.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(100));
        faults = compare(&sessions, world, &server);
    }
    Run { sessions, fired: fired.into_inner(), took, looks, faults, quiet_after: ended.elapsed() }
}

/// One event after the other, when each is due, of any session that is not at work.
fn work(world: &World, sessions: &Mutex<VecDeque<Session>>, fired: &AtomicU32, began: Instant, until: Instant) {
    while Instant::now() < until {
        let due = began + Duration::from_secs(fired.fetch_add(1, Ordering::Relaxed).into()) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        loop {
            let mut waiting = sessions.lock().expect("no panic");
            let at = usize::try_from(random(waiting.len() as u64)).unwrap_or_default();
            let mut session = waiting.remove(at).expect("more than there are workers");
            drop(waiting);
            let has_stepped = session.step(world);
            sessions.lock().expect("no panic").push_back(session);
            if has_stepped {
                break;
            }
        }
    }
}

fn fill_now_and_then(disk: &Disk, is_full: &AtomicBool, until: Instant) {
    let [full, every] = FULL;
    while Instant::now() + every < until {
        std::thread::sleep(every.saturating_sub(full));
        is_full.store(true, Ordering::Relaxed);
        disk.fill(Instant::now() + full);
        is_full.store(false, Ordering::Relaxed);
    }
}

/// Kills the server now and then, and looks at it; the last one, and what was seen.
fn watch_over(world: &World, began: Instant, log: &Path) -> (Server, Vec<Look>) {
    let start = || {
        let log = fs_err::File::options().create(true).append(true).open(log).expect("a log");
        Server::start(&world.home, Stdio::from(log.into_parts().0)).0
    };
    let (mut server, mut looks) = (start(), Vec::new());
    for second in 1..=SECONDS {
        std::thread::sleep((began + Duration::from_secs(second)).saturating_duration_since(Instant::now()));
        if KILLS.contains(&second) {
            drop(server);
            server = start();
        }
        if LOOKS.contains(&second) {
            let (resident, _) = server.memory();
            let (descriptors, processor) = (server.descriptors(), server.processor());
            looks.push(Look { second, resident, descriptors, processor });
        }
    }
    (server, looks)
}

/// Prints what was found; whether it is as it must be.
fn report(run: &Run, world: &World, log: &Path) -> bool {
    let counts = &world.counts;
    let get = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed);
    let killed = get(&counts.killed_hooks) + get(&counts.killed_clis);
    let left = temporaries(&world.spool());
    let log = fs_err::read_to_string(log).unwrap_or_default();
    let unsettled = run.sessions.iter().filter(|session| session.possible.0.len() > 1).count();
    println!("\n| | |\n| --- | ---: |");
    println!("| events fired | {} |", run.fired);
    println!("| of them a second | {:.0} |", f64::from(run.fired) / run.took.as_secs_f64());
    println!("| hooks that exited 0 | {} |", get(&counts.done));
    println!("| hooks that failed on a full disk | {} |", get(&counts.failed_on_full_disk));
    println!("| hooks killed at work | {} |", get(&counts.killed_hooks));
    println!("| CLIs killed while their hook ran | {} |", get(&counts.killed_clis));
    println!("| `sessions serve` killed and started again | {} |", KILLS.len());
    println!("| signals that `serve` healed | {} |", log.matches("healed ").count());
    println!("| temporary files left by killed hooks | {left} |");
    println!("| sessions of which a killed hook leaves more than one state open | {unsettled} |");
    println!("| until every reader knew the end of every session | {:.1?} |", run.quiet_after);
    println!("\n| second | resident | descriptors | processor time |\n| ---: | ---: | ---: | ---: |");
    for Look { second, resident, descriptors, processor } in &run.looks {
        println!("| {second} | {resident} KiB | {descriptors} | {processor:.1} s |");
    }
    println!();
    let errors = counts.errors.lock().expect("no panic");
    for fault in run.faults.lost.iter().chain(&run.faults.wrong).chain(errors.iter()).take(40) {
        println!("{fault}");
    }
    let verdict = |met: bool, what: String| {
        println!("{}: {what}", if met { "met" } else { "MISSED" });
        met
    };
    let steady = run.looks.iter().find(|look| look.second == STEADY);
    let flat = steady.zip(run.looks.last());
    let flat = flat.is_some_and(|(first, last)| last.resident <= first.resident * 11 / 10 + 1024);
    let same = steady.zip(run.looks.last()).is_some_and(|(first, last)| last.descriptors <= first.descriptors);
    [
        verdict(run.faults.lost.is_empty(), format!("{} sessions lost", run.faults.lost.len())),
        verdict(run.faults.wrong.is_empty(), format!("{} final states wrong", run.faults.wrong.len())),
        verdict(get(&counts.changed) == 0, format!("{} failed hooks changed something", get(&counts.changed))),
        verdict(errors.is_empty(), format!("{} hooks failed for another reason", errors.len())),
        verdict(left as u64 <= killed, format!("{left} temporary files of {killed} killed hooks")),
        verdict(are_mended(&world.home), "`hooks doctor --fix` removes them".to_owned()),
        verdict(flat, format!("resident memory at the end as after {STEADY} s (10 % and 1 MiB more at most)")),
        verdict(same, format!("descriptors at the end as after {STEADY} s")),
    ]
    .iter()
    .all(|met| *met)
}

/// Whether `hooks doctor --fix` takes away the temporary files, once they are old.
fn are_mended(home: &Path) -> bool {
    let spool: PathBuf = home.join("session-signals");
    let old = std::time::SystemTime::now() - Duration::from_secs(120);
    for entry in fs_err::read_dir(&spool).expect("the spool").flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let file = fs_err::File::options().write(true).open(entry.path()).expect("a file");
            file.file().set_modified(old).expect("its time");
        }
    }
    // It has more to find fault with: nothing is installed.
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_hooks"));
    let _ = doctor.args(["doctor", "--fix"]).env("CLAUDE_CONFIG_DIR", home).env("HOME", home).output();
    temporaries(&spool) == 0
}
