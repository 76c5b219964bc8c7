//! The service that runs `sessions serve`, where there is one.

use super::{Finding, Fix, registered_executables};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::{service, supported_events};

/// Whether it runs, and as this version would have it.
pub fn check(env: &Environment) -> Vec<Finding> {
    if !service::is_installed(env) {
        return Vec::new();
    }
    let executable = registered_executables::check(
        env,
        &[env.executables_dir().join(supported_events::SESSIONS_EXECUTABLE)],
        Scope::User,
    );
    let fault = service::find_fault(env).map(|(id, sentence)| {
        let mend = if id == "service-outdated" { Fix::Install(Scope::User) } else { Fix::ByHand };
        Finding::new(id, sentence, mend)
    });
    executable.into_iter().chain(fault).collect()
}
