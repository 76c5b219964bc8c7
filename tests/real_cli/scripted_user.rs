//! A user of the real CLI who does what a scenario says, and who knows the state that the session really has.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fs_err as fs;

use super::expected_state::{ExpectedState, is_alive, read_registry_directory, read_registry_state, read_screen_state};
use super::scenario_step::{ScenarioStep, UserAction, VisibleSign};
use super::terminal::Terminal;
use super::{VERSIONS, becomes_true, becomes_true_within, claude_command, isolated_command};
use crate::sandbox::Sandbox;

/// The newest version without a registry.
pub const WITHOUT_REGISTRY: &str = VERSIONS[1];

/// After how long without a change on the screen a key is pressed once more. A dialog ignores keys while it opens.
const KEY_TIMEOUT: Duration = Duration::from_secs(8);

/// How long the CLI takes to tell that a dialog is closed, once the screen has changed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A terminal with one CLI in it, and the user in front of it.
pub struct ScriptedUser {
    // Dropped before the home directory of the CLI is deleted.
    terminal: Terminal,
    sandbox: Arc<Sandbox>,
    version: &'static str,
    pid: u32,
    session: String,
    /// The session that the CLI ran before.
    previous_session: String,
    before_step: BeforeStep,
    /// The dialog that was seen last, and since when it has been so, or since the last key.
    seen: (Instant, String),
}

/// What was visible when the current step began.
#[derive(Default)]
struct BeforeStep {
    dialog: String,
    session: String,
}

impl ScriptedUser {
    /// Opens a terminal in which no CLI runs yet.
    pub fn new(sandbox: Arc<Sandbox>, version: &'static str) -> Self {
        let terminal = Terminal::start(sandbox.home(), &sandbox.home().join("bin"));
        let [session, previous_session] = [String::new(), String::new()];
        let (before_step, seen) = (BeforeStep::default(), (Instant::now(), String::new()));
        Self { terminal, sandbox, version, pid: 0, session, previous_session, before_step, seen }
    }

    /// Returns the PID of the CLI that runs, or ran last.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Returns the session that runs, or ran last.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Returns the session that the CLI ran before.
    pub fn previous_session(&self) -> &str {
        &self.previous_session
    }

    pub fn screen(&self) -> String {
        self.terminal.screen()
    }

    pub fn dialog(&self) -> String {
        self.terminal.dialog()
    }

    /// Performs all actions of a step.
    pub fn perform_step(&mut self, step: &ScenarioStep) {
        self.before_step = BeforeStep { dialog: self.dialog(), session: self.session.clone() };
        for action in step.actions {
            self.perform(action);
        }
        self.seen = (Instant::now(), self.dialog());
    }

    /// Presses the last key of the step once more if it had no effect: if the CLI has not ended, or if the dialog is as it was before the
    /// step, or a dialog is still open. The screen must have been unchanged for [`KEY_TIMEOUT`]. Call this at each look, with the state
    /// that was read, until the step is reached. Returns whether a key was pressed.
    pub fn repeat_key(&mut self, step: &ScenarioStep, state: Option<ExpectedState>) -> bool {
        let dialog = self.dialog();
        if dialog != self.seen.1 {
            self.seen = (Instant::now(), dialog);
            return false;
        }
        if self.seen.0.elapsed() < KEY_TIMEOUT {
            return false;
        }
        self.seen.0 = Instant::now();
        let Some(action) = step.actions.last() else { return false };
        let is_open = matches!(state, Some(ExpectedState::Permission | ExpectedState::Dialog));
        let repeats = match action {
            // A dialog may have been drawn in part when the step began.
            UserAction::Press(_) => !dialog.trim().is_empty() && (is_open || dialog == self.before_step.dialog),
            UserAction::Deny => self.terminal.number_of("No").is_some() && is_open,
            // On a busy machine the second Ctrl-C may come after the screen has stopped offering to exit.
            UserAction::Quit => is_alive(self.pid),
            _ => false,
        };
        match action {
            UserAction::Quit if repeats => self.quit_again(),
            _ if repeats => self.perform(action),
            _ => {}
        }
        repeats
    }

    /// Presses Ctrl-C until the CLI ends. It may end by an earlier Ctrl-C first, and then its window is gone.
    fn quit_again(&self) {
        if self.terminal.can_press("C-c") || !becomes_true(|| !is_alive(self.pid)) {
            self.press_last_key_to_quit();
        }
    }

    /// Presses the Ctrl-C that follows another one.
    fn press_last_key_to_quit(&self) {
        let has_ended = || !is_alive(self.pid);
        assert!(becomes_true(|| self.screen().contains("again to exit") || has_ended()), "{}", self.screen());
        assert!(self.terminal.can_press("C-c") || becomes_true(has_ended), "no window to press Ctrl-C in");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    fn perform(&mut self, action: &UserAction) {
        let claude = || claude_command(self.version);
        match action {
            UserAction::Start => {
                let resume = if self.session.is_empty() { String::new() } else { format!("--resume {}", self.session) };
                self.run_in_terminal(&format!("exec {} --permission-mode default {resume}", claude()));
            }
            UserAction::Print(prompt) => self.run_in_terminal(&format!("exec {} -p '{prompt}'", claude())),
            UserAction::Prompt(text) => self.terminal.type_prompt(text),
            UserAction::Press(key) => self.terminal.press(key),
            UserAction::CloseDialog => self.close_dialog(),
            UserAction::Deny => {
                let number = self.terminal.number_of("No");
                self.terminal.press(&number.unwrap_or_else(|| panic!("no answer \"No\"\n{}", self.screen())));
            }
            UserAction::CreateFile(name) => fs::write(self.path(name), "").unwrap(),
            UserAction::RunBeside(prompt) => {
                let command = format!("exec {} -p --resume {} '{prompt}'", claude(), self.session);
                let mut second = isolated_command(self.sandbox.home(), &self.path("bin"), &["sh", "-c", &command]);
                let output = second.current_dir(self.path("project")).output().unwrap();
                assert!(output.status.success(), "{output:?}");
            }
            UserAction::Quit => {
                self.terminal.press("C-c");
                self.press_last_key_to_quit();
            }
            UserAction::Kill => {
                let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            UserAction::CloseTerminal => self.terminal.close(),
        }
    }

    /// Presses Escape until the registry says that no dialog is open. After each Escape the screen must change first: one Escape more than
    /// the dialog needs would reach the input.
    fn close_dialog(&self) {
        let is_open = || {
            let state = read_registry_state(self.sandbox.home(), self.pid);
            matches!(state, Some((_, ExpectedState::Dialog)))
        };
        let closes = || {
            let before = self.screen();
            self.terminal.press("Escape");
            becomes_true_within(KEY_TIMEOUT, || !is_open() || self.screen() != before);
            becomes_true_within(CLOSE_TIMEOUT, || !is_open())
        };
        assert!(becomes_true(closes), "not closed\n{}", self.screen());
    }

    fn run_in_terminal(&mut self, command: &str) {
        self.pid = self.terminal.run(&self.path("project"), command);
    }

    /// Reads the state that the session has now; `None` if it cannot be told.
    pub fn read_state(&mut self, step: &ScenarioStep) -> Option<ExpectedState> {
        if self.pid == 0 || !is_alive(self.pid) {
            return Some(ExpectedState::Ended);
        }
        let (session, state) = if self.version == WITHOUT_REGISTRY {
            (self.find_signalled_session()?, read_screen_state(&self.screen(), step.expected))
        } else {
            read_registry_state(self.sandbox.home(), self.pid)?
        };
        if session != self.session {
            self.previous_session = std::mem::replace(&mut self.session, session);
        }
        Some(state)
    }

    /// Returns the session of the newest signal that names the CLI's process.
    fn find_signalled_session(&self) -> Option<String> {
        let signals = fs::read_dir(self.sandbox.signal_dir()).into_iter().flatten().flatten();
        // A name that begins with a dot is the temporary file of a hook that is still at work.
        let signals = signals.filter(|signal| !signal.file_name().as_encoded_bytes().starts_with(b"."));
        let own_signals = signals.filter(|signal| {
            let text = fs::read_to_string(signal.path()).unwrap_or_default();
            text.contains(&format!("\"claude_pid\":{},", self.pid))
        });
        let newest =
            own_signals.max_by_key(|signal| signal.metadata().and_then(|metadata| metadata.modified()).ok())?;
        newest.file_name().to_str()?.split_once('.').map(|(session, _)| session.to_owned())
    }

    /// Returns whether this state is the expected one, and the step's sign is visible.
    pub fn has_reached(&self, step: &ScenarioStep, state: Option<ExpectedState>) -> bool {
        let is_expected =
            step.expected == ExpectedState::Left || state.is_some_and(|state| state.matches(step.expected));
        is_expected
            && match step.sign {
                VisibleSign::Nothing => true,
                VisibleSign::Text(text) => self.screen().contains(text),
                VisibleSign::File(name) => self.path(name).exists(),
                VisibleSign::Directory(name) => self.directory() == self.path(name).canonicalize().ok(),
                VisibleSign::OtherDialog => self.dialog() != self.before_step.dialog,
                VisibleSign::OtherSession => self.session != self.before_step.session,
            }
    }

    /// Returns the working directory of the CLI, if the registry tells it.
    pub fn directory(&self) -> Option<PathBuf> {
        read_registry_directory(self.sandbox.home(), self.pid).map(PathBuf::from)
    }
}
