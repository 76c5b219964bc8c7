//! Ends the connections before a signal ends the program.

use std::io;

use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::followed_machine::end_connections;

/// Lets SIGTERM end each ssh before it ends the program. Signals that a program may be started to ignore, as `nohup` lets it ignore
/// SIGHUP, are left as they are.
///
/// # Errors
/// If the handler cannot be set, or the thread cannot be started.
pub fn end_connections_by_signal() -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM])?;
    let wait = move || {
        if signals.forever().next().is_some() {
            end_connections();
            // The program that sent the signal sees that it has ended this one.
            let _ = emulate_default_handler(SIGTERM);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}
