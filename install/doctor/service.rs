//! The service that runs `sessions serve`, where there is one.

use super::{Finding, Mend, copies};
use crate::env::Env;
use crate::paths::Scope;
use crate::{events, service};

/// Whether it runs, and as this version would have it.
pub fn check(env: &Env) -> Vec<Finding> {
    if !service::is_installed(env) {
        return Vec::new();
    }
    let executable = copies::check(env, &[env.executables().join(events::SESSIONS)], Scope::User);
    let fault = service::faults(env).map(|(id, sentence)| {
        let mend = if id == "service-outdated" { Mend::Install(Scope::User) } else { Mend::ByHand };
        Finding::new(id, sentence, mend)
    });
    executable.into_iter().chain(fault).collect()
}
