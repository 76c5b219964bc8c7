//! Runs another program with a time limit.

use std::io::{self, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// The most that a program may print, in bytes. The programs that `hooks` runs print a few lines.
const MAX_OUTPUT: u64 = 16 << 20;

/// The result of a program.
pub struct ProgramOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed on standard output, at most the first 64 KiB.
    pub stdout: Vec<u8>,
    /// What it printed on standard error, at most the first 64 KiB.
    pub stderr: Vec<u8>,
}

/// Runs `command` with `stdin` as its standard input. After `limit` the process group of the command is killed.
///
/// # Errors
/// If the command does not start, does not end in time, or prints more than [`MAX_OUTPUT`].
pub fn run_with_limit(command: &mut Command, stdin: &[u8], limit: Duration) -> io::Result<ProgramOutput> {
    // Files are used instead of pipes: a process that the command leaves behind and that keeps a pipe open would make the
    // reader wait.
    let (mut input, mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?, tempfile::tempfile()?);
    input.write_all(stdin)?;
    input.rewind()?;
    command.stdin(input).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?).process_group(0);
    let mut child = command.spawn()?;
    let deadline = Instant::now() + limit;
    // Most commands end within a millisecond or two, so the first pauses are short.
    let mut pause = Duration::from_micros(200);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let reason = if Instant::now() >= deadline {
            format!("did not end within {limit:?}")
        } else if stdout.metadata()?.len().max(stderr.metadata()?.len()) > MAX_OUTPUT {
            "prints more than 16 MiB".to_owned()
        } else {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
            continue;
        };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        child.wait()?;
        return Err(io::Error::new(io::ErrorKind::TimedOut, reason));
    };
    let read_head = |file: &mut std::fs::File| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.take(64 << 10).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    Ok(ProgramOutput { status, stdout: read_head(&mut stdout)?, stderr: read_head(&mut stderr)? })
}
