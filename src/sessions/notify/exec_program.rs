//! The program of `--notify exec:`. It gets each notice as JSON on its standard input.

use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use session_signals_cli::wait_until;

use crate::display_text::make_harmless;
use crate::find_program::find_program;
use crate::program_command::program_command;

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How often a running program is looked at.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How many notices may wait for the program.
const MAX_WAITING: usize = 64;

/// Runs the program once for each notice, one after the other.
pub struct ExecProgram(SyncSender<String>);

impl ExecProgram {
    /// Starts the thread that runs the program. A program that is missing is reported at once: the first notice may come much later.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(words: Vec<String>) -> io::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Err(error) = find_program(&words[0], &std::env::current_dir().unwrap_or_default(), &path) {
            report(&error.to_string());
        }
        let (sender, notices) = sync_channel(MAX_WAITING);
        std::thread::Builder::new().name("notify-exec".to_owned()).spawn(move || run_for_each(&words, &notices))?;
        Ok(Self(sender))
    }

    /// Lets the program run with this notice. Waits for nothing: if too many notices wait already, this one is lost.
    pub fn run(&self, notice: &Value) {
        if self.0.try_send(format!("{notice}\n")).is_err() {
            report("too many notices wait for it, so one was lost");
        }
    }
}

fn run_for_each(words: &[String], notices: &Receiver<String>) {
    for notice in notices {
        if let Err(error) = run_program(words, notice) {
            report(&format!("{}: {error}", words[0]));
        }
    }
}

fn report(what: &str) {
    let _ = writeln!(io::stderr(), "sessions: the program of --notify exec: {}", make_harmless(what));
}

fn run_program(words: &[String], notice: String) -> io::Result<()> {
    let mut command = program_command(&words[0]);
    // A group of its own can be ended with everything that the program has started.
    command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
    let mut program = command.spawn()?;
    if let Some(mut input) = program.stdin.take() {
        // A program that does not read must not keep this thread. The write ends with an error when the program has ended.
        std::thread::Builder::new().spawn(move || _ = input.write_all(notice.as_bytes()))?;
    }
    wait_for_end(&mut program)
}

fn wait_for_end(program: &mut Child) -> io::Result<()> {
    match wait_until(LIMIT, POLL_INTERVAL, || program.try_wait().transpose()).transpose()? {
        Some(status) if status.success() => return Ok(()),
        Some(status) => return Err(io::Error::other(status.to_string())),
        None => {}
    }
    if let Some(group) = i32::try_from(program.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    program.wait()?;
    Err(io::Error::other(format!("it ran for more than {} seconds and was killed", LIMIT.as_secs())))
}
