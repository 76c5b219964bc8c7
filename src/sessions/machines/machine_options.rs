//! The options that name other machines.

use std::io;
use std::path::PathBuf;

use clap::{ArgGroup, Args};

use crate::bucket::ServerUrl;
use crate::command_line::LoginOptions;
use crate::distinct::distinct;
use crate::environment;
use crate::remote::{SshTarget, end_connections_by_signal};

/// Where the sessions of other machines come from.
#[derive(Args, Clone, Default)]
// The options that need a server name this group. `sessions serve` adds the one to which it publishes.
#[command(group(ArgGroup::new("server").multiple(true)))]
pub struct MachineOptions {
    /// Those of other machines, too: box,me@other
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    ssh: Vec<SshTarget>,
    /// Those that others publish to this NATS server
    // A machine that both name would be there twice, with the same keys.
    #[arg(long, value_name = "URL", value_delimiter = ',', conflicts_with = "ssh", group = "server")]
    pub from: Vec<ServerUrl>,
    #[command(flatten)]
    pub login: LoginOptions,
}

impl MachineOptions {
    /// Returns the machines to reach by ssh. One that is named twice is there once: its sessions would be listed twice, with the same
    /// keys.
    pub fn ssh_targets(&self) -> Vec<&SshTarget> {
        distinct(&self.ssh).collect()
    }

    /// Returns whether no other machine is named.
    pub fn is_empty(&self) -> bool {
        self.ssh.is_empty() && self.from.is_empty()
    }

    /// Lets SIGTERM end the connections before it ends the program. It is for commands that handle no signals themselves.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn disconnect_by_signal(&self) -> io::Result<()> {
        if self.ssh.is_empty() { Ok(()) } else { end_connections_by_signal() }
    }

    /// Returns the configuration directory of this machine, which must exist. A machine without Claude Code can show the sessions of
    /// others, so it need not exist if other machines are named.
    ///
    /// # Errors
    /// `NotFound` if the environment does not name it, or if it must exist and does not.
    pub fn config_dir(&self) -> io::Result<PathBuf> {
        if self.is_empty() { environment::existing_config_dir() } else { environment::config_dir() }
    }
}
