//! A terminal that a test types into: a tmux server inside the network namespace, with one window.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;

use super::{becomes_true, isolated_command};

/// A tmux server with one window at a time.
pub struct Terminal {
    server: Child,
    socket: PathBuf,
    /// The text that was typed last.
    typed: Cell<&'static str>,
}

impl Terminal {
    /// Starts the server with this home directory. Programs in it have `path` in front of their `PATH`.
    pub fn start(home: &Path, path: &Path) -> Self {
        // Several terminals may share a home directory.
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let socket = home.join(format!("tmux.{}", STARTED.fetch_add(1, Ordering::Relaxed)));
        let arguments = ["tmux", "-S", socket.to_str().unwrap(), "-f", "/dev/null", "-D"];
        let server = isolated_command(home, path, &arguments).stdin(Stdio::null()).spawn().unwrap();
        assert!(becomes_true(|| socket.exists()), "tmux does not start");
        Self { server, socket, typed: Cell::new("") }
    }

    fn tmux(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Opens the window and runs a shell command in it, in this directory. Returns the PID of that process.
    pub fn run(&self, directory: &Path, command: &str) -> u32 {
        let window = ["new-session", "-d", "-P", "-F", "#{pane_pid}", "-x", "180", "-y", "50", "-c"];
        let (_, pid) = self.tmux(&[&window[..], &[directory.to_str().unwrap(), command]].concat());
        pid.trim().parse().expect("the PID from tmux")
    }

    /// Closes the window, as a user closes a terminal. The process in it gets SIGHUP.
    pub fn close(&self) {
        self.tmux(&["kill-session"]);
    }

    /// Returns the text of the window without empty lines. Empty if there is no window.
    pub fn screen(&self) -> String {
        let screen = self.tmux(&["capture-pane", "-p"]).1;
        screen.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Presses a key, named as in tmux: `Enter`, `C-c`.
    pub fn press(&self, key: &str) {
        assert!(self.can_press(key), "no window to press {key} in");
    }

    /// Does the same, and returns whether there is a window.
    pub fn can_press(&self, key: &str) -> bool {
        self.tmux(&["send-keys", key]).0
    }

    /// Types a prompt, waits until the screen shows it, and presses Enter.
    pub fn type_prompt(&self, text: &'static str) {
        // A leading exclamation mark changes the mode of the input. The screen does not show it in front of the text.
        let shown = text.trim_start_matches('!');
        // The CLI puts an interrupted or blocked prompt back into the input. Keys that come in one burst would be taken for pasted
        // text, so the input is cleared first.
        let previous = self.typed.replace(shown);
        if !previous.is_empty() && self.input().contains(previous) {
            self.press("C-u");
            assert!(becomes_true(|| !self.input().contains(previous)), "not cleared: {}", self.screen());
        }
        for part in [&text[..text.len() - shown.len()], shown].into_iter().filter(|part| !part.is_empty()) {
            self.tmux(&["send-keys", "-l", part]);
        }
        assert!(becomes_true(|| self.input().contains(shown)), "not typed: {text}\n{}", self.screen());
        // A blocked prompt may be back in the input before this test sees it leave.
        let count_blocked = || self.screen().matches("Blocked by").count();
        let before = count_blocked();
        self.press("Enter");
        let is_sent = || !self.input().contains(shown) || count_blocked() > before;
        assert!(becomes_true(is_sent), "not sent: {text}\n{}", self.screen());
    }

    /// Returns the text of the input, which is between the last two horizontal lines of the screen. Empty while a dialog is open.
    fn input(&self) -> String {
        let screen = self.screen();
        let lines: Vec<_> = screen.lines().collect();
        let rulers: Vec<_> = (0..lines.len()).filter(|at| lines[*at].starts_with("──")).collect();
        // A screen with a dialog has one horizontal line and no input.
        let [.., first, last] = rulers[..] else { return String::new() };
        lines[first + 1..last].join("\n")
    }

    /// Returns the text below the last horizontal line of the screen, where a dialog is shown.
    pub fn dialog(&self) -> String {
        let screen = self.screen();
        screen.rsplit_once("──").map(|(_, dialog)| dialog.to_owned()).unwrap_or_default()
    }

    /// Returns the number of the answer that starts with this word.
    pub fn number_of(&self, word: &str) -> Option<String> {
        let screen = self.screen();
        let answers = screen.lines().filter_map(|line| line.trim_start_matches([' ', '❯', '│']).split_once(". "));
        let mut numbers = answers.filter(|(_, answer)| answer.starts_with(word)).map(|(number, _)| number.to_owned());
        numbers.next_back()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        let _ = self.server.wait();
    }
}
