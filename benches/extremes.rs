//! What `sessions serve` costs where there is very much: of one prompt, of sessions, of signals that go.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::server::Server;

const PROMPT: usize = 60 << 20;
const FOLLOWERS: usize = 200;
/// At most so much more memory for them all, in KiB.
const MEMORY: u64 = 100 << 10;
const GOING: u32 = 20_000;
/// Deleting may take this many times as long beside a server.
const SLOWER: f64 = 3.0;
const IDLE: u32 = 100_000;
/// At most so much of a processor, in percent.
const PROCESSOR: f64 = 2.0;

/// Measures, and prints.
pub fn run(parent: &Path) {
    println!("\n| | |\n| --- | ---: |");
    let verdicts = [large(parent), going(parent), idle(parent)];
    println!();
    for (is_met, told) in verdicts {
        println!("{}: {told}", if is_met { "met" } else { "MISSED" });
    }
}

fn home(parent: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir_in(parent).expect("a directory");
    fs_err::create_dir(home.path().join("session-signals")).expect("the spool");
    home
}

fn write(home: &Path, session: &str, kind: &str, members: &str) {
    let path = home.join(format!("session-signals/{session}.{kind}.json"));
    fs_err::write(path, format!(r#"{{"session_id":"{session}","cwd":"/home/dev/work"{members}}}"#)).expect("a signal");
}

/// A large prompt, and many who take it slowly.
fn large(parent: &Path) -> (bool, String) {
    let home = home(parent);
    write(home.path(), "s", "working", &format!(r#","prompt":"{}""#, "x".repeat(PROMPT)));
    let (server, _) = Server::start(home.path(), Stdio::inherit());
    let (before, highest) = server.memory();
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
        let ask = b"GET /sessions?offset=-1&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n";
        stream.write_all(ask).expect("it reads");
        stream
    };
    let followers: Vec<_> = (0..FOLLOWERS).map(|_| ask()).collect();
    std::thread::sleep(Duration::from_secs(2));
    let (stalled, _) = server.memory();
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).expect("a connection");
    stream.write_all(b"HEAD /sessions HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("it reads");
    stream.read_to_end(&mut Vec::new()).expect("an answer");
    let answer = begun.elapsed();
    let begun = Instant::now();
    for mut follower in followers {
        let (mut left, mut buffer) = (PROMPT, vec![0; 1 << 20]);
        while left > 0 {
            left = left.saturating_sub(follower.read(&mut buffer).expect("the prompt").max(1));
        }
    }
    let all = begun.elapsed();
    let (_, highest_then) = server.memory();
    println!(
        "| a prompt of 60 MiB: resident before, with {FOLLOWERS} stalled followers, highest before and then | {}, {}, {}, {} MiB |",
        before >> 10,
        stalled >> 10,
        highest >> 10,
        highest_then >> 10
    );
    println!("| meanwhile an answer to another client after | {answer:.1?} |");
    println!("| until all of them, one after the other, have read it | {all:.1?} |");
    let more = stalled.saturating_sub(before).max(highest_then.saturating_sub(highest));
    (
        more < MEMORY,
        format!("{FOLLOWERS} slow followers of a prompt of 60 MiB take {more} KiB more (target: under {MEMORY})"),
    )
}

/// How long it takes to delete very many signals, with and without a server, in turns.
fn going(parent: &Path) -> (bool, String) {
    let delete = |is_served: bool| {
        let home = home(parent);
        (0..GOING).for_each(|number| write(home.path(), &format!("s{number}"), "ended", ""));
        let server = is_served.then(|| Server::start(home.path(), Stdio::inherit()));
        let paths: Vec<_> =
            (0..GOING).map(|number| home.path().join(format!("session-signals/s{number}.ended.json"))).collect();
        let begun = Instant::now();
        for path in &paths {
            fs_err::remove_file(path).expect("it is there");
        }
        let took = begun.elapsed();
        if let Some((server, _)) = &server {
            while server.sessions() != "[]" {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        (took, begun.elapsed())
    };
    let mut rounds: Vec<_> = (0..5).map(|_| (delete(false).0, delete(true))).collect();
    rounds.sort_by_key(|(_, served)| *served);
    let (alone, (served, told)) = rounds[2];
    println!(
        "| {GOING} signals deleted: alone, beside a server, until it has told (median of 5) | {alone:.1?}, {served:.1?}, {told:.1?} |"
    );
    let ratio = served.as_secs_f64() / alone.as_secs_f64();
    (
        ratio < SLOWER,
        format!("deleting signals beside a server takes {ratio:.1} times as long (target: under {SLOWER})"),
    )
}

/// What very many sessions cost of which nothing is heard.
fn idle(parent: &Path) -> (bool, String) {
    let home = home(parent);
    let of = r#","claude_pid":1,"claude_start":1,"claude_host":"elsewhere/1""#;
    (0..IDLE).for_each(|number| write(home.path(), &format!("s{number}"), "stop", of));
    let (server, _) = Server::start(home.path(), Stdio::inherit());
    std::thread::sleep(Duration::from_secs(2));
    // Once a minute all of them are looked at: one such look is in it.
    let (before, begun) = (server.processor(), Instant::now());
    std::thread::sleep(Duration::from_secs(60));
    let percent = (server.processor() - before) / begun.elapsed().as_secs_f64() * 100.0;
    println!(
        "| {IDLE} sessions of which nothing is heard: processor time, resident | {percent:.1} % of one, {} MiB |",
        server.memory().0 >> 10
    );
    (
        percent < PROCESSOR,
        format!("{IDLE} idle sessions take {percent:.1} % of a processor (target: under {PROCESSOR})"),
    )
}
