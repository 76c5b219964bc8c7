//! Whether a server can share its sessions with its options: what can be said without a connection.

use std::io;

use super::credentials::CredentialsSource;
use super::host_name::HostName;
use crate::command_line::{PublishOptions, ServeOptions};

/// Checks what a server needs to publish and to read.
///
/// # Errors
/// If the machine has no name and is to publish, and if the credentials cannot be used.
pub fn check_sharing(options: &ServeOptions) -> io::Result<()> {
    if !options.publish.publish.is_empty() {
        published_host(&options.publish)?;
    }
    CredentialsSource::of_options(&options.machines.login).read().map(drop)
}

/// Returns the name under which this machine publishes.
///
/// # Errors
/// If it has none.
pub fn published_host(options: &PublishOptions) -> io::Result<HostName> {
    match &options.host {
        Some(host) => Ok(host.clone()),
        None => HostName::of_this_machine().map_err(io::Error::other),
    }
}
