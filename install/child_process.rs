//! Runs another program with a time limit.

use std::io::{self, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// What nobody prints who is asked for a line, in bytes.
const MAX_OUTPUT: u64 = 16 << 20;

/// What it left.
pub struct ProgramOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// At most the first 64 KiB.
    pub stdout: Vec<u8>,
    /// At most the first 64 KiB.
    pub stderr: Vec<u8>,
}

/// Runs `command` on `stdin`. After `limit` it is killed with all of its process group.
///
/// # Errors
/// Where it does not start, or does not end in time.
pub fn run_with_limit(command: &mut Command, stdin: &[u8], limit: Duration) -> io::Result<ProgramOutput> {
    // Files and no pipes: a grandchild that keeps them open makes nobody wait.
    let (mut input, mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?, tempfile::tempfile()?);
    input.write_all(stdin)?;
    input.rewind()?;
    command.stdin(input).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?).process_group(0);
    let mut child = command.spawn()?;
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(200);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let excess = if Instant::now() >= deadline {
            format!("did not end within {limit:?}")
        } else if stdout.metadata()?.len().max(stderr.metadata()?.len()) > MAX_OUTPUT {
            "prints without end".to_owned()
        } else {
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
            continue;
        };
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        child.wait()?;
        return Err(io::Error::new(io::ErrorKind::TimedOut, excess));
    };
    let head = |file: &mut std::fs::File| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.take(64 << 10).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    Ok(ProgramOutput { status, stdout: head(&mut stdout)?, stderr: head(&mut stderr)? })
}
