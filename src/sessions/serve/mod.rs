//! `sessions serve`: answers on a port of this machine with what every session does, and with every change of it.
//!
//! The server binds the port first, so that a client that comes early waits instead of being refused. Then it starts to
//! watch the files, reads them, and decides the state of every session. Only then it answers. So its first answer is true,
//! also for sessions that ended while no server ran.

mod error_log;
pub mod feed;
pub mod http;
mod published_sessions;
mod router;
mod shutdown_signal;
pub mod stream;
mod upkeep;

pub use router::router;

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use self::feed::{Feed, StreamHistory};
use self::http::{connections, loopback};
use self::published_sessions::PublishedSessions;
use self::upkeep::{clean_repeatedly, reap_repeatedly};
use crate::command_line::ServeOptions;
use crate::environment;
use crate::model::{Rounds, SessionModel};

/// How long the server waits at its end for clients to receive what it sends last.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// Serves until a signal ends the program.
///
/// # Errors
/// If the environment names no configuration directory, the port is taken, or the files cannot be watched.
pub fn run_server(options: &ServeOptions) -> io::Result<()> {
    let config_dir = environment::config_dir()?;
    let listeners = loopback::bind_loopback(options.port, &config_dir)?;
    let address = listeners[0].local_addr()?;
    let history = StreamHistory::read(&config_dir, options.port);
    let feed = Arc::new(Feed::new(history.next_run(SystemTime::now())));
    let mut model = SessionModel::new(&config_dir, PublishedSessions::new(Arc::clone(&feed)), Rounds::Always)?;
    // The sink of the server never stops.
    let _ = model.publish_all();
    feed.restore_history(history);
    let (reaper_dir, cleaner_dir) = (config_dir.clone(), config_dir);
    start_thread("model", move || _ = model.run_model())?;
    start_thread("reaper", move || reap_repeatedly(&reaper_dir))?;
    start_thread("cleaner", move || clean_repeatedly(&cleaner_dir))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown_signal = shutdown_signal::wait_for_shutdown_signal()?;
        let mut server = connections::start_serving(listeners, &router(Arc::clone(&feed)))?;
        // A script may wait for this line.
        let _ = writeln!(io::stdout(), "http://{address}/");
        shutdown_signal.await;
        // Close the ports before the feed. A client that sees that the stream ends connects again at once, and must
        // reach the next server or none.
        server.close().await;
        feed.close();
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, server.wait_for_end()).await;
        Ok(())
    })
}

fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}
