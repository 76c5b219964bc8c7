//! Follows the sessions of other machines.

use std::io;
use std::path::Path;

use super::machine_news::MachineNews;
use super::machine_options::MachineOptions;
use crate::bucket::follow_bucket;
use crate::remote::{FollowedMachine, SshTarget};

/// Follows all these machines. What is read by ssh is followed until this is dropped, and a bucket until nobody wants to know it.
#[derive(Default)]
pub struct FollowedMachines {
    ssh: Vec<FollowedMachine>,
    has_bucket: bool,
}

impl FollowedMachines {
    /// Starts to follow the machines. `config_dir` is that of this machine. `is_all` asks for the sessions that have ended, too. `tell`
    /// gets what is new, and returns whether anybody still wants to know.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(
        options: &MachineOptions,
        config_dir: &Path,
        is_all: bool,
        tell: impl Fn(MachineNews) -> bool + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let arguments = if is_all { "events --json --mark --all" } else { "events --json --mark" };
        let follow = |target: &SshTarget| FollowedMachine::start(target.clone(), arguments, tell.clone());
        let ssh = options.ssh_targets().into_iter().map(follow).collect::<io::Result<_>>()?;
        let has_bucket = !options.from.is_empty();
        if has_bucket {
            follow_bucket(&options.from, &options.login, config_dir, tell)?;
        }
        Ok(Self { ssh, has_bucket })
    }

    /// Returns how many sources are followed. Each of them tells whether it can be read.
    pub fn source_count(&self) -> usize {
        self.ssh.len() + usize::from(self.has_bucket)
    }
}
