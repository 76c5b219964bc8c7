//! The connections of clients: how many there are, how long each may take, and how they end.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::descriptor_limit::connection_limit;
use super::write_timeout::WriteTimeout;

/// A client is disconnected if it has not sent the head of its next request after this time. So this is also how long a
/// connection may be idle. The HTTP clients of Node.js keep an idle connection for four or five seconds. If the server closed
/// connections then, it would close some on which a request has just been sent, and such a request fails.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);

/// A client that has taken no byte for this long is disconnected, because everything that it has not taken yet stays in
/// memory. A client that follows the stream connects again, and continues where it was.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request, in bytes. hyper needs 8 KiB.
const MAX_HEAD_LEN: usize = 16 << 10;

/// How many headers a request may have.
const MAX_HEADERS: usize = 64;

/// How many connections can be open at once. For one more, the oldest is closed. So clients that do nothing keep nobody
/// out, and a client that follows the stream connects again and continues where it was.
const MAX_CONNECTIONS: usize = 512;

/// The open connections.
#[derive(Default)]
struct Connections {
    /// The number of the newest connection. Connections are numbered in the order in which they came.
    newest: u64,
    /// By number, so the oldest is the first.
    open: BTreeMap<u64, AbortHandle>,
    /// Changes whenever a connection ends.
    ended: watch::Sender<()>,
}

type SharedConnections = Arc<Mutex<Connections>>;

fn lock_connections(connections: &SharedConnections) -> MutexGuard<'_, Connections> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The running server.
pub struct ServerHandle {
    acceptors: JoinSet<()>,
    connections: SharedConnections,
    /// Changes when the server closes. Then a connection answers no further request.
    closing: watch::Sender<()>,
}

/// Accepts connections on the sockets, and answers their requests.
///
/// # Errors
/// If the runtime cannot use the sockets.
pub fn start_serving(listeners: Vec<TcpListener>, router: &Router) -> io::Result<ServerHandle> {
    let (connections, closing) = (SharedConnections::default(), watch::Sender::new(()));
    let most = connection_limit(MAX_CONNECTIONS);
    let mut acceptors = JoinSet::new();
    for listener in listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (router, connections, closing) = (router.clone(), Arc::clone(&connections), closing.clone());
        acceptors.spawn(async move {
            loop {
                let stream = match listener.accept().await {
                    Ok((stream, _)) => stream,
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    // The process cannot open another file.
                    Err(_) => {
                        let open = lock_connections(&connections).open.len();
                        close_oldest(&connections, open);
                        tokio::time::sleep(Duration::from_millis(10)).await;
                        continue;
                    }
                };
                close_oldest(&connections, most);
                serve_connection(stream, router.clone(), &connections, closing.subscribe());
            }
        });
    }
    Ok(ServerHandle { acceptors, connections, closing })
}

impl ServerHandle {
    /// Stops accepting connections and further requests. The system refuses connections that come from now on. Requests
    /// that are being answered are not interrupted.
    pub async fn close(&mut self) {
        self.acceptors.shutdown().await;
        self.closing.send_replace(());
    }

    /// Waits until every connection has ended.
    pub async fn wait_for_end(&self) {
        let mut ended = lock_connections(&self.connections).ended.subscribe();
        while !lock_connections(&self.connections).open.is_empty() {
            let _ = ended.changed().await; // cannot fail: `self` holds the sender
        }
    }
}

/// Closes the oldest connections until there are fewer than `most`.
fn close_oldest(connections: &SharedConnections, most: usize) {
    let mut connections = lock_connections(connections);
    while connections.open.len() >= most.max(1) {
        let Some((_, oldest)) = connections.open.pop_first() else { return };
        oldest.abort();
    }
}

/// Answers the requests of a connection, in a task of its own.
fn serve_connection(
    stream: TcpStream,
    router: Router,
    connections: &SharedConnections,
    mut closing: watch::Receiver<()>,
) {
    let _ = stream.set_nodelay(true); // otherwise an event may wait until the client has acknowledged the last one
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD_LEN)
        .max_headers(MAX_HEADERS);
    let stream = WriteTimeout::new(stream, WRITE_TIMEOUT);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut locked = lock_connections(connections);
    locked.newest += 1;
    let number = locked.newest;
    let shared = Arc::clone(connections);
    let task = tokio::spawn(async move {
        tokio::pin!(connection);
        // Errors are ignored: a client may end its connection as it likes.
        tokio::select! {
            biased; // look at `closing` first: one answer may end while the next request is already there
            _ = closing.changed() => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
            _ = connection.as_mut() => {}
        }
        let mut connections = lock_connections(&shared);
        connections.open.remove(&number);
        connections.ended.send_replace(());
    });
    locked.open.insert(number, task.abort_handle());
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::Ipv4Addr;

    use axum::routing::get;
    use tokio::time::Instant;

    use super::*;

    /// The clock is paused: it moves on as soon as nothing else happens.
    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_disconnected_after_the_write_timeout() {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let connections = SharedConnections::default();
        // More than the buffers of any two sockets hold.
        let router = Router::new().route("/", get(|| async { "x".repeat(64 << 20) }));
        let start = Instant::now();
        let closing = watch::Sender::new(());
        serve_connection(stream, router, &connections, closing.subscribe());
        while !lock_connections(&connections).open.is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(start.elapsed() < Duration::from_secs(60), "the connection is still open");
        }
        assert!(start.elapsed() >= WRITE_TIMEOUT, "{:?}", start.elapsed());
    }
}
