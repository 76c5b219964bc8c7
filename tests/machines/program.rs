//! A program that runs on a machine until the test ends it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use fs_err as fs;

use super::namespaces::enter;

/// A running program. It is killed when it is dropped.
pub struct Program {
    process: Child,
    output: BufReader<ChildStdout>,
    /// A process whose process namespace it is in.
    holder: u32,
    /// Its process id in this namespace.
    pid: String,
    log: PathBuf,
}

impl Program {
    /// Starts an executable by this `sh`, in the directory of its log. Its standard error goes into the log.
    pub fn start(holder: u32, mut sh: Command, executable: &Path, arguments: &[&str], log: &Path) -> Self {
        sh.args(["-c", r#"cd "$0"; echo $$; exec "$@""#]).arg(log.parent().unwrap()).arg(executable).args(arguments);
        sh.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(fs::File::create(log).unwrap().into_file());
        let mut process = sh.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut pid = String::new();
        output.read_line(&mut pid).unwrap();
        Self { process, output, holder, pid: pid.trim_end().to_owned(), log: log.to_owned() }
    }

    /// Waits for the next line that it prints, and returns it. It must not end before.
    pub fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "it ended: {}", self.log());
        line
    }

    /// Sends it a signal, for example `-STOP`.
    pub fn send_signal(&self, signal: &str) {
        let mut kill = enter(self.holder, &["--pid", "--mount"]);
        assert!(kill.args(["kill", signal, &self.pid]).status().unwrap().success());
    }

    /// Ends it by this signal, and waits for its end.
    pub fn end(mut self, signal: &str) {
        self.send_signal(signal);
        self.process.wait().unwrap();
    }

    /// Returns what it has written to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|status| status.is_none()) {
            // If the machine is gone, so is the program.
            let _ = enter(self.holder, &["--pid", "--mount"]).args(["kill", "-KILL", &self.pid]).status();
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
