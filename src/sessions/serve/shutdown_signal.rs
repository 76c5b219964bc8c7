//! The signals that end the server.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Returns a future that ends when the process gets SIGTERM, SIGINT or SIGHUP.
///
/// # Errors
/// If the handlers of the signals cannot be set.
pub fn wait_for_shutdown_signal() -> io::Result<impl Future<Output = ()>> {
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
