//! Sessions whose processes live, with a signal and an entry in the registry each.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command};

use crate::signal_files::{create_signal_dir, signal_path};

/// The processes. They are killed when the value is dropped.
pub struct LiveSessions(Vec<Child>);

impl LiveSessions {
    /// Starts the processes and writes their files.
    pub fn start(config_dir: &Path, count: u32) -> Self {
        create_signal_dir(config_dir).expect("the signal directory");
        let registry = config_dir.join("sessions");
        fs_err::create_dir(&registry).expect("the registry");
        // The processes of Claude Code have this name.
        let claude = config_dir.join("claude");
        symlink("/bin/sleep", &claude).expect("a symbolic link");
        let processes = (0..count).map(|number| {
            let process = Command::new(&claude).arg("600").spawn().expect("a process");
            let (pid, id) = (process.id(), format!("0cc11bc4-3864-478d-bc8b-{number:012}"));
            let (kind, event, status) = match number % 3 {
                0 => ("working", "UserPromptSubmit", "busy"),
                1 => ("permission", "PermissionRequest", "waiting"),
                _ => ("stop", "Stop", "idle"),
            };
            let signal = format!(
                r#"{{"session_id":"{id}","cwd":"/home/dev/work","hook_event_name":"{event}","prompt":"{}","claude_pid":{pid}}}"#,
                "x".repeat(200)
            );
            fs_err::write(signal_path(config_dir, &id, kind), signal).expect("a signal");
            let entry = format!(
                r#"{{"pid":{pid},"sessionId":"{id}","cwd":"/home/dev/work","status":"{status}","updatedAt":1795246000123,"kind":"interactive"}}"#
            );
            fs_err::write(registry.join(format!("{pid}.json")), entry).expect("a registry entry");
            process
        });
        Self(processes.collect())
    }
}

impl Drop for LiveSessions {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
