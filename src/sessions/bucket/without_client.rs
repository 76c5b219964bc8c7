//! Stands for what publishes and reads in an executable that was built without the client of NATS.

use std::convert::Infallible;
use std::io;
use std::path::Path;

use session_signals_reader::{Session, SessionFilter};

use super::{PublishFailure, ServerUrl};
use crate::command_line::{LoginOptions, ServeOptions};
use crate::machines::MachineNews;
use crate::model::SessionChange;

/// What is missing.
const MISSING: &str =
    "this executable was built without the client of NATS: build it with `cargo build --release --features nats`";

/// Fails if the options need the client.
///
/// # Errors
/// If something is to be published or read.
pub fn check_sharing(options: &ServeOptions) -> io::Result<()> {
    if options.publish.publish.is_empty() && options.machines.from.is_empty() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, MISSING))
}

/// Cannot be made.
pub struct Publisher(Infallible);

impl Publisher {
    /// Fails, because there is no client.
    ///
    /// # Errors
    /// Always.
    pub fn start(
        _config_dir: &Path,
        _options: &ServeOptions,
        _log: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<(Self, PublishFailure)> {
        Err(io::Error::new(io::ErrorKind::Unsupported, MISSING))
    }

    /// Is never called.
    pub fn observe(&self, _changes: &[SessionChange]) {
        match self.0 {}
    }
}

/// Fails, because there is no client.
///
/// # Errors
/// Always.
pub fn read_bucket(
    _urls: &[ServerUrl],
    _login: &LoginOptions,
    _config_dir: &Path,
    _filter: SessionFilter,
) -> Result<(Vec<Session>, Option<String>), String> {
    Err(MISSING.to_owned())
}

/// Fails, because there is no client.
///
/// # Errors
/// Always.
pub fn follow_bucket(
    _urls: &[ServerUrl],
    _login: &LoginOptions,
    _config_dir: &Path,
    _tell: impl Fn(MachineNews) -> bool + Send + 'static,
) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, MISSING))
}
