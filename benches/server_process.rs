//! A running `sessions serve`, as a client and `/proc` see it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process_costs::{memory_of, processor_time_of};

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
        Self::start_with(config_dir, &[], log)
    }

    /// Starts a server with these further options.
    pub fn start_with(config_dir: &Path, options: &[&str], log: Stdio) -> (Self, Duration) {
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sessions"));
        command
            .args(["serve", "--port", "0"])
            .args(options)
            .env("CLAUDE_CONFIG_DIR", config_dir)
            .stdout(Stdio::piped())
            .stderr(log);
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
        memory_of(self.process.id())
    }

    /// Returns how many file descriptors are open.
    pub fn count_descriptors(&self) -> usize {
        fs_err::read_dir(format!("/proc/{}/fd", self.process.id())).map_or(0, Iterator::count)
    }

    /// Returns the processor time so far, in seconds.
    pub fn processor_time(&self) -> f64 {
        processor_time_of(self.process.id())
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
