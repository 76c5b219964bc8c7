//! The programs of the terminals, and how they are run.

use std::ffi::OsString;
use std::fmt;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use session_signals_cli::{is_harmless, wait_until};

use crate::display_text::{make_harmless, truncate};
use crate::find_program::is_program;
use crate::program_command::program_command;

const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The most that is read of what a program prints.
const MAX_OUTPUT: u64 = 16 << 20;

/// The most columns of the error of a program that are shown.
const MAX_ERROR: usize = 200;

/// One command for a terminal. It is run without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalCommand {
    /// The name of the program, which is looked up on `PATH`.
    pub program: &'static str,
    pub arguments: Vec<String>,
    /// A variable that is set for this command alone.
    pub variable: Option<(&'static str, String)>,
}

impl TerminalCommand {
    /// Makes a command without a variable.
    pub fn new(program: &'static str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { program, arguments, variable: None }
    }

    /// Returns the program and its arguments.
    pub fn words(&self) -> Vec<&str> {
        std::iter::once(self.program).chain(self.arguments.iter().map(String::as_str)).collect()
    }
}

/// The command as a user types it into a shell.
impl fmt::Display for TerminalCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, value)) = &self.variable {
            write!(formatter, "{name}={} ", quote(value))?;
        }
        let words: Vec<_> = self.words().into_iter().map(quote).collect();
        formatter.write_str(&words.join(" "))
    }
}

/// Returns the word as a shell reads it as one word. Characters that a terminal would obey are left out.
pub fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let harmless: String = word.chars().filter(|c| *c == '\n' || is_harmless(*c)).collect();
    format!("'{}'", harmless.replace('\'', r"'\''"))
}

/// The programs on `PATH`.
pub struct Programs {
    path: OsString,
    timeout: Duration,
}

impl Programs {
    /// `path` is the value of `PATH`. No program may take longer than `timeout`: a terminal may hang.
    pub fn new(path: OsString, timeout: Duration) -> Self {
        Self { path, timeout }
    }

    /// Finds a program. Entries of `PATH` that are empty or relative are skipped: what they mean depends on the directory in which
    /// the user is.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let directories = std::env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        let mut files = directories.map(|directory| directory.join(name));
        files.find(|file| is_program(file))
    }

    /// Runs a command and returns what it printed.
    ///
    /// # Errors
    /// A sentence: the program is not on `PATH`, takes too long or fails.
    pub fn run(&self, command: &TerminalCommand) -> Result<String, String> {
        let name = command.program;
        let path = self.find(name).ok_or_else(|| format!("{name} is not on PATH"))?;
        let failed = |error: std::io::Error| format!("{name} cannot be run: {error}");
        let mut process = program_command(path);
        process.args(&command.arguments).envs(command.variable.clone());
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().map_err(failed)?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let out = std::thread::spawn(|| read_all(out));
        let err = std::thread::spawn(|| read_all(err));
        let Some(status) = wait_until(self.timeout, POLL_INTERVAL, || child.try_wait().transpose()) else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{name} did not answer within {} seconds", self.timeout.as_secs_f32()));
        };
        if status.map_err(failed)?.success() {
            return out.join().map_err(|_| format!("the output of {name} cannot be read"));
        }
        let text = err.join().unwrap_or_default();
        let line = truncate(&make_harmless(text.lines().next().unwrap_or_default()), MAX_ERROR);
        Err(format!("{name} failed: {line}"))
    }
}

fn read_all(pipe: Option<impl std::io::Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before an error is all that there is.
        let _ = pipe.take(MAX_OUTPUT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
