//! A running `sessions serve`, as a client and `/proc` see it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server. It is killed when the value is dropped.
pub struct ServerProcess {
    process: Child,
    /// The port it listens on.
    pub port: u16,
}

impl ServerProcess {
    /// Starts a server. Also returns how long it took until its first answer was read. The server's stderr goes to
    /// `log`.
    pub fn start(config_dir: &Path, log: Stdio) -> (Self, Duration) {
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
        command.args(["serve", "--port", "0"]).env("CLAUDE_CONFIG_DIR", config_dir).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("it starts");
        let mut address = String::new();
        BufReader::new(process.stdout.take().expect("its stdout")).read_line(&mut address).expect("its address");
        let port = address.trim_end_matches("/\n").rsplit(':').next().and_then(|port| port.parse().ok());
        let server = Self { process, port: port.expect("a port") };
        server.get_sessions();
        (server, start.elapsed())
    }

    /// Returns the body of `GET /sessions`, which is JSON.
    pub fn get_sessions(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        stream.write_all(b"GET /sessions HTTP/1.0\r\nHost: localhost\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
        assert!(head.starts_with("HTTP/1.0 200 OK"), "{head}");
        body.to_owned()
    }

    /// Returns the resident memory now, and the highest so far, in KiB.
    pub fn memory(&self) -> (u64, u64) {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        };
        (line("VmRSS:").unwrap_or_default(), line("VmHWM:").unwrap_or_default())
    }

    /// Returns how many file descriptors are open.
    pub fn count_descriptors(&self) -> usize {
        fs_err::read_dir(format!("/proc/{}/fd", self.process.id())).map_or(0, Iterator::count)
    }

    /// Returns the processor time so far, in seconds.
    pub fn processor_time(&self) -> f64 {
        let stat = fs_err::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        let fields: Vec<_> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Ends the server with SIGTERM. Returns how long that took. Panics if the server does not exit with 0.
    pub fn terminate(mut self) -> Duration {
        let start = Instant::now();
        let status = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        assert!(status.expect("kill").success());
        assert!(self.process.wait().expect("it ends").success());
        start.elapsed()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
