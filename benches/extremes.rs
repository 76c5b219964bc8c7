//! What does `sessions serve` need for very large numbers: a prompt of 60 MiB, 20,000 signals that are deleted, 100,000
//! sessions in which nothing happens?

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::server_process::ServerProcess;
use crate::signal_files;
use crate::verdict::verdict;

/// The size of the large prompt, in bytes.
const PROMPT: usize = 60 << 20;
/// How many clients read the large prompt slowly.
const FOLLOWERS: usize = 200;
/// The limit of the additional memory for all of them, in KiB.
const MEMORY: u64 = 100 << 10;
const DELETED_SIGNALS: u32 = 20_000;
/// Deleting the signals may take this many times as long if a server runs.
const SLOWDOWN: f64 = 3.0;
const IDLE_SESSIONS: u32 = 100_000;
/// The limit of the processor time for the idle sessions, in percent of one processor.
const PROCESSOR: f64 = 2.0;

/// Measures the three cases. Prints a table, and after it a line for each target. `parent` is where the directories are
/// made.
pub fn measure_and_print(parent: &Path) {
    println!("\n| | |\n| --- | ---: |");
    let verdicts = [measure_large_prompt(parent), measure_deletion(parent), measure_idle_sessions(parent)];
    println!("\n{}", verdicts.join("\n"));
}

fn create_config_dir(parent: &Path) -> tempfile::TempDir {
    let config_dir = tempfile::tempdir_in(parent).expect("a directory");
    signal_files::create_signal_dir(config_dir.path()).expect("the signal directory");
    config_dir
}

/// Writes a signal. `members` are more members of its object, after a comma.
fn write_signal(config_dir: &Path, session: &str, kind: &str, members: &str) {
    let text = format!(r#"{{"session_id":"{session}","cwd":"/home/dev/work"{members}}}"#);
    fs_err::write(signal_files::signal_path(config_dir, session, kind), text).expect("a signal");
}

/// Measures the memory while many clients read a large prompt slowly.
fn measure_large_prompt(parent: &Path) -> String {
    let config_dir = create_config_dir(parent);
    write_signal(config_dir.path(), "s", "working", &format!(r#","prompt":"{}""#, "x".repeat(PROMPT)));
    let (server, _) = ServerProcess::start(config_dir.path(), Stdio::inherit());
    let (resident_before, highest_before) = server.memory();
    let request = |text: &[u8]| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
        stream.write_all(text).expect("it reads");
        stream
    };
    let follow = b"GET /sessions?offset=-1&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n";
    let followers: Vec<_> = (0..FOLLOWERS).map(|_| request(follow)).collect();
    std::thread::sleep(Duration::from_secs(2));
    let (resident, _) = server.memory();
    let start = Instant::now();
    let mut stream = request(b"HEAD /sessions HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.read_to_end(&mut Vec::new()).expect("an answer");
    let answer = start.elapsed();
    let start = Instant::now();
    for mut follower in followers {
        let (mut left, mut buffer) = (PROMPT, vec![0; 1 << 20]);
        while left > 0 {
            left = left.saturating_sub(follower.read(&mut buffer).expect("the prompt").max(1));
        }
    }
    let all = start.elapsed();
    let (_, highest) = server.memory();
    println!(
        "| a prompt of 60 MiB: resident before, with {FOLLOWERS} stalled followers, highest before and then | {}, {}, {}, {} MiB |",
        resident_before >> 10,
        resident >> 10,
        highest_before >> 10,
        highest >> 10
    );
    println!("| meanwhile an answer to another client after | {answer:.1?} |");
    println!("| until all of them, one after the other, have read it | {all:.1?} |");
    let more = resident.saturating_sub(resident_before).max(highest.saturating_sub(highest_before));
    verdict(
        more < MEMORY,
        &format!("{FOLLOWERS} slow followers of a prompt of 60 MiB take {more} KiB more (target: under {MEMORY})"),
    )
}

/// Measures how long it takes to delete very many signals, with and without a server, in turns.
fn measure_deletion(parent: &Path) -> String {
    let mut rounds: Vec<_> = (0..5).map(|_| (delete_signals(parent, false).0, delete_signals(parent, true))).collect();
    rounds.sort_by_key(|(_, beside_server)| *beside_server);
    let (alone, (beside_server, until_sent)) = rounds[2];
    println!(
        "| {DELETED_SIGNALS} signals deleted: alone, beside a server, until the server has sent it (median of 5) | {alone:.1?}, {beside_server:.1?}, {until_sent:.1?} |"
    );
    let ratio = beside_server.as_secs_f64() / alone.as_secs_f64();
    verdict(
        ratio < SLOWDOWN,
        &format!("deleting signals beside a server takes {ratio:.1} times as long (target: under {SLOWDOWN})"),
    )
}

/// Returns how long the deletion took, and how long until the server, if one runs, has no more sessions.
fn delete_signals(parent: &Path, is_served: bool) -> (Duration, Duration) {
    let config_dir = create_config_dir(parent);
    let sessions: Vec<_> = (0..DELETED_SIGNALS).map(|number| format!("s{number}")).collect();
    for session in &sessions {
        write_signal(config_dir.path(), session, "ended", "");
    }
    let server = is_served.then(|| ServerProcess::start(config_dir.path(), Stdio::inherit()));
    let path = |session: &String| signal_files::signal_path(config_dir.path(), session, "ended");
    let paths: Vec<_> = sessions.iter().map(path).collect();
    let start = Instant::now();
    for path in &paths {
        fs_err::remove_file(path).expect("it is there");
    }
    let duration = start.elapsed();
    if let Some((server, _)) = &server {
        while server.get_sessions() != "[]" {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    (duration, start.elapsed())
}

/// Measures the processor time for very many sessions in which nothing happens.
fn measure_idle_sessions(parent: &Path) -> String {
    let config_dir = create_config_dir(parent);
    let members = r#","claude_pid":1,"claude_start":1,"claude_host":"elsewhere/1""#;
    (0..IDLE_SESSIONS).for_each(|number| write_signal(config_dir.path(), &format!("s{number}"), "stop", members));
    let (server, _) = ServerProcess::start(config_dir.path(), Stdio::inherit());
    std::thread::sleep(Duration::from_secs(2));
    // The server looks at all sessions once a minute, so this includes one such look.
    let (before, start) = (server.processor_time(), Instant::now());
    std::thread::sleep(Duration::from_secs(60));
    let percent = (server.processor_time() - before) / start.elapsed().as_secs_f64() * 100.0;
    println!(
        "| {IDLE_SESSIONS} sessions in which nothing happens: processor time, resident | {percent:.1} % of one, {} MiB |",
        server.memory().0 >> 10
    );
    verdict(
        percent < PROCESSOR,
        &format!("{IDLE_SESSIONS} idle sessions take {percent:.1} % of a processor (target: under {PROCESSOR})"),
    )
}
