//! `sessions serve`: answers on a port of this machine with what every session does, and with every change of it.
//!
//! The server binds the port first, so that a client that comes early waits instead of being refused. Then it starts to
//! watch the files, reads them, and decides the state of every session. Only then it answers. So its first answer is true,
//! also for sessions that ended while no server ran. Only the conversations of the sessions that have ended follow later.

mod error_log;
pub mod feed;
pub mod http;
mod published_sessions;
mod router;
pub mod setup;
mod shutdown_signal;
pub mod stream;
mod upkeep;

pub use router::router;

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, SystemTime};

use self::error_log::log_line;
use self::feed::{Feed, StreamHistory};
use self::http::{connections, loopback};
use self::published_sessions::PublishedSessions;
use self::setup::SetupReading;
use self::upkeep::{clean_repeatedly, reap_repeatedly};
use crate::bucket::{PublishFailure, Publisher, check_sharing};
use crate::command_line::ServeOptions;
use crate::environment;
use crate::machines::MachineOptions;
use crate::model::{Rounds, SessionModel};
use crate::notify::Notifier;

/// How long the server waits at its end for clients to receive what it sends last.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(200);

/// How long the server waits at its start for the sessions of other machines. A client that knows them from an earlier run would
/// be told otherwise that they are gone, and then that they are there.
const MACHINES_TIMEOUT: Duration = Duration::from_secs(3);

/// Serves until a signal ends the program.
///
/// # Errors
/// If the environment names no configuration directory, the port is taken, the files cannot be watched, or nothing can be published.
pub fn run_server(options: &ServeOptions) -> io::Result<()> {
    if options.check {
        return check_sharing(options);
    }
    let config_dir = environment::config_dir()?;
    let listeners = loopback::bind_loopback(options.port, &config_dir)?;
    let address = listeners[0].local_addr()?;
    let history = StreamHistory::read(&config_dir, options.port);
    let feed = Arc::new(Feed::new(history.next_run(SystemTime::now())));
    let notifier =
        if options.notify.is_empty() { None } else { Some(Notifier::start(&options.notify, &options.notices, false)?) };
    let (publisher, publish_failure) = start_publisher(&config_dir, options)?.unzip();
    start_model(&config_dir, PublishedSessions::new(Arc::clone(&feed), notifier, publisher), options)?;
    feed.restore_history(history);
    let setup = SetupReading::read(&config_dir);
    let (reaper_dir, cleaner_dir, setup_dir) = (config_dir.clone(), config_dir.clone(), config_dir);
    start_thread("reaper", move || reap_repeatedly(&reaper_dir))?;
    start_thread("cleaner", move || clean_repeatedly(&cleaner_dir))?;
    let setup_reader = setup.clone();
    start_thread("setup", move || setup_reader.read_repeatedly(&setup_dir))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let shutdown_signal = shutdown_signal::wait_for_shutdown_signal()?;
        let mut server = connections::start_serving(listeners, &router(Arc::clone(&feed), setup))?;
        // A script may wait for this line.
        let _ = writeln!(io::stdout(), "http://{address}/");
        let failure = tokio::select! {
            () = shutdown_signal => None,
            failure = wait_for_failure(publish_failure) => Some(failure),
        };
        // Close the ports before the feed. A client that sees that the stream ends connects again at once, and must
        // reach the next server or none.
        server.close().await;
        feed.close();
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, server.wait_for_end()).await;
        failure.map_or(Ok(()), Err)
    })
}

/// Starts to publish to other machines, if that is asked for.
fn start_publisher(config_dir: &Path, options: &ServeOptions) -> io::Result<Option<(Publisher, PublishFailure)>> {
    if options.publish.publish.is_empty() {
        return Ok(None);
    }
    match Publisher::start(config_dir, options, |sentence| log_line(&format!("sessions: {sentence}"))) {
        Err(error) if options.keep_serving => {
            log_line(&format!("sessions: not published: {error}"));
            Ok(None)
        }
        started => started.map(Some),
    }
}

/// Waits until it is certain that nothing can be published. Waits for ever if nothing is published or all goes well.
async fn wait_for_failure(failure: Option<PublishFailure>) -> io::Error {
    if let Some(failure) = failure
        && let Ok(error) = failure.await
    {
        return error;
    }
    std::future::pending().await
}

/// Starts the thread of the model, and returns when it has published every session.
///
/// The thread also makes the model. The allocator gives each thread memory of its own, so what another thread had published first
/// would leave gaps that this thread cannot use.
fn start_model(config_dir: &Path, sink: PublishedSessions, options: &ServeOptions) -> io::Result<()> {
    let (config_dir, machines, keep_serving) = (config_dir.to_owned(), options.machines.clone(), options.keep_serving);
    let (sender, is_started) = channel();
    start_thread("model", move || {
        let model = SessionModel::new(&config_dir, sink, Rounds::Always);
        let model = model.and_then(|mut model| {
            follow_machines(&mut model, &machines, keep_serving)?;
            Ok(model)
        });
        let mut model = match model {
            Ok(model) => model,
            Err(error) => {
                let _ = sender.send(Err(error)); // fails if the program ends
                return;
            }
        };
        // The sink of the server never stops.
        let _ = model.publish_all();
        let _ = model.wait_for_machines(MACHINES_TIMEOUT);
        let _ = sender.send(Ok(()));
        let _ = model.run_model();
    })?;
    is_started.recv().unwrap_or_else(|_| Err(io::Error::other("the model ended before it had read the sessions")))
}

/// Follows the sessions of other machines, if that is asked for.
fn follow_machines(
    model: &mut SessionModel<PublishedSessions>,
    machines: &MachineOptions,
    keep_serving: bool,
) -> io::Result<()> {
    match model.follow_machines(machines, true) {
        Err(error) if keep_serving => {
            log_line(&format!("sessions: other machines are not shown: {error}"));
            Ok(())
        }
        followed => followed,
    }
}

fn start_thread(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}
