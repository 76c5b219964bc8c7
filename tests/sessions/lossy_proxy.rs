//! A connection that loses what goes through it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Passes connections on to a port of this machine. What goes through it can be lost in each direction. It ends with the tests.
pub struct LossyProxy {
    port: u16,
    state: Arc<ProxyState>,
}

#[derive(Default)]
struct ProxyState {
    loses_requests: AtomicBool,
    loses_answers: AtomicBool,
    connections: AtomicU64,
}

impl LossyProxy {
    /// Starts to pass connections on to this port.
    pub fn start(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, state) = (listener.local_addr().unwrap().port(), Arc::new(ProxyState::default()));
        let proxy = Self { port, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                state.connections.fetch_add(1, Ordering::Relaxed);
                let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (requests, answers) = (Arc::clone(&state), Arc::clone(&state));
                std::thread::spawn(move || {
                    pass_on(client, to_server, || !requests.loses_requests.load(Ordering::Relaxed));
                });
                std::thread::spawn(move || {
                    pass_on(server, to_client, || !answers.loses_answers.load(Ordering::Relaxed));
                });
            }
        });
        proxy
    }

    /// Returns its address for a publisher.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Loses what clients send, and what the server answers, from now on.
    pub fn lose(&self, requests: bool, answers: bool) {
        self.state.loses_requests.store(requests, Ordering::Relaxed);
        self.state.loses_answers.store(answers, Ordering::Relaxed);
    }

    /// Returns how many connections there were.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }
}

/// Passes bytes on until the connection ends. Once some were lost, the rest makes no sense, so all of it is lost.
fn pass_on(mut from: TcpStream, mut to: TcpStream, passes: impl Fn() -> bool) {
    let (mut buffer, mut is_whole) = ([0; 16 << 10], true);
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        is_whole &= passes();
        if is_whole && to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
