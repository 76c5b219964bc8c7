//! A server of its own for every test, and what it answers.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::{Sandbox, executable_path};

/// Nothing takes longer than this, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// `sessions serve` on a free port; killed at the end.
pub struct Server {
    process: Child,
    pub port: u16,
    log: PathBuf,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// By name, in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// The command that serves a sandbox on this port.
pub fn command(sandbox: &Sandbox, port: u16) -> Command {
    command_of(&executable_path("sessions"), sandbox, port)
}

/// The same, of another executable.
pub fn command_of(executable: &Path, sandbox: &Sandbox, port: u16) -> Command {
    let mut command = Command::new(executable);
    command.args(["serve", "--port", &port.to_string()]);
    command.env_clear().env("HOME", sandbox.home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Server {
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::start_at(sandbox, 0)
    }

    /// On this port, of [`free_port`] where it is to be started there again.
    pub fn start_at(sandbox: &Sandbox, port: u16) -> Self {
        Self::spawn(sandbox, command(sandbox, port))
    }

    /// Runs a command that serves.
    pub fn spawn(sandbox: &Sandbox, mut command: Command) -> Self {
        let log = sandbox.home().join("serve.log");
        let mut process = command.stderr(fs_err::File::create(&log).unwrap().into_file()).spawn().unwrap();
        let mut told = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut told).unwrap();
        let Some(port) = told.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/\n")) else {
            let _ = process.kill();
            panic!("it did not start: {told:?} {}", fs_err::read_to_string(log).unwrap());
        };
        let port = port.parse().unwrap();
        Self { process, port, log }
    }

    /// What it has said on standard error.
    pub fn log(&self) -> String {
        fs_err::read_to_string(&self.log).unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends this as it is; what comes back, to the end.
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = Vec::new();
        // It may be cut off before we have said everything.
        let _ = stream.read_to_end(&mut text);
        parse(&String::from_utf8(text).unwrap())
    }

    /// Asks for a path with these headers besides (`Name: value`).
    pub fn ask(&self, method: &str, path: &str, headers: &[&str]) -> Answer {
        let host = format!("Host: localhost:{}", self.port);
        let headers = [&[&*host], headers].concat().join("\r\n");
        self.raw(&format!("{method} {path} HTTP/1.0\r\n{headers}\r\n\r\n"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    /// The messages of a plain read.
    pub fn messages(&self) -> Vec<Value> {
        self.get("/sessions").messages()
    }

    /// What is said of each session, sorted by id.
    pub fn sessions(&self) -> Vec<Value> {
        let mut values: Vec<_> = self.messages().into_iter().map(|mut message| message["value"].take()).collect();
        values.sort_by_key(|value| value["sessionId"].to_string());
        values
    }

    /// Waits until it says this of a session: its state, and the rule.
    #[track_caller]
    pub fn until(&self, session: &str, told: &str) {
        let mut last = String::new();
        let is_so = within(|| {
            let found = self.sessions().into_iter().find(|value| value["sessionId"] == session);
            last = found
                .map_or_else(String::new, |value| format!("{} {}", value["state"], value["rule"]).replace('"', ""));
            last == told
        });
        assert!(is_so, "{session} should be {told:?}, is {last:?}");
    }

    /// Follows the stream from an offset.
    pub fn follow(&self, offset: &str) -> Events {
        let mut stream = self.connect();
        write!(stream, "GET /sessions?offset={offset}&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        Events { head, reader }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    /// Stops it, and returns once none of its threads runs any more.
    #[cfg(target_os = "linux")]
    pub fn stop(&self) {
        self.signal("-STOP");
        let threads = format!("/proc/{}/task", self.pid());
        let is_stopped = || {
            let threads = fs_err::read_dir(&threads).unwrap();
            threads
                .into_iter()
                .all(|thread| fs_err::read_to_string(thread.unwrap().path().join("stat")).unwrap().contains(") T "))
        };
        assert!(within(is_stopped), "it is not stopped");
    }

    /// Resident memory in KiB.
    #[cfg(target_os = "linux")]
    pub fn resident(&self) -> u64 {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }

    /// Waits for its end; its exit code.
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

/// A port that stays free while nobody serves on it: the system gives it to no other test, and to no connection.
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

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    #[track_caller]
    pub fn messages(&self) -> Vec<Value> {
        assert_eq!((self.status, self.header("content-type")), (200, "application/json"), "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

/// An answer as it came.
pub fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Answer { status: status.unwrap_or(0), headers: lines.filter_map(header).collect(), body: body.to_owned() }
}

/// A client that follows.
pub struct Events {
    pub head: String,
    reader: BufReader<TcpStream>,
}

/// One event of it.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

impl Events {
    /// The next one; `None` at the end.
    pub fn next(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value)))
            {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data += value,
                _ if data.is_empty() => {}
                _ => return Some(Event { name, data: serde_json::from_str(&data).unwrap() }),
            }
        }
    }

    /// The next messages, and the offset after them.
    #[track_caller]
    pub fn batch(&mut self) -> (Vec<Value>, String) {
        let mut messages = Vec::new();
        loop {
            let event = self.next().expect("the stream goes on");
            match &*event.name {
                "data" => messages.extend(event.data.as_array().unwrap().clone()),
                "control" => return (messages, event.data["streamNextOffset"].as_str().unwrap().to_owned()),
                name => panic!("{name}"),
            }
        }
    }
}

/// Whether this comes true before patience ends.
pub fn within(mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
