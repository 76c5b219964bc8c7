//! A real sshd on the loopback, which stands for other machines.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use fs_err as fs;

use crate::sandbox::{Sandbox, executable_path, write_script};
use crate::serve::server::becomes_true;

/// Another machine: an sshd, and a home that logins to it have.
pub struct SshMachine {
    pub sandbox: Sandbox,
    name: &'static str,
    port: u16,
    sshd: Child,
}

impl SshMachine {
    /// Starts the machine, and lets `client` log in to it under this name.
    pub fn start(client: &Sandbox, name: &'static str) -> Self {
        let sandbox = Sandbox::new();
        fs::create_dir_all("/run/sshd").unwrap();
        let path = |file: &str| sandbox.home().join(file).display().to_string();
        for key in ["host_key", "user_key"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]);
            assert!(keygen.status().unwrap().success());
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nAllowAgentForwarding yes\nSetEnv HOME={home} CLAUDE_CONFIG_DIR={home}/.claude\n",
            path("host_key"),
            path("user_key.pub"),
            home = sandbox.home().display()
        );
        fs::write(path("sshd_config"), config).unwrap();
        let machine = Self { sshd: start_sshd(&sandbox), sandbox, name, port };
        machine.add_to_config(client);
        machine
    }

    /// Copies `sessions` to where an installation puts it.
    pub fn install(&self) {
        let directory = self.sandbox.home().join(".claude/hooks/session-signals");
        fs::create_dir_all(&directory).unwrap();
        crate::sandbox::copy_executable(&executable_path("sessions"), &directory.join("sessions"));
    }

    /// Kills the sshd and all connections to it.
    pub fn disconnect(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
        // The processes of connections are not children of ours.
        for pid in connected_pids(self.port) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }

    /// Starts the sshd again.
    pub fn reconnect(&mut self) {
        self.sshd = start_sshd(&self.sandbox);
    }

    /// Writes the entry of the machine into the user's configuration of ssh. ssh looks for it in the home directory that the system
    /// names, so a script in front of ssh names the file.
    fn add_to_config(&self, client: &Sandbox) {
        let config = client.home().join("ssh_config");
        let known = client.home().join("known_hosts").display().to_string();
        let entry = format!(
            "Host {}\n HostName 127.0.0.1\n Port {}\n IdentityFile {}\n IdentitiesOnly yes\n UserKnownHostsFile {known}\n \
             StrictHostKeyChecking accept-new\n",
            self.name,
            self.port,
            self.sandbox.home().join("user_key").display()
        );
        let before = fs::read_to_string(&config).unwrap_or_default();
        fs::write(&config, before + &entry).unwrap();
        let bin = client.home().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let calls = client.home().join("ssh_calls").display().to_string();
        write_script(
            &bin.join("ssh"),
            &format!("printf '%s ' \"$@\" >>{calls}\nexec /usr/bin/ssh -F {} \"$@\"", config.display()),
        );
    }
}

impl Drop for SshMachine {
    fn drop(&mut self) {
        self.disconnect();
    }
}

/// Returns what `PATH` must be so that the script in front of ssh is found.
pub fn client_path(client: &Sandbox) -> String {
    format!("{}:{}", client.home().join("bin").display(), std::env::var("PATH").unwrap())
}

fn start_sshd(sandbox: &Sandbox) -> Child {
    let config = sandbox.home().join("sshd_config");
    let mut sshd = Command::new("/usr/sbin/sshd");
    sshd.args(["-D", "-e", "-f"]).arg(&config).stdin(Stdio::null());
    sshd.stderr(fs::File::create(sandbox.home().join("sshd.log")).unwrap().into_file());
    let sshd = sshd.spawn().unwrap();
    let log: PathBuf = sandbox.home().join("sshd.log");
    assert!(becomes_true(|| fs::read_to_string(&log).unwrap().contains("Server listening")), "sshd does not start");
    sshd
}

/// Returns the processes of sshd that serve a connection to this port. Their name in the list of processes does not tell the port,
/// so `ss` is asked.
fn connected_pids(port: u16) -> Vec<u32> {
    let output = Command::new("ss").args(["-Htnp", "sport", "=", &format!(":{port}")]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    text.split("pid=").skip(1).filter_map(|rest| rest.split(',').next()?.parse().ok()).collect()
}
