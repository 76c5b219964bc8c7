//! A real NATS server with a temporary store.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fs_err as fs;
use session_signals_testing::nats::nats_server_program;
use tempfile::TempDir;

use crate::sandbox::Sandbox;
use crate::serve::server::{becomes_true, free_port};

/// A running `nats-server` with a store. It is killed when it is dropped.
pub struct NatsServer {
    directory: TempDir,
    port: u16,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    process: Option<Child>,
    runs: usize,
}

impl NatsServer {
    /// Starts a server that everybody on this machine may use.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with this text at the end of its configuration.
    pub fn start_with(configuration: &str) -> Self {
        let server = Self::new();
        let path = server.directory().join("nats-server.conf");
        fs::write(&path, format!("server_name: test\njetstream: enabled\n{configuration}\n")).unwrap();
        server.start_from(&path, &[])
    }

    /// Returns a server that does not run yet.
    pub fn new() -> Self {
        let (directory, port) = (TempDir::new().unwrap(), free_port());
        Self { directory, port, arguments: Vec::new(), variables: Vec::new(), process: None, runs: 0 }
    }

    /// Sets a variable of its environment.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts it with this configuration and these further arguments. The address and the store are always those of the test.
    pub fn start_from(mut self, configuration: &Path, arguments: &[String]) -> Self {
        let store = self.store_dir().display().to_string();
        let port = self.port.to_string();
        let own = ["-c", &configuration.display().to_string(), "-a", "127.0.0.1", "-p", &port, "-sd", &store];
        self.arguments = own.into_iter().map(str::to_owned).chain(arguments.iter().cloned()).collect();
        self.run();
        self
    }

    /// Starts it again on the same port and with the same store.
    pub fn run(&mut self) {
        self.runs += 1;
        let log = fs::File::create(self.log_path()).unwrap().into_file();
        let mut server = Command::new(nats_server_program());
        server.args(&self.arguments).current_dir(self.directory()).stdin(Stdio::null()).stdout(Stdio::null());
        server.envs(self.variables.iter().map(|(name, value)| (name, value)));
        self.process = Some(server.stderr(log).spawn().unwrap());
        assert!(becomes_true(|| self.log().contains("Server is ready")), "{}", self.log());
    }

    /// Stops it and waits for its end.
    pub fn stop(&mut self) {
        self.send_signal("-TERM");
        self.wait();
    }

    /// Kills it and waits for its end.
    pub fn kill(&mut self) {
        self.send_signal("-KILL");
        self.wait();
    }

    /// Sends it a signal: `-STOP` and `-CONT` let it answer late.
    pub fn send_signal(&self, name: &str) {
        let pid = self.process.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    }

    fn wait(&mut self) {
        self.process.take().unwrap().wait().unwrap();
    }

    /// Returns its directory, in which its configuration may name files.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the directory in which it stores everything.
    pub fn store_dir(&self) -> PathBuf {
        self.directory().join("store")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its address without encryption.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns what it has written to its log since it was started last.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory().join(format!("log.{}", self.runs))
    }
}

/// Writes credentials that only the user can read, and returns their path.
pub fn write_credentials(sandbox: &Sandbox, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = sandbox.home().join("credentials");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
