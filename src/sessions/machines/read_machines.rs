//! Reads the sessions of other machines once.

use std::io::{self, Write as _};
use std::path::Path;

use session_signals_reader::{Session, SessionFilter};

use super::machine_options::MachineOptions;
use crate::display_text::make_harmless;
use crate::{bucket, remote};

/// Reads the sessions of all these machines. `config_dir` is that of this machine. Returns them, and a sentence for each source that
/// could not be read: see [`report_lost_machines`].
pub fn read_machines(
    options: &MachineOptions,
    config_dir: &Path,
    filter: SessionFilter,
) -> (Vec<Session>, Vec<String>) {
    let (mut sessions, mut failures) = remote::read_machines(&options.ssh, filter);
    if !options.from.is_empty() {
        match bucket::read_bucket(&options.from, &options.login, config_dir, filter) {
            Ok((read, failure)) => {
                sessions.extend(read);
                failures.extend(failure);
            }
            Err(failure) => failures.push(failure),
        }
    }
    (sessions, failures)
}

/// Writes to standard error why machines could not be read. A sentence may hold what another machine has printed.
///
/// # Errors
/// If standard error cannot be written to.
pub fn report_lost_machines(failures: &[String]) -> io::Result<()> {
    failures.iter().try_for_each(|failure| writeln!(io::stderr(), "sessions: {}", make_harmless(failure)))
}
