//! A terminal that a test types into: tmux, with a server of its own inside the network namespace.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use assert_cmd::Command;

use super::{alone, eventually};

/// The server, and in it one window at a time.
pub struct Terminal {
    server: Child,
    socket: PathBuf,
    /// What was typed last.
    typed: Cell<&'static str>,
}

impl Terminal {
    /// Starts the server with this home; what runs in it finds executables in `path`, too.
    pub fn start(home: &Path, path: &Path) -> Self {
        // Several may share a home.
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let socket = home.join(format!("tmux.{}", STARTED.fetch_add(1, Ordering::Relaxed)));
        let arguments = ["tmux", "-S", socket.to_str().unwrap(), "-f", "/dev/null", "-D"];
        let server = alone(home, path, &arguments).stdin(Stdio::null()).spawn().unwrap();
        assert!(eventually(|| socket.exists()), "tmux does not start");
        Self { server, socket, typed: Cell::new("") }
    }

    fn tmux(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Opens the window on a command line of a shell, in this directory; the PID of what runs in it.
    pub fn run(&self, directory: &Path, command: &str) -> u32 {
        let window = ["new-session", "-d", "-P", "-F", "#{pane_pid}", "-x", "180", "-y", "50", "-c"];
        let (_, pid) = self.tmux(&[&window[..], &[directory.to_str().unwrap(), command]].concat());
        pid.trim().parse().expect("tmux says the PID")
    }

    /// Closes it, as a person closes a terminal: what runs there gets SIGHUP.
    pub fn close(&self) {
        self.tmux(&["kill-session"]);
    }

    /// What the window shows; nothing where there is none.
    pub fn screen(&self) -> String {
        let screen = self.tmux(&["capture-pane", "-p"]).1;
        screen.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// Presses a key, by tmux's name for it.
    pub fn press(&self, key: &str) {
        assert!(self.tmux(&["send-keys", key]).0, "no window to press {key} in");
    }

    /// Types a prompt and sends it, once the screen shows it.
    pub fn prompt(&self, text: &'static str) {
        // An exclamation mark changes what the prompt is, and is not shown before it.
        let shown = text.trim_start_matches('!');
        // An interrupted or blocked prompt comes back to be edited. Keys that come with others are no keys but text.
        let before = self.typed.replace(shown);
        if !before.is_empty() && self.input().contains(before) {
            self.press("C-u");
            assert!(eventually(|| !self.input().contains(before)), "still there: {}", self.screen());
        }
        for part in [&text[..text.len() - shown.len()], shown].into_iter().filter(|part| !part.is_empty()) {
            self.tmux(&["send-keys", "-l", part]);
        }
        assert!(eventually(|| self.input().contains(shown)), "not typed: {text}\n{}", self.screen());
        // What another hook blocks comes back to be edited, perhaps before anybody has seen it go.
        let blocked = || self.screen().matches("Blocked by").count();
        let before = blocked();
        self.press("Enter");
        let is_sent = || !self.input().contains(shown) || blocked() > before;
        assert!(eventually(is_sent), "not sent: {text}\n{}", self.screen());
    }

    /// What is typed into: it is between the last two lines across the screen.
    fn input(&self) -> String {
        let screen = self.screen();
        let lines: Vec<_> = screen.lines().collect();
        let across: Vec<_> = (0..lines.len()).filter(|at| lines[*at].starts_with("──")).collect();
        // A dialog has one line, and nothing to type into.
        let [.., first, last] = across[..] else { return String::new() };
        lines[first + 1..last].join("\n")
    }

    /// What is below the last line across the screen: a dialog, if one is open.
    pub fn dialog(&self) -> String {
        let screen = self.screen();
        screen.rsplit_once("──").map(|(_, dialog)| dialog.to_owned()).unwrap_or_default()
    }

    /// The number that the dialog gives to an answer which starts with this word.
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
