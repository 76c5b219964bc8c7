//! `sessions serve`: answers on a loopback port with what every session does, and with every change of it.
//!
//! It first takes the port, so that clients wait instead of being turned away; then watches, reads, and judges; then
//! answers. So the first answer is true, also of sessions that ended while nobody watched.

pub mod cursor;
pub mod feed;
pub mod frames;
pub mod guard;
mod heal;
mod holder;
mod listen;
pub mod log;
mod model;
pub mod offset;
mod page;
mod round;
mod sse;
pub mod steady;
mod stream;
mod sweeper;
mod write_timeout;

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::get;
use tokio::signal::unix::{SignalKind, signal};

use self::feed::Feed;
use self::model::Model;
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
    let feed = Arc::new(Feed::new(SystemTime::now()));
    let model = Model::new(&config, Arc::clone(&feed))?;
    std::thread::Builder::new().name("model".to_owned()).spawn(move || model.run())?;
    std::thread::Builder::new().name("sweeper".to_owned()).spawn(move || sweeper::run(&config))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = end()?;
        let answering = listen::answer(listeners, router(Arc::clone(&feed)));
        tokio::pin!(answering);
        // A script may wait for this line.
        let _ = writeln!(io::stdout(), "http://{address}/");
        tokio::select! {
            stopped = &mut answering => return stopped,
            () = ended => {}
        }
        feed.close();
        let _ = tokio::time::timeout(FAREWELL, answering).await;
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

fn router(feed: Arc<Feed>) -> Router {
    Router::new()
        .route("/", get(page::show))
        .route("/sessions", get(stream::read))
        .fallback(nothing_here)
        .layer(from_fn(guard::guard))
        .with_state(feed)
}

async fn nothing_here() -> Response {
    stream::refuse(StatusCode::NOT_FOUND, "there is / and /sessions")
}
