//! A person at the real CLI, who does one thing after another and holds `sessions` against the truth after each.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::Value;

use super::step::{Act, Sign, Step};
use super::terminal::Terminal;
use super::truth::{Truth, directory, lives, registered, shown};
use super::{alone, claude, eventually, home, observer};
use crate::sandbox::Sandbox;
use crate::serve::server::Server;

/// How long the truth must have held before it is compared: the second that `sessions` gives the registry, and some.
const SETTLED: Duration = Duration::from_millis(1500);

/// How long `sessions` may be behind the truth besides: on a machine that does more than this.
const BEHIND: Duration = Duration::from_secs(3);

/// How long the files may be behind `sessions` where a server heals them: two looks, and what is waited for in silence.
const HEALED: Duration = Duration::from_secs(6);

/// After how long a key is pressed once more, where the dialog that it was meant for has not moved: a dialog that has
/// just come ignores keys.
const UNHEARD: Duration = Duration::from_secs(8);

/// A CLI from before the registry.
pub const OLD: &str = "2.1.100";

/// One version of the CLI with its home, and the person in front of it.
pub struct Person {
    // Before its home goes, the terminal must.
    terminal: Terminal,
    /// Heals the files, where they are to be right, too.
    healer: Option<Rc<Server>>,
    sandbox: Rc<Sandbox>,
    version: &'static str,
    /// The situations in which nothing tells the truth.
    unseen: &'static [&'static str],
    pid: u32,
    session: String,
    /// The session that it ran before.
    previous: String,
    /// The dialog and the session when the step began.
    before: (String, String),
    wrong: Vec<&'static str>,
    right: usize,
    right_by_files: usize,
    steps: usize,
    has_registry: bool,
}

impl Person {
    /// Sits down in front of a terminal in which nothing runs yet.
    pub fn new(version: &'static str, unseen: &'static [&'static str], heals: bool) -> Self {
        let sandbox = Rc::new(home::furnished(version));
        let healer = heals.then(|| Rc::new(Server::start(&sandbox)));
        Self::at_home(sandbox, healer, version, unseen)
    }

    /// The same in a home that others share, and with its server.
    pub fn at_home(
        sandbox: Rc<Sandbox>,
        healer: Option<Rc<Server>>,
        version: &'static str,
        unseen: &'static [&'static str],
    ) -> Self {
        let terminal = Terminal::start(sandbox.home(), &sandbox.home().join("bin"));
        let [session, previous] = [String::new(), String::new()];
        Self {
            sandbox,
            terminal,
            healer,
            version,
            unseen,
            pid: 0,
            session,
            previous,
            before: Default::default(),
            wrong: Vec::new(),
            right: 0,
            right_by_files: 0,
            steps: 0,
            has_registry: version != OLD,
        }
    }

    /// The session that runs, or ran last.
    pub fn session(&self) -> &str {
        &self.session
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Start => {
                let resume = if self.session.is_empty() { String::new() } else { format!("--resume {}", self.session) };
                let command = format!("exec {} --permission-mode default {resume}", claude(self.version));
                self.pid = self.terminal.run(&self.path("project"), &command);
            }
            Act::Print(prompt) => {
                let command = format!("exec {} -p '{prompt}'", claude(self.version));
                self.pid = self.terminal.run(&self.path("project"), &command);
            }
            Act::Prompt(text) => self.terminal.prompt(text),
            Act::Press(key) => self.terminal.press(key),
            Act::Deny => {
                let number = self.terminal.number_of("No");
                self.terminal.press(&number.unwrap_or_else(|| panic!("no No\n{}", self.terminal.screen())));
            }
            Act::Open(name) => fs::write(self.path(name), "").unwrap(),
            Act::Beside(prompt) => {
                let command = format!("exec {} -p --resume {} '{prompt}'", claude(self.version), self.session);
                let mut second = alone(self.sandbox.home(), &self.path("bin"), &["sh", "-c", &command]);
                let done = second.current_dir(self.path("project")).output().unwrap();
                assert!(done.status.success(), "{done:?}");
            }
            Act::Quit => {
                self.terminal.press("C-c");
                assert!(eventually(|| self.terminal.screen().contains("again to exit")), "{}", self.terminal.screen());
                self.terminal.press("C-c");
            }
            Act::Kill => {
                let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            Act::Close => self.terminal.close(),
        }
    }

    /// What is true now, which this step expects to be something.
    fn truth(&mut self, step: &Step) -> Option<Truth> {
        if self.pid == 0 || !lives(self.pid) {
            return Some(Truth::Ended);
        }
        let (session, truth) = if self.has_registry {
            registered(self.sandbox.home(), self.pid)?
        } else {
            (self.signalled()?, shown(&self.terminal.screen(), step.truth))
        };
        if session != self.session {
            self.previous = std::mem::replace(&mut self.session, session);
        }
        Some(truth)
    }

    /// The session that the newest signal of this process is of.
    fn signalled(&self) -> Option<String> {
        let signals = fs::read_dir(self.sandbox.signal_dir()).into_iter().flatten().flatten();
        // A temporary file is a hook's that is still at work.
        let signals = signals.filter(|signal| !signal.file_name().as_encoded_bytes().starts_with(b"."));
        let ours = signals.filter(|signal| {
            let text = fs::read_to_string(signal.path()).unwrap_or_default();
            text.contains(&format!("\"claude_pid\":{},", self.pid))
        });
        let newest = ours.max_by_key(|signal| signal.metadata().and_then(|metadata| metadata.modified()).ok())?;
        newest.file_name().to_str()?.split_once('.').map(|(session, _)| session.to_owned())
    }

    fn holds(&self, step: &Step, truth: Option<Truth>) -> bool {
        let is_true = step.truth == Truth::Left || truth.is_some_and(|truth| truth.is(step.truth));
        is_true
            && match step.sign {
                Sign::Nothing => true,
                Sign::Text(text) => self.terminal.screen().contains(text),
                Sign::File(name) => self.path(name).exists(),
                Sign::Directory(name) => self.directory() == self.path(name).canonicalize().ok(),
                Sign::OtherDialog => self.terminal.dialog() != self.before.0,
                Sign::OtherSession => self.session != self.before.1,
            }
    }

    /// The directory that the CLI is in, where it says so.
    fn directory(&self) -> Option<PathBuf> {
        directory(self.sandbox.home(), self.pid).map(PathBuf::from)
    }

    /// Does what the step says, waits until the truth is as it says, and compares.
    pub fn take(&mut self, step: &Step) {
        self.before = (self.terminal.dialog(), self.session.clone());
        step.acts.iter().for_each(|act| self.act(act));
        let (mut held, mut wrong): (Option<Instant>, Option<Instant>) = (None, None);
        let mut behind = Duration::ZERO;
        let (begun, mut is_repeated) = (Instant::now(), false);
        let came_true = eventually(|| {
            let truth = self.truth(step);
            if held.is_none() && !is_repeated && begun.elapsed() > UNHEARD {
                is_repeated = true;
                self.press_again(step);
            }
            held = self.holds(step, truth).then(|| held.unwrap_or_else(Instant::now));
            // Meanwhile: for how long does `sessions` say something else?
            let agrees =
                truth.is_none_or(|truth| observer::said(&self.sandbox, &self.session)["state"] == truth.state());
            wrong = (!agrees).then(|| wrong.unwrap_or_else(Instant::now));
            behind = behind.max(wrong.map_or(Duration::ZERO, |wrong| wrong.elapsed()));
            held.is_some_and(|held| held.elapsed() >= SETTLED)
        });
        self.steps += 1;
        if came_true {
            self.compare(step, behind);
        } else {
            self.wrong.push(step.situation);
            let truth = self.truth(step);
            println!("{} {:44} NOT PRODUCED: {truth:?}\n{}", self.version, step.situation, self.terminal.screen());
        }
    }

    /// Holds what `sessions` says against the truth; `behind` is for how long it said something else until now.
    fn compare(&mut self, step: &Step, mut behind: Duration) {
        let id = if step.truth == Truth::Left { &self.previous } else { &self.session };
        let expected = step.truth.state();
        let is_open = !matches!(step.truth, Truth::Left | Truth::Ended);
        let directory = self.directory().filter(|_| is_open).map(|directory| directory.display().to_string());
        let is_said = |said: &Value| {
            said["state"] == expected
                && directory.as_ref().is_none_or(|directory| said["cwd"] == **directory)
                && (step.truth != Truth::Shell || said["background"].as_array().is_some_and(|list| !list.is_empty()))
        };
        let (compared, mut said) = (Instant::now(), observer::said(&self.sandbox, id));
        while !is_said(&said) && !self.unseen.contains(&step.situation) && compared.elapsed() < BEHIND {
            said = observer::said(&self.sandbox, id);
            behind = behind.max(SETTLED + compared.elapsed());
        }
        let is_right = is_said(&said);
        let mut files = observer::files_alone(&self.sandbox, id);
        let (healed, patience) =
            (Instant::now(), if self.healer.is_some() && is_right { HEALED } else { Duration::ZERO });
        while files != expected && healed.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(50));
            files = observer::files_alone(&self.sandbox, id);
        }
        let call = &said["pendingPermission"]["toolInput"];
        let asked = ["command", "file_path", "questions"].iter().find_map(|name| call[name].as_str());
        let is_other =
            step.truth == Truth::Permission && asked.is_some_and(|asked| !self.terminal.dialog().contains(asked));
        self.right += usize::from(is_right);
        self.right_by_files += usize::from(files == expected);
        let word = |is_right| if is_right { "ok" } else { "WRONG" };
        println!(
            "{} {:44} {:10} {:10} {:12} {:5} {:3} ms   {files:10} {}",
            self.version,
            step.situation,
            format!("{:?}", step.truth),
            said["state"].as_str().unwrap_or("-"),
            said["rule"].as_str().unwrap_or("-"),
            word(is_right),
            behind.as_millis(),
            word(files == expected).to_owned() + if is_other { "   (the dialog is of another call)" } else { "" },
        );
        if !is_right || files != expected && patience > Duration::ZERO {
            self.wrong.push(step.situation);
            observer::explain(&self.sandbox, id, self.pid, &said);
            println!(
                "{}\n{}",
                self.terminal.screen(),
                self.healer.as_ref().map(|healer| healer.log()).unwrap_or_default()
            );
        }
    }

    /// Presses the step's last key once more, where its dialog is still as it was.
    fn press_again(&mut self, step: &Step) {
        let dialog = self.terminal.dialog();
        if let Some(act @ (Act::Press(_) | Act::Deny)) = step.acts.last()
            && !dialog.trim().is_empty()
            && dialog == self.before.0
        {
            println!("{} {:44} the key was not heard", self.version, step.situation);
            self.act(act);
        }
    }

    /// The two figures; fails unless `sessions` was right of all but what nothing tells of this version.
    pub fn concludes(self) {
        println!("{} agreement {}/{}", self.version, self.right, self.steps);
        let healed = if self.healer.is_some() { ", healed" } else { "" };
        println!("{} files alone{healed} {}/{}", self.version, self.right_by_files, self.steps);
        let surprises: Vec<_> = self.wrong.iter().filter(|situation| !self.unseen.contains(situation)).collect();
        assert!(surprises.is_empty(), "wrong of {}: {surprises:?}", self.version);
        let seen: Vec<_> = self.unseen.iter().filter(|situation| !self.wrong.contains(situation)).collect();
        assert!(seen.is_empty(), "right of {} after all: {seen:?}", self.version);
    }
}
