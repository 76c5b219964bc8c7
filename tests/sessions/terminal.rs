//! A terminal that a test types into.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Sandbox, executable_path};

/// A tmux server with one pane. It is ended when it is dropped.
pub struct Terminal<'a> {
    sandbox: &'a Sandbox,
    socket: PathBuf,
}

impl<'a> Terminal<'a> {
    pub fn open(sandbox: &'a Sandbox) -> Self {
        Self::open_sized(sandbox, 80, 10)
    }

    /// Opens a terminal of this size.
    pub fn open_sized(sandbox: &'a Sandbox, columns: usize, rows: usize) -> Self {
        let terminal = Self::of_server(sandbox, "tmux");
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, "PS1='$ ' sh"]);
        terminal
    }

    /// Names a server that somebody else starts, for example in the pane of another one. Its socket has this name in the home directory: no
    /// other test and no earlier run can have started a server there.
    pub fn of_server(sandbox: &'a Sandbox, name: &str) -> Self {
        Self { sandbox, socket: sandbox.home().join(name) }
    }

    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Types keys, as tmux names them.
    pub fn type_keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .env_clear()
            .env("HOME", self.sandbox.home())
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("LANG", "C.UTF-8")
            .args(["-u", "-f", "/dev/null", "-S", self.socket.to_str().unwrap()])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns the text on the screen.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).trim_end().to_owned()
    }

    /// Waits until the screen is as expected, and returns its text.
    #[track_caller]
    pub fn wait_for_screen(&self, is_expected: impl Fn(&str) -> bool) -> String {
        for _ in 0..3000 {
            let screen = self.screen();
            if is_expected(&screen) {
                return screen;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the last screen was:\n{}", self.screen());
    }

    /// Starts `sessions --watch`.
    pub fn start_watch(&self) {
        let command = format!("{} --watch", executable_path("sessions").display());
        self.tmux(&["send-keys", &command, "Enter"]);
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
