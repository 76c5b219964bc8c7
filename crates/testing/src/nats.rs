//! The NATS server that tests and benches start.

use std::path::PathBuf;

/// Returns the path of the server: where Debian's package puts it, or what `SESSION_SIGNALS_NATS_SERVER` names. A user's `PATH` need not
/// have it.
pub fn nats_server_program() -> PathBuf {
    let program = std::env::var_os("SESSION_SIGNALS_NATS_SERVER").map(PathBuf::from);
    program.unwrap_or_else(|| PathBuf::from("/usr/sbin/nats-server"))
}
