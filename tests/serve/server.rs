//! A server of its own for every test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;
use session_signals_cli::wait_until;

use super::event_stream::EventStream;
use super::http_answer::{Answer, parse_answer};
use crate::sandbox::{Sandbox, executable_path};

/// How long a test waits for something, however busy the machine is.
pub const TIMEOUT: Duration = Duration::from_secs(60);

/// A running `sessions serve`. It is killed when it is dropped.
pub struct Server {
    process: Child,
    pub port: u16,
    log: PathBuf,
}

/// Returns the command that serves the sandbox on this port.
pub fn serve_command(sandbox: &Sandbox, port: u16) -> Command {
    serve_command_of(&executable_path("sessions"), sandbox, port)
}

/// Returns the same command for another executable.
pub fn serve_command_of(executable: &Path, sandbox: &Sandbox, port: u16) -> Command {
    let mut command = Command::new(executable);
    command.args(["serve", "--port", &port.to_string()]);
    command.env_clear().env("HOME", sandbox.home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    /// Starts a server on a port that the system chooses.
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::start_on_port(sandbox, 0)
    }

    /// Starts a server on this port. If it will be restarted there, the port must come from [`free_port`].
    pub fn start_on_port(sandbox: &Sandbox, port: u16) -> Self {
        Self::spawn(sandbox, serve_command(sandbox, port))
    }

    /// Runs a command that serves, and waits until the server is ready.
    pub fn spawn(sandbox: &Sandbox, mut command: Command) -> Self {
        let log = sandbox.home().join("serve.log");
        let mut process = command.stderr(fs_err::File::create(&log).unwrap().into_file()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(port) = line.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/\n")) else {
            let _ = process.kill();
            panic!("the server did not start: {line:?} {}", fs_err::read_to_string(log).unwrap());
        };
        let port = port.parse().unwrap();
        Self { process, port, log }
    }

    /// Returns what it has written to standard error.
    pub fn log(&self) -> String {
        fs_err::read_to_string(&self.log).unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Opens a connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream
    }

    /// Sends the text as it is, and returns the answer.
    pub fn send_raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = Vec::new();
        // The server may close the connection before it has read everything.
        let _ = stream.read_to_end(&mut text);
        parse_answer(&String::from_utf8(text).unwrap())
    }

    /// Sends a request with these headers (`Name: value`) in addition to Host.
    pub fn request(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let host = format!("Host: localhost:{}", self.port);
        let headers = [&[&*host], headers].concat().join("\r\n");
        self.send_raw(&format!("{method} {path} HTTP/1.0\r\n{headers}\r\n\r\n"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[])
    }

    /// Returns the messages of a plain read.
    pub fn messages(&self) -> Vec<Value> {
        self.get("/sessions").messages()
    }

    /// Returns the JSON of each session, sorted by id.
    pub fn sessions(&self) -> Vec<Value> {
        let mut values: Vec<_> = self.messages().into_iter().map(|mut message| message["value"].take()).collect();
        values.sort_by_key(|value| value["sessionId"].to_string());
        values
    }

    /// Waits until a session has this state and this rule, for example `waiting stop`.
    #[track_caller]
    pub fn wait_for_state(&self, session: &str, expected: &str) {
        let mut last = String::new();
        let is_reached = becomes_true(|| {
            let found = self.sessions().into_iter().find(|value| value["sessionId"] == session);
            last = found
                .map_or_else(String::new, |value| format!("{} {}", value["state"], value["rule"]).replace('"', ""));
            last == expected
        });
        assert!(is_reached, "{session} should be {expected:?}, but is {last:?}");
    }

    /// Follows the stream from an offset, as server-sent events.
    pub fn follow(&self, offset: &str) -> EventStream {
        EventStream::open(self.connect(), offset)
    }

    /// Sends it a signal, for example `-TERM`.
    pub fn send_signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Suspends the process, and returns when none of its threads runs any more.
    #[cfg(target_os = "linux")]
    pub fn suspend(&self) {
        self.send_signal("-STOP");
        let threads = format!("/proc/{}/task", self.pid());
        let is_suspended = || {
            let threads = fs_err::read_dir(&threads).unwrap();
            threads
                .into_iter()
                .all(|thread| fs_err::read_to_string(thread.unwrap().path().join("stat")).unwrap().contains(") T "))
        };
        assert!(becomes_true(is_suspended), "a thread still runs");
    }

    /// Returns the memory in KiB that it has allocated. The pages of its executable are not counted: a debug build has very many.
    #[cfg(target_os = "linux")]
    pub fn allocated_kib(&self) -> u64 {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Waits for its end, and returns its exit code.
    pub fn wait(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns a port that stays free while no server runs on it. The system does not choose it for another test or for a
/// connection.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 12_000).unwrap();
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Waits until the condition is true. Returns `false` if it is not within the time limit of the tests.
pub fn becomes_true(mut condition: impl FnMut() -> bool) -> bool {
    wait_until(TIMEOUT, Duration::from_millis(20), || condition().then_some(())).is_some()
}
