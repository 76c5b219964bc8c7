//! The ports, and the connections that come in on them.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::port_owner;
use super::write_timeout::WriteTimeout;

/// A client that has not said by then what it wants is let go.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// A client that takes nothing for so long is let go: what it is yet to be told stays in memory. Who follows the stream
/// comes again and goes on where it was.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a request's head may take, in bytes; hyper needs 8 KiB.
const MAX_HEAD_LEN: usize = 16 << 10;

/// How many headers it may have.
const MAX_HEADERS: usize = 64;

/// So many connections at a time. For one more the oldest is let go: a client that follows the stream comes again and
/// goes on where it was, so those who do nothing crowd out nobody else.
const MAX_CONNECTIONS: usize = 512;

/// Takes the port on 127.0.0.1 and, where there is such a thing, on `::1`.
///
/// # Errors
/// Where somebody has it, whose name the error tells.
pub fn bind_loopback(port: u16, config: &Path) -> io::Result<Vec<TcpListener>> {
    // Of the ports that the system picks, one may be taken on the other address.
    let mut tries = if port == 0 { 20 } else { 1 };
    loop {
        tries -= 1;
        match bind_v4_and_v6(port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(port_taken_error(port, config, error.kind()));
            }
            Err(error) => return Err(io::Error::new(error.kind(), format!("port {port}: {error}"))),
            bound => return bound,
        }
    }
}

fn bind_v4_and_v6(port: u16) -> io::Result<Vec<TcpListener>> {
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let second = TcpListener::bind((Ipv6Addr::LOCALHOST, first.local_addr()?.port()));
    let bound = match second {
        Ok(second) => vec![first, second],
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => vec![first], // no IPv6 here
    };
    for listener in &bound {
        listener.set_nonblocking(true)?;
    }
    Ok(bound)
}

fn port_taken_error(port: u16, config: &Path, kind: io::ErrorKind) -> io::Error {
    let told = match port_owner::find_owner(port) {
        Some(holder) if holder.name == "sessions" && holder.config.as_deref() == Some(config) => {
            format!("already serving at http://127.0.0.1:{port}/ (PID {})", holder.pid)
        }
        Some(holder) => {
            format!("port {port} is taken by `{}` (PID {}); --port takes another", holder.name, holder.pid)
        }
        None => format!("port {port} is taken; --port takes another"),
    };
    io::Error::new(kind, told)
}

/// The connections that are open, oldest first.
#[derive(Default)]
struct Connections {
    newest: u64,
    open: BTreeMap<u64, AbortHandle>,
    /// Wakes who waits for their end.
    changed: watch::Sender<()>,
}

type Shared = Arc<Mutex<Connections>>;

fn lock_connections(connections: &Shared) -> MutexGuard<'_, Connections> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The ports that are answered on, and the connections that came in on them.
pub struct ServerHandle {
    acceptors: JoinSet<()>,
    connections: Shared,
    /// Tells the connections that no further question is answered.
    last: watch::Sender<()>,
}

/// Answers on these ports.
///
/// # Errors
/// Where the runtime will not have them.
pub fn start_serving(listeners: Vec<TcpListener>, router: &Router) -> io::Result<ServerHandle> {
    let (connections, last) = (Shared::default(), watch::Sender::new(()));
    let most = connection_limit();
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (router, connections, last) = (router.clone(), Arc::clone(&connections), last.clone());
        acceptors.spawn(async move {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    // No descriptor is left.
                    Err(_) => {
                        let open = lock_connections(&connections).open.len();
                        close_oldest(&connections, open);
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        continue;
                    }
                };
                close_oldest(&connections, most);
                serve_connection(stream, router.clone(), &connections, last.subscribe());
            }
        });
    }
    Ok(ServerHandle { acceptors, connections, last })
}

impl ServerHandle {
    /// Takes no more connections: whoever comes from now on is turned away by the system, and so are those who would ask
    /// again on a connection that is open. What is being answered goes on.
    pub async fn close(&mut self) {
        self.acceptors.shutdown().await;
        self.last.send_replace(());
    }

    /// Waits until everything is answered.
    pub async fn wait_for_end(&self) {
        let mut changed = lock_connections(&self.connections).changed.subscribe();
        while !lock_connections(&self.connections).open.is_empty() {
            let _ = changed.changed().await; // the sender is ours
        }
    }
}

/// Lets the oldest go, so that there are fewer than `most`.
fn close_oldest(connections: &Shared, most: usize) {
    let mut connections = lock_connections(connections);
    while connections.open.len() >= most.max(1) {
        let Some((_, oldest)) = connections.open.pop_first() else { return };
        oldest.abort();
    }
}

fn serve_connection(stream: TcpStream, router: Router, connections: &Shared, mut last: watch::Receiver<()>) {
    let _ = stream.set_nodelay(true); // else an event may wait for the last one's acknowledgement
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD_LEN)
        .max_headers(MAX_HEADERS);
    let stream = WriteTimeout::new(stream, WRITE_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut open = lock_connections(connections);
    open.newest += 1;
    let number = open.newest;
    let shared = Arc::clone(connections);
    let task = tokio::spawn(async move {
        tokio::pin!(connection);
        // How it ends is the client's business.
        tokio::select! {
            biased; // the answer may end at the same time, and the next question be there already
            _ = last.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
            _ = connection.as_mut() => {}
        }
        let mut connections = lock_connections(&shared);
        connections.open.remove(&number);
        connections.changed.send_replace(());
    });
    open.open.insert(number, task.abort_handle());
}

/// How many connections there may be: as many as we want, or else as many as there are descriptors for.
fn connection_limit() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = MAX_CONNECTIONS as u64 * 2;
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let files = match current {
        Some(current) if current < raised => {
            let is_raised = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok();
            if is_raised { raised } else { current }
        }
        Some(current) => current,
        None => wanted,
    };
    // Half of them for all else.
    MAX_CONNECTIONS.min(usize::try_from(files / 2).unwrap_or(MAX_CONNECTIONS))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use axum::routing::get;
    use tokio::time::Instant;

    use super::*;

    /// The clock goes on as soon as nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_let_go_after_half_a_minute() {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let connections = Shared::default();
        // More than the buffers of any two sockets.
        let router = Router::new().route("/", get(|| async { "x".repeat(64 << 20) }));
        let begun = Instant::now();
        let last = watch::Sender::new(());
        serve_connection(stream, router, &connections, last.subscribe());
        while !lock_connections(&connections).open.is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(begun.elapsed() < Duration::from_secs(60), "it is still there");
        }
        assert!(begun.elapsed() >= WRITE_TIMEOUT, "{:?}", begun.elapsed());
    }
}
