//! A real NATS server on a port of its own, as `/proc` sees it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use session_signals_testing::nats::nats_server_program;
use tempfile::TempDir;

use crate::process_costs::{memory_of, processor_time_of};

/// A running server. It is killed when the value is dropped.
pub struct NatsProcess {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl NatsProcess {
    /// Starts a server with a store, and waits until it listens.
    pub fn start() -> Self {
        let directory = TempDir::new().expect("a directory");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let mut command = Command::new(nats_server_program());
        command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(directory.path());
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nats-server");
        let server = Self { process, port, directory };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "nats-server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Returns its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns the resident memory now, and the highest so far, in KiB.
    pub fn memory(&self) -> (u64, u64) {
        memory_of(self.process.id())
    }

    /// Returns the processor time so far, in seconds.
    pub fn processor_time(&self) -> f64 {
        processor_time_of(self.process.id())
    }

    /// Returns how many bytes its store has.
    pub fn store_size(&self) -> u64 {
        size_of(self.directory.path())
    }
}

fn size_of(directory: &Path) -> u64 {
    let entries = fs_err::read_dir(directory).expect("the store").map(|entry| entry.expect("an entry"));
    entries
        .map(
            |entry| {
                if entry.path().is_dir() {
                    size_of(&entry.path())
                } else {
                    entry.metadata().map_or(0, |data| data.len())
                }
            },
        )
        .sum()
}

impl Drop for NatsProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
