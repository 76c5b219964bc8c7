//! 200 sessions, 500 events a second for 60 s, while `sessions serve` runs: is the end of each session's story told right?
//!
//! Every event is a real hook, started by a process of its own that stands for the session's CLI. Hooks are killed at any
//! moment, CLIs are killed, the server is killed and started again, the disk is full now and then. A model applies each
//! event whose hook exited 0; that of a hook that failed is repeated, that of a hook that was killed may count or not.
//! At the end the files alone, `sessions --all --json` and `GET /sessions` must say of every session what the model says.

mod cli;
mod disk;
mod findings;
mod life;
mod model;
mod readers;
mod server;
mod world;

use std::collections::VecDeque;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use disk::Disk;
use findings::{Look, Run};
use life::Session;
use readers::compare;
use server::Server;
use world::{Counts, World, random};

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
    let passed = findings::print(&run, &world, &log);
    drop(run);
    if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
    Run { sessions, fired: fired.into_inner(), took, kills: KILLS.len(), looks, faults, quiet_after: ended.elapsed() }
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
