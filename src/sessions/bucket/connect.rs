//! How a NATS server is reached: the only place that knows the options of a connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, Context};
use async_nats::{ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use super::backoff::random_fraction;
use super::credentials::{Credentials, CredentialsSource};
use super::server_url::ServerUrl;
use crate::display_text::{make_harmless, truncate};

/// How long the servers may take until one of them lets this machine in, and how long a server may take to answer a request.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How long the first tries of a request wait. The next server that is asked may be another one.
const FIRST_TRIES: [Duration; 2] = [Duration::from_secs(2); 2];

/// How long a server may take to let this machine in before the next attempt begins.
const HEAD_START: Duration = Duration::from_secs(1);

/// How often a connection that is silent is tried. It is lost after three of these.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// How long the client waits before it connects again by itself. It never does: see [`in_own_runtime`].
const NEVER: Duration = Duration::from_secs(24 * 3600);

/// The most columns of an error of the server that are shown.
const MAX_ERROR_WIDTH: usize = 200;

/// A server, or the servers of one cluster, and how they know this machine.
#[derive(Clone)]
pub struct BucketServer {
    /// The addresses.
    pub urls: Vec<ServerUrl>,
    /// The credentials. They are read again for each connection.
    pub credentials: CredentialsSource,
}

/// A connection to the server. It does not come back when it is lost, because nobody knows what the server has got of what was sent
/// last. Whoever uses it makes another one.
#[derive(Clone)]
pub struct Connection {
    /// The store of the server.
    pub jetstream: Context,
    /// The most bytes of a message.
    pub max_payload: usize,
    is_lost: watch::Receiver<bool>,
    /// What the server has refused last.
    refusal: watch::Sender<Option<String>>,
}

/// Why a connection failed.
#[derive(Debug)]
pub struct ConnectFailure {
    /// Whether all servers are there and do not accept this machine. Then it makes no sense to ask again soon.
    pub is_refusal: bool,
    /// The reason: a sentence.
    pub reason: String,
}

impl From<String> for ConnectFailure {
    fn from(reason: String) -> Self {
        Self { is_refusal: false, reason }
    }
}

/// Does some work with a connection, in a runtime of its own. At its end nothing of the connection is left. Otherwise the client would
/// connect again and send what was still waiting, after newer values were sent over another connection.
///
/// # Errors
/// If the runtime cannot be made.
pub fn in_own_runtime<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    Ok(result)
}

/// Connects to one of the servers, whichever answers first. They are tried in a random order, and each gets a head start of a second.
/// While none answers, they are tried again and again: when a cable is mended, a new attempt gets through sooner than an old one.
pub async fn connect(server: &BucketServer) -> Result<Connection, ConnectFailure> {
    let credentials = server.credentials.read().map_err(|error| error.to_string())?;
    let mut urls: Vec<_> = server.urls.iter().map(|url| (random_fraction(), url)).collect();
    urls.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let mut untried = urls.len();
    let mut next_url = urls.iter().map(|(_, url)| *url).cycle();
    let (start, mut is_silent) = (Instant::now(), false);
    let (mut trying, mut failure, mut refusals) = (FuturesUnordered::new(), None, Vec::new());
    while start.elapsed() < TIMEOUT {
        if (untried > 0 || is_silent)
            && let Some(url) = next_url.next()
        {
            trying.push(connect_to(url, credentials.as_ref()));
            untried = untried.saturating_sub(1);
        }
        let answer = tokio::time::timeout(HEAD_START, trying.next()).await;
        is_silent = answer.is_err();
        match answer {
            Ok(Some(Ok(connection))) => return Ok(connection),
            Ok(Some(Err(ServerFailure::Refused(url)))) => refusals.push(url),
            Ok(Some(Err(ServerFailure::Failed(reason)))) => failure = Some(reason),
            Ok(None) => break,
            Err(_) => {}
        }
    }
    let is_refusal = urls.iter().all(|(_, url)| refusals.contains(url));
    let reason = match refusals.first() {
        Some(_) if is_refusal => "the server does not accept the credentials of this machine".to_owned(),
        Some(url) => format!("{url} does not accept the credentials of this machine, and no other server lets it in"),
        None => failure.unwrap_or_else(|| "no server answers".to_owned()),
    };
    let names: Vec<_> = server.urls.iter().map(ToString::to_string).collect();
    Err(ConnectFailure { is_refusal, reason: format!("{}: {reason}", names.join(",")) })
}

/// Why a server does not let this machine in.
enum ServerFailure<'a> {
    /// It does not accept the credentials.
    Refused(&'a ServerUrl),
    /// It cannot be used, for this reason.
    Failed(String),
}

/// Connects to this server.
async fn connect_to<'a>(
    url: &'a ServerUrl,
    credentials: Option<&Credentials>,
) -> Result<Connection, ServerFailure<'a>> {
    let (lost, is_lost) = watch::channel(false);
    let refusal = watch::Sender::new(None);
    let noted = refusal.clone();
    let is_connected = Arc::new(AtomicBool::new(false));
    let was_connected = Arc::clone(&is_connected);
    let failed = |error: &dyn std::error::Error| ServerFailure::Failed(describe(error));
    let options = login(credentials).map_err(|error| failed(&error))?;
    let options = options
        .name("session-signals")
        .require_tls(url.is_encrypted())
        // Another server of the cluster may have an address that is not in its certificate, or that is not of this machine.
        .ignore_discovered_servers()
        .max_reconnects(1)
        .reconnect_delay_callback(move |_| if was_connected.load(Ordering::Relaxed) { NEVER } else { Duration::ZERO })
        .connection_timeout(TIMEOUT)
        .request_timeout(Some(TIMEOUT))
        .ping_interval(PING_INTERVAL)
        .event_callback(move |event| {
            match event {
                Event::Disconnected | Event::Closed | Event::LameDuckMode => drop(lost.send_replace(true)),
                Event::ServerError(error) => {
                    noted.send_replace(Some(harmless(&error.to_string())));
                }
                _ => {}
            }
            std::future::ready(())
        });
    let address: ServerAddr = url.to_string().parse().map_err(|error: io::Error| failed(&error))?;
    let client = options.connect(address).await.map_err(|error| match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => ServerFailure::Refused(url),
        _ => failed(&error),
    })?;
    is_connected.store(true, Ordering::Relaxed);
    let max_payload = client.server_info().max_payload;
    let mut jetstream = jetstream::new(client);
    jetstream.set_timeout(TIMEOUT);
    Ok(Connection { jetstream, max_payload, is_lost, refusal })
}

impl Connection {
    /// Waits until the connection is lost.
    pub async fn lost(&self) {
        let mut is_lost = self.is_lost.clone();
        // It fails if the client is gone, and then the connection is lost, too.
        let _ = is_lost.wait_for(|is_lost| *is_lost).await;
    }

    /// Returns what the server has refused last, in its words: for example that this machine may not write a key. The server does not
    /// answer what it refuses, so this is the reason why an answer is missing.
    pub fn refusal(&self) -> Option<String> {
        self.refusal.borrow().clone()
    }

    /// Asks for something, and asks again if no answer comes soon. The servers of a cluster still pass requests on to a server that was
    /// lost a moment ago, and the next request may go to another server. The error is a sentence.
    pub async fn ask<T, E, F>(&self, ask: impl Fn() -> F) -> Result<T, String>
    where
        E: std::error::Error,
        F: Future<Output = Result<T, E>>,
    {
        // What was refused before was something else.
        self.refusal.send_replace(None);
        let mut refusal = self.refusal.subscribe();
        let answered = async {
            for limit in FIRST_TRIES {
                if let Ok(answer) = tokio::time::timeout(limit, ask()).await {
                    return answer;
                }
            }
            ask().await
        };
        tokio::select! {
            answer = answered => answer.map_err(|error| describe(&error)),
            Ok(refusal) = refusal.wait_for(Option::is_some) => Err(refusal.clone().unwrap_or_default()),
        }
    }
}

/// Describes an error with all its causes.
pub fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Many errors of the client name their cause already.
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    harmless(&text)
}

fn harmless(text: &str) -> String {
    truncate(&make_harmless(text), MAX_ERROR_WIDTH)
}

fn login(credentials: Option<&Credentials>) -> io::Result<ConnectOptions> {
    match credentials {
        None => Ok(ConnectOptions::new()),
        // The error of the client might show what it has read.
        Some(Credentials::Creds(text)) => ConnectOptions::with_credentials(text)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the credentials are damaged")),
        Some(Credentials::Seed(seed)) => Ok(ConnectOptions::with_nkey(seed.clone())),
        Some(Credentials::Password(name, password)) => {
            Ok(ConnectOptions::with_user_and_password(name.clone(), password.clone()))
        }
    }
}
