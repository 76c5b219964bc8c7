//! `sessions serve`: answers on a loopback port with what every session does, and with every change of it.
//!
//! It first takes the port, so that clients wait instead of being turned away; then watches, reads, and judges; then
//! answers. So the first answer is true, also of sessions that ended while nobody watched.

mod cleaner;
pub mod cursor;
pub mod feed;
pub mod frames;
pub mod guard;
mod heal;
mod holder;
mod kept;
pub mod leaving;
pub mod listen;
pub mod log;
pub mod model;
pub mod offset;
mod page;
mod round;
mod sse;
pub mod steady;
mod stream;
mod sweeper;
pub mod told;
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
use self::model::Model;
use self::told::Told;
use crate::cli::Serve;
use crate::environment;

/// Clients that follow the stream are told that it ends, and given this long to hear it.
const FAREWELL: Duration = Duration::from_millis(200);

/// Serves until a signal ends it.
///
/// # Errors
/// Where the port is taken, or nothing can be watched.
pub fn run(serve: &Serve) -> io::Result<()> {
    let config = environment::config()?;
    let listeners = listen::bind(serve.port, &config)?;
    let address = listeners[0].local_addr()?;
    let told = Told::read(&config, serve.port);
    let feed = Arc::new(Feed::new(told.next_run(SystemTime::now())));
    let model = Model::new(&config, Arc::clone(&feed))?;
    feed.go_on_from(told);
    std::thread::Builder::new().name("model".to_owned()).spawn(move || model.run())?;
    let (swept, cleaned) = (config.clone(), config);
    std::thread::Builder::new().name("sweeper".to_owned()).spawn(move || sweeper::run(&swept))?;
    std::thread::Builder::new().name("cleaner".to_owned()).spawn(move || cleaner::run(&cleaned))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = end()?;
        let mut answering = listen::answer(listeners, &router(Arc::clone(&feed)))?;
        // A script may wait for this line.
        let _ = writeln!(io::stdout(), "http://{address}/");
        ended.await;
        // In this order: who is told that the stream ends comes again at once, and finds the next server, or none.
        answering.close().await;
        feed.close();
        let _ = tokio::time::timeout(FAREWELL, answering.finish()).await;
        Ok(())
    })
}

/// Waits for one of the signals that end a process.
fn end() -> io::Result<impl Future<Output = ()>> {
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
        .route("/", any(page::show))
        .route("/sessions", any(stream::read))
        .fallback(nothing_here)
        .layer(from_fn(guard::guard))
        .with_state(feed)
}

async fn nothing_here() -> Response {
    stream::refuse(StatusCode::NOT_FOUND, "there is / and /sessions")
}
