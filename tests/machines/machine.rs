//! A machine: a name, a network card, processes and a home directory of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fs_err as fs;
use serde_json::Value;

use super::cli_process::CliProcess;
use super::namespaces::{enter, wait_until_ready};
use super::network::Network;
use super::program::Program;
use crate::sandbox::{Sandbox, executable_path};

/// The names that every machine knows, and the last number of the address of each.
const NAMES: [(&str, u8); 4] =
    [("nats.example.org", 1), ("node1.example.org", 1), ("node2.example.org", 2), ("node3.example.org", 3)];

/// Returns the library of Debian's package libfaketime, which shows another time to a program.
pub fn faketime_library() -> PathBuf {
    let mut folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let found =
        folders.find_map(|folder| Some(folder.join("faketime/libfaketimeMT.so.1")).filter(|path| path.exists()));
    found.expect("libfaketime is not installed")
}

/// A machine in namespaces of its own: network, processes, host name and mounts.
pub struct Machine<'a> {
    network: &'a Network,
    unshare: Child,
    /// Its first process.
    holder: u32,
    cable: String,
    pub name: &'static str,
    pub sandbox: Sandbox,
    /// The authority that has signed the certificates of the servers.
    authority: PathBuf,
    /// How far the clock is wrong that its programs see.
    clock: Option<&'static str>,
    sessions: BTreeMap<String, CliProcess>,
}

impl<'a> Machine<'a> {
    /// Starts a machine with the address 10.77.0.`number`.
    pub fn start(network: &'a Network, name: &'static str, number: u8, authority: &std::path::Path) -> Self {
        let sandbox = Sandbox::new();
        let hosts = sandbox.home().join("hosts");
        let lines = NAMES.map(|(name, number)| format!("10.77.0.{number} {name}\n")).concat();
        fs::write(&hosts, format!("127.0.0.1 localhost\n{lines}")).unwrap();
        let script = format!(
            "mount --bind {} /etc/hosts; hostname {name}; ip link set lo up; echo ready; exec sleep 100000",
            hosts.display()
        );
        let mut unshare = Command::new("unshare");
        unshare.args(["--net", "--pid", "--uts", "--mount", "--fork", "--kill-child", "--mount-proc", "sh", "-ec"]);
        let mut unshare = unshare.arg(script).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        wait_until_ready(&mut unshare);
        let id = unshare.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let holder = children.trim().parse().unwrap();
        let cable = format!("cable{number}");
        network.plug_in(&cable, holder);
        let authority = authority.to_owned();
        let machine =
            Self { network, unshare, holder, cable, name, sandbox, authority, clock: None, sessions: BTreeMap::new() };
        for arguments in [&*format!("addr add 10.77.0.{number}/24 dev eth0"), "link set eth0 up"] {
            assert!(machine.command("ip").args(arguments.split(' ')).status().unwrap().success(), "ip {arguments}");
        }
        machine
    }

    /// Sets the clock that the programs of this machine see, for example `+1h`. Hooks see the right one: they use no C library.
    pub fn set_clock(&mut self, shift: &'static str) {
        self.clock = Some(shift);
    }

    /// Returns a command that runs a program on this machine.
    pub fn command(&self, program: &str) -> Command {
        let mut command = enter(self.holder, &["--net", "--pid", "--uts", "--mount"]);
        command.env_clear().env("HOME", self.sandbox.home()).env("SSL_CERT_FILE", &self.authority);
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        if let Some(shift) = self.clock {
            command.env("FAKETIME", shift).env("LD_PRELOAD", faketime_library());
        }
        command.arg(program);
        command
    }

    /// Returns the process that holds its namespaces.
    pub fn holder(&self) -> u32 {
        self.holder
    }

    /// Starts `sessions serve` with these arguments, and waits until it serves.
    pub fn serve(&self, arguments: &[&str]) -> Program {
        let executable = executable_path("sessions");
        let log = self.sandbox.home().join("serve.log");
        let arguments = [&["serve"], arguments].concat();
        let mut server = Program::start(self.holder, self.command("sh"), &executable, &arguments, &log);
        assert_eq!(server.next_line(), "http://127.0.0.1:4450/\n");
        server
    }

    /// Returns what `sessions` prints with these arguments as JSON, and its standard error.
    pub fn read_sessions(&self, arguments: &[&str]) -> (Vec<Value>, String) {
        let mut command = self.command(&executable_path("sessions").display().to_string());
        let output = command.arg("--json").args(arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        (serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}")), errors)
    }

    /// Runs the hook of an event in the process of the CLI that runs this session.
    pub fn run_hook(&mut self, session: &str, event: &str, members: &str) {
        if !self.sessions.contains_key(session) {
            let cli = CliProcess::start(enter(self.holder, &["--net", "--pid", "--uts", "--mount"]), &self.sandbox);
            self.sessions.insert(session.to_owned(), cli);
        }
        self.sessions.get_mut(session).unwrap().run_hook(session, event, members);
    }

    /// Kills the CLI that runs a session.
    pub fn kill_cli(&mut self, session: &str) {
        self.sessions.remove(session).expect("it runs").kill();
    }

    /// Cuts the cable of this machine.
    pub fn cut_cable(&self) {
        self.network.set_cable(&self.cable, false);
    }

    /// Mends it.
    pub fn mend_cable(&self) {
        self.network.set_cable(&self.cable, true);
    }
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}
