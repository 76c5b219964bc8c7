//! Reads the sessions of other machines once.

use std::path::Path;

use session_signals_reader::{Session, SessionFilter};

use super::machine_options::MachineOptions;
use crate::{bucket, remote};

/// Reads the sessions of all these machines. `config_dir` is that of this machine. Returns them, and a sentence for each source that
/// could not be read. A sentence may hold what another machine has printed.
pub fn read_machines(
    options: &MachineOptions,
    config_dir: &Path,
    filter: SessionFilter,
) -> (Vec<Session>, Vec<String>) {
    let (mut sessions, mut failures) = remote::read_machines(&options.ssh_targets(), filter);
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
