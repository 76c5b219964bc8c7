//! `sessions serve`: answers on a loopback port with what every session does, and with every change of it.
//!
//! It first takes the port, so that clients wait instead of being turned away; then watches, reads, and judges; then
//! answers. So the first answer is true, also of sessions that ended while nobody watched.

pub mod batch_text;
mod cleanup;
pub mod connections;
pub mod cursor;
pub mod event_log;
pub mod feed;
mod last_signals;
pub mod mass_removal;
pub mod offset;
mod page;
mod port_owner;
mod reap_daemons;
mod repair;
pub mod request_policy;
mod schedule;
pub mod session_model;
mod sse;
pub mod stable_times;
mod stream;
pub mod stream_history;
mod write_timeout;

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::any;
use tokio::signal::unix::{SignalKind, signal};

use self::feed::Feed;
use self::session_model::SessionModel;
use self::stream_history::StreamHistory;
use crate::command_line::ServeOptions;
use crate::environment;

/// Clients that follow the stream are told that it ends, and given this long to hear it.
const END_TIMEOUT: Duration = Duration::from_millis(200);

/// Serves until a signal ends it.
///
/// # Errors
/// Where the port is taken, or nothing can be watched.
pub fn run_server(serve: &ServeOptions) -> io::Result<()> {
    let config = environment::config_dir()?;
    let listeners = connections::bind_loopback(serve.port, &config)?;
    let address = listeners[0].local_addr()?;
    let told = StreamHistory::read(&config, serve.port);
    let feed = Arc::new(Feed::new(told.next_run(SystemTime::now())));
    let model = SessionModel::new(&config, Arc::clone(&feed))?;
    feed.restore_history(told);
    std::thread::Builder::new().name("model".to_owned()).spawn(move || model.run_model())?;
    let (swept, cleaned) = (config.clone(), config);
    std::thread::Builder::new().name("sweeper".to_owned()).spawn(move || reap_daemons::reap_repeatedly(&swept))?;
    std::thread::Builder::new().name("cleaner".to_owned()).spawn(move || cleanup::clean_repeatedly(&cleaned))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = end_signal()?;
        let mut answering = connections::start_serving(listeners, &router(Arc::clone(&feed)))?;
        // A script may wait for this line.
        let _ = writeln!(io::stdout(), "http://{address}/");
        ended.await;
        // In this order: who is told that the stream ends comes again at once, and finds the next server, or none.
        answering.close().await;
        feed.close();
        let _ = tokio::time::timeout(END_TIMEOUT, answering.wait_for_end()).await;
        Ok(())
    })
}

/// Waits for one of the signals that end a process.
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    let [mut terminate, mut interrupt, mut hang_up] =
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?];
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// What is answered: the page, and the stream.
pub fn router(feed: Arc<Feed>) -> Router {
    Router::new()
        // The guard says which methods there are.
        .route("/", any(page::show_page))
        .route("/sessions", any(stream::read_stream))
        .fallback(not_found)
        .layer(from_fn(request_policy::enforce_policy))
        .with_state(feed)
}

async fn not_found() -> Response {
    stream::refuse_request(StatusCode::NOT_FOUND, "there is / and /sessions")
}
