//! How long the end of a session's twelve daemons takes, while two more sessions have theirs.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

/// The limit for all of them, from the hook's start to the last one's end.
const TARGET: Duration = Duration::from_millis(1200);

/// The limit where the CLI is killed.
const AFTER_KILL: Duration = Duration::from_secs(2);

fn main() {
    println!("\n| median | worst | ends | ending one session's twelve |\n| ---: | ---: | ---: | --- |");
    let sleep = ("/bin/sleep", vec!["1000"]);
    let stubborn = ("/bin/sh", vec!["-c", "trap '' TERM; while :; do sleep 1000; done"]);
    let ends = [
        measure("that end when they are asked", &sleep, 50, &stop),
        measure("that ignore SIGTERM", &stubborn, 10, &stop),
        measure("that end when they are asked, the CLI killed", &sleep, 10, &kill),
        measure("that ignore SIGTERM, the CLI killed", &stubborn, 10, &kill),
    ];
    println!();
    for (worst, limit) in ends.into_iter().zip([TARGET, TARGET, AFTER_KILL, AFTER_KILL]) {
        let verdict = if worst < limit { "met" } else { "MISSED" };
        println!("{verdict}: {worst:.1?} at worst (limit: {limit:?})");
    }
}

/// Prints the row; the worst.
fn measure(
    what: &str,
    (command, args): &(&str, Vec<&str>),
    rounds: usize,
    end: &dyn Fn(&Path, &mut std::process::Child),
) -> Duration {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let daemons: Vec<_> =
        (0..12).map(|at| json!({"name": format!("d{at}"), "command": command, "args": args})).collect();
    let config = home.path().join("session-daemons.json");
    fs_err::write(&config, json!({ "daemons": daemons }).to_string()).expect("the config");
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs_err::set_permissions(&config, only_ours).expect("its mode");
    let mut others = ["one", "two"].map(|session| begin(home.path(), session));
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let mut cli = begin(home.path(), "s");
            let pids = pids(home.path(), "s");
            assert_eq!(pids.len(), 12);
            let begun = Instant::now();
            end(home.path(), &mut cli);
            while pids.iter().any(|pid| Path::new("/proc").join(pid).exists())
                || !self::pids(home.path(), "s").is_empty()
            {
                std::thread::sleep(Duration::from_micros(200));
            }
            let took = begun.elapsed();
            let _ = cli.kill();
            cli.wait().expect("its end");
            assert_eq!(
                self::pids(home.path(), "one").len() + self::pids(home.path(), "two").len(),
                24,
                "the others run on"
            );
            took
        })
        .collect();
    for (cli, session) in others.iter_mut().zip(["one", "two"]) {
        stop_of(home.path(), session);
        let _ = cli.kill();
        cli.wait().expect("its end");
    }
    times.sort();
    let (median, worst) = (times[rounds / 2], times[rounds - 1]);
    println!("| {median:.1?} | {worst:.1?} | {rounds} | {what} |");
    worst
}

fn sessions(home: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
    let status = command.arg("daemons").args(arguments).env("CLAUDE_CONFIG_DIR", home).stdin(Stdio::null()).status();
    assert!(status.expect("it starts").success(), "{arguments:?}");
}

/// Starts a set, and what stands for its CLI.
fn begin(home: &Path, session: &str) -> std::process::Child {
    let cli = Command::new("/bin/sleep").arg("1000").spawn().expect("it starts");
    sessions(home, &["start", "--session", session, "--pid", &cli.id().to_string()]);
    cli
}

fn stop(home: &Path, _: &mut std::process::Child) {
    stop_of(home, "s");
}

fn stop_of(home: &Path, session: &str) {
    sessions(home, &["stop", "--session", session]);
}

fn kill(_: &Path, cli: &mut std::process::Child) {
    cli.kill().expect("it dies");
}

/// What the PID files of a session say.
fn pids(home: &Path, session: &str) -> Vec<String> {
    let entries = fs_err::read_dir(home.join("session-daemons")).expect("the directory").flatten();
    let of_session = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(&format!(".{session}.pid")));
    of_session.filter_map(|entry| Some(fs_err::read_to_string(entry.path()).ok()?.trim_end().to_owned())).collect()
}
