//! What the model tells of changes to.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use super::super::PublishFailure;
use super::super::check_sharing::{check_sharing, published_host};
use super::super::connect::BucketServer;
use super::super::credentials::CredentialsSource;
use super::super::instance_file::{InstanceFile, random_id};
use super::desired_sessions::DesiredSessions;
use super::publish_worker::PublishWorker;
use crate::command_line::ServeOptions;
use crate::model::SessionChange;

/// Publishes the sessions of this machine from a thread of its own.
pub struct Publisher(Arc<DesiredSessions>);

impl Publisher {
    /// Starts the thread. `log` gets a sentence whenever something goes wrong, and when all is well again. The failure comes if the name
    /// of this machine is taken at the first contact with the server. A server that is to keep serving gets no failure: the thread tries
    /// again until it can publish.
    ///
    /// # Errors
    /// If the machine has no name. And, unless the server is to keep serving, if the credentials cannot be used, or if another process of
    /// this installation publishes.
    pub fn start(
        config_dir: &Path,
        options: &ServeOptions,
        log: impl FnMut(&str) + Send + 'static,
    ) -> io::Result<(Self, PublishFailure)> {
        let host = published_host(&options.publish)?;
        if !options.keep_serving {
            // What is wrong is said at once.
            check_sharing(options)?;
        }
        let credentials = CredentialsSource::of_options(&options.machines.login);
        let server = BucketServer { urls: options.publish.publish.clone(), credentials };
        let desired = Arc::new(DesiredSessions::new(host.clone(), options.publish.publish_text));
        let (failed, failure) = oneshot::channel();
        let instance = match InstanceFile::open(config_dir) {
            Err(_) if options.keep_serving => None,
            opened => Some(opened?),
        };
        let worker = PublishWorker {
            server,
            host,
            config_dir: config_dir.to_owned(),
            instance,
            run: random_id()?,
            interval: Duration::from_secs(options.publish.beat),
            desired: Arc::clone(&desired),
            log: Box::new(log),
            last_trouble: None,
            failed: (!options.keep_serving).then_some(failed),
            was_displaced: false,
        };
        std::thread::Builder::new().name("publisher".to_owned()).spawn(move || worker.run())?;
        Ok((Self(desired), failure))
    }

    /// Takes sessions that may have changed. The first call has all sessions. Waits for nothing.
    pub fn observe(&self, changes: &[SessionChange]) {
        self.0.observe(changes, SystemTime::now());
    }
}
