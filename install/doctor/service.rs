//! The service that runs `sessions serve`, if it is installed.

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use super::registered_executables;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::service::{self, ServiceFault};
use crate::supported_events;

/// Checks the executable of the service, its description, whether it runs, and whether it can publish and read as it should.
pub fn check(env: &Environment) -> Vec<Finding> {
    if !service::is_installed(env) {
        return Vec::new();
    }
    let executable = env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE);
    let executable = registered_executables::check(env, &[executable], Scope::User);
    let fault = service::find_fault(env).map(|fault| match fault {
        ServiceFault::Outdated(sentence) => {
            Finding::new(FindingId::ServiceOutdated, sentence, Repair::Install(Scope::User))
        }
        ServiceFault::NotRunning(sentence) => Finding::new(FindingId::ServiceNotRunning, sentence, Repair::ByHand),
        ServiceFault::NotSharing(sentence) => Finding::new(FindingId::ServiceNotSharing, sentence, Repair::ByHand),
    });
    executable.into_iter().chain(fault).collect()
}
