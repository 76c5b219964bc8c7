//! A hook that has been started and waits for its input.

use std::io::Write as _;
use std::process::Child;

use super::{Outcome, Sandbox, executable_for_event, executable_path, payload};

/// A hook that has read the clock and waits for its standard input.
pub struct StartedHook(Child);

impl StartedHook {
    pub(super) fn start(sandbox: &Sandbox, event: &str) -> Self {
        let name = executable_for_event(event).expect("an event that a hook handles");
        let child = sandbox.piped_command(executable_path(name)).spawn().unwrap();
        if cfg!(target_os = "linux") {
            // A hook sleeps only while it waits for its standard input.
            let stat = format!("/proc/{}/stat", child.id());
            while !fs_err::read_to_string(&stat).unwrap().contains(") S ") {
                std::thread::yield_now();
            }
        } else {
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        Self(child)
    }

    /// Sends a signal, named as for kill(1): `-STOP`, `-CONT`. Only the tests of system calls do that.
    #[cfg(freestanding)]
    pub fn send_signal(&self, name: &str) {
        assert!(std::process::Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }

    /// Writes the payload. Does nothing if the hook has ended.
    pub fn write_payload(&mut self, session: &str, event: &str, members: &str) {
        let _ = self.0.stdin.take().unwrap().write_all(payload(session, event, members).as_bytes());
    }

    /// Waits for the end of the hook.
    pub fn wait_for_end(self) -> Outcome {
        self.0.wait_with_output().unwrap().into()
    }

    /// Writes the payload and waits for the end of the hook.
    pub fn write_payload_and_wait(mut self, session: &str, event: &str, members: &str) -> Outcome {
        self.write_payload(session, event, members);
        self.wait_for_end()
    }
}
