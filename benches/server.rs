//! `sessions serve`, as a client and `/proc` see it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The server, killed at the end.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Server {
    /// Starts it; how long until its first answer was read. What it has to say goes to `log`.
    pub fn start(home: &Path, log: Stdio) -> (Self, Duration) {
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
        command.args(["serve", "--port", "0"]).env("CLAUDE_CONFIG_DIR", home).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("it starts");
        let mut told = String::new();
        BufReader::new(process.stdout.take().expect("its stdout")).read_line(&mut told).expect("its address");
        let port = told.trim_end_matches("/\n").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let server = Self { process, port };
        server.sessions();
        (server, start.elapsed())
    }

    /// The body of `GET /sessions`: JSON.
    pub fn sessions(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.write_all(b"GET /sessions HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.0 200 OK"), "{head}");
        body.to_owned()
    }

    /// Resident memory now, and at most so far, in KiB.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        (line("VmRSS:").unwrap_or_default(), line("VmHWM:").unwrap_or_default())
    }

    /// From SIGTERM to its end.
    #[allow(dead_code, reason = "one bench of two asks")]
    pub fn terminate(mut self) -> Duration {
        let start = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(told.expect("kill").success());
        assert!(self.process.wait().expect("it ends").success());
        start.elapsed()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        fs_err::read_dir(format!("/proc/{}/fd", self.process.id())).map_or(0, Iterator::count)
    }

    /// Processor time so far, in seconds.
    pub fn processor(&self) -> f64 {
        let stat = fs_err::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        let fields: Vec<_> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
