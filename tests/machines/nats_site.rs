//! The folder of NATS servers that are set up as docs/publish.md says, with the files of `packaging/nats`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use fs_err as fs;
use session_signals_testing::nats::nats_server_program;
use tempfile::TempDir;

use super::machine::{Machine, faketime_library};
use super::program::Program;
use crate::serve::server::becomes_true;
use crate::sessions::packaged_nats_files::{add_host, copy_configurations, make_certificates};

/// The folder, and the credentials of the machines.
pub struct NatsSite {
    directory: TempDir,
}

impl NatsSite {
    /// Makes the folder, the certificates, and the accounts of these machines.
    pub fn create(machines: &[&str]) -> Self {
        let site = Self { directory: TempDir::new().unwrap() };
        let directory = site.directory.path();
        copy_configurations(directory);
        let names = ["nats", "node1", "node2", "node3"].map(|name| format!("DNS:{name}.example.org")).join(",");
        // A machine whose clock is late must find the certificates valid.
        let library = faketime_library();
        make_certificates(directory, &names, &[("FAKETIME", "-2d".as_ref()), ("LD_PRELOAD", library.as_os_str())]);
        for machine in machines {
            let path = site.credentials(machine);
            fs::write(&path, add_host(directory, machine)).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.path("tls/ca.crt")
    }

    /// Returns the path of the credentials of a machine.
    pub fn credentials(&self, machine: &str) -> PathBuf {
        self.path(&format!("{machine}.credentials"))
    }

    /// Starts a server on this machine, and waits until it is ready.
    pub fn start_server(&self, machine: &Machine, configuration: &str) -> Program {
        let store = self.store(machine.name).display().to_string();
        let mut sh = machine.command("sh");
        sh.env("NODE", machine.name);
        let log = self.path(&format!("{}.log", machine.name));
        let arguments = ["-c", configuration, "-sd", &store];
        let server = Program::start(machine.holder(), sh, &nats_server_program(), &arguments, &log);
        assert!(becomes_true(|| server.log().contains("Server is ready")), "{}", server.log());
        server
    }

    /// Returns the folder in which the server of this machine keeps everything.
    pub fn store(&self, machine: &str) -> PathBuf {
        self.path(&format!("store-{machine}"))
    }
}
