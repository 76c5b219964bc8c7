//! How long does it take until the twelve daemons of a session have ended, while two more sessions have theirs?

mod verdict;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use verdict::verdict;

/// The limit for all daemons of the session, from the start of the hook to the end of the last daemon.
const TARGET: Duration = Duration::from_millis(1200);

/// The limit if the CLI is killed and no hook runs.
const TARGET_AFTER_KILL: Duration = Duration::from_secs(2);

/// The session whose daemons end.
const SESSION: &str = "s";

/// The sessions whose daemons must go on.
const OTHER_SESSIONS: [&str; 2] = ["one", "two"];

const DAEMONS: usize = 12;

fn main() {
    println!("\n| median | worst | ends | ending one session's twelve |\n| ---: | ---: | ---: | --- |");
    let obedient = ("/bin/sleep", vec!["1000"]);
    let stubborn = ("/bin/sh", vec!["-c", "trap '' TERM; while :; do sleep 1000; done"]);
    let worst_times = [
        measure("that end when they are asked", &obedient, 50, &end_session),
        measure("that ignore SIGTERM", &stubborn, 10, &end_session),
        measure("that end when they are asked, the CLI killed", &obedient, 10, &kill_cli),
        measure("that ignore SIGTERM, the CLI killed", &stubborn, 10, &kill_cli),
    ];
    println!();
    for (worst, limit) in worst_times.into_iter().zip([TARGET, TARGET, TARGET_AFTER_KILL, TARGET_AFTER_KILL]) {
        println!("{}", verdict(worst < limit, &format!("{worst:.1?} at worst (limit: {limit:?})")));
    }
}

/// Starts and ends the daemons `rounds` times, prints a row, and returns the worst time. `end` makes the session end.
fn measure(
    name: &str,
    (command, args): &(&str, Vec<&str>),
    rounds: usize,
    end: &dyn Fn(&Path, &mut Child),
) -> Duration {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let config_dir = directory.path();
    write_config(config_dir, command, args);
    let mut other_clis = OTHER_SESSIONS.map(|session| start_session(config_dir, session));
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let mut cli = start_session(config_dir, SESSION);
            let pids = read_pids(config_dir, SESSION);
            assert_eq!(pids.len(), DAEMONS);
            let start = Instant::now();
            end(config_dir, &mut cli);
            while pids.iter().any(|pid| Path::new("/proc").join(pid).exists())
                || !read_pids(config_dir, SESSION).is_empty()
            {
                std::thread::sleep(Duration::from_micros(200));
            }
            let duration = start.elapsed();
            kill_and_wait(&mut cli);
            let others: usize = OTHER_SESSIONS.map(|session| read_pids(config_dir, session).len()).iter().sum();
            assert_eq!(others, 2 * DAEMONS, "the daemons of the other sessions go on");
            duration
        })
        .collect();
    for (cli, session) in other_clis.iter_mut().zip(OTHER_SESSIONS) {
        stop_daemons(config_dir, session);
        kill_and_wait(cli);
    }
    times.sort();
    let (median, worst) = (times[rounds / 2], times[rounds - 1]);
    println!("| {median:.1?} | {worst:.1?} | {rounds} | {name} |");
    worst
}

/// Writes a `session-daemons.json` with twelve daemons that run the same command.
fn write_config(config_dir: &Path, command: &str, args: &[&str]) {
    let daemon = |number| json!({"name": format!("d{number}"), "command": command, "args": args});
    let daemons: Vec<_> = (0..DAEMONS).map(daemon).collect();
    let path = config_dir.join("session-daemons.json");
    fs_err::write(&path, json!({ "daemons": daemons }).to_string()).expect("the config");
    let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs_err::set_permissions(&path, only_owner).expect("its mode");
}

fn run_sessions_daemons(config_dir: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
    command.arg("daemons").args(arguments).env("CLAUDE_CONFIG_DIR", config_dir).stdin(Stdio::null());
    assert!(command.status().expect("it starts").success(), "{arguments:?}");
}

/// Starts the daemons of a session, and a process that stands for its CLI.
fn start_session(config_dir: &Path, session: &str) -> Child {
    let cli = Command::new("/bin/sleep").arg("1000").spawn().expect("it starts");
    run_sessions_daemons(config_dir, &["start", "--session", session, "--pid", &cli.id().to_string()]);
    cli
}

fn stop_daemons(config_dir: &Path, session: &str) {
    run_sessions_daemons(config_dir, &["stop", "--session", session]);
}

/// Ends the session as its hook does.
fn end_session(config_dir: &Path, _: &mut Child) {
    stop_daemons(config_dir, SESSION);
}

/// Ends the session by killing its CLI.
fn kill_cli(_: &Path, cli: &mut Child) {
    cli.kill().expect("it can be killed");
}

fn kill_and_wait(cli: &mut Child) {
    let _ = cli.kill();
    cli.wait().expect("its end");
}

/// Returns the contents of the PID files of a session.
fn read_pids(config_dir: &Path, session: &str) -> Vec<String> {
    let entries = fs_err::read_dir(config_dir.join("session-daemons")).expect("the directory").flatten();
    let of_session = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(&format!(".{session}.pid")));
    of_session.filter_map(|entry| Some(fs_err::read_to_string(entry.path()).ok()?.trim_end().to_owned())).collect()
}
