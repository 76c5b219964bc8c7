//! A person at the real CLI, who does one thing after another and holds `sessions` against the truth after each.

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use fs_err as fs;
use serde_json::Value;

use super::step::{Act, Sign, Step};
use super::terminal::Terminal;
use super::truth::{Truth, lives, registered, shown};
use super::{claude, eventually, home};
use crate::sandbox::{Sandbox, executable, outcome};

/// How long the truth must have held before it is compared: the second that `sessions` gives the registry, and some.
const SETTLED: Duration = Duration::from_millis(1500);

/// A CLI from before the registry.
pub const OLD: &str = "2.1.100";

/// One version of the CLI with its home, and the person in front of it.
pub struct Person {
    // Before its home goes, the terminal must.
    terminal: Terminal,
    sandbox: Sandbox,
    version: &'static str,
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
    pub fn new(version: &'static str) -> Self {
        let sandbox = home::furnished(version);
        let terminal = Terminal::start(sandbox.home(), &sandbox.home().join("bin"));
        let [session, previous] = [String::new(), String::new()];
        Self {
            sandbox,
            terminal,
            version,
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
            Act::Prompt(text) => self.terminal.prompt(text),
            Act::Press(key) => self.terminal.press(key),
            Act::Deny => {
                let number = self.terminal.number_of("No");
                self.terminal.press(&number.unwrap_or_else(|| panic!("no No\n{}", self.terminal.screen())));
            }
            Act::Open(name) => fs::write(self.path(name), "").unwrap(),
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
        let signals = fs::read_dir(self.sandbox.spool()).into_iter().flatten().flatten();
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
                Sign::OtherDialog => self.terminal.dialog() != self.before.0,
                Sign::OtherSession => self.session != self.before.1,
            }
    }

    /// Does what the step says, waits until the truth is as it says, and compares.
    pub fn take(&mut self, step: &Step) {
        self.before = (self.terminal.dialog(), self.session.clone());
        step.acts.iter().for_each(|act| self.act(act));
        let (mut held, mut wrong): (Option<Instant>, Option<Instant>) = (None, None);
        let mut behind = Duration::ZERO;
        let came_true = eventually(|| {
            let truth = self.truth(step);
            held = self.holds(step, truth).then(|| held.unwrap_or_else(Instant::now));
            // Meanwhile: for how long does `sessions` say something else?
            let agrees = truth.is_none_or(|truth| self.said(&self.session)["state"] == truth.state());
            wrong = (!agrees).then(|| wrong.unwrap_or_else(Instant::now));
            behind = behind.max(wrong.map_or(Duration::ZERO, |wrong| wrong.elapsed()));
            held.is_some_and(|held| held.elapsed() >= SETTLED)
        });
        self.steps += 1;
        if !came_true {
            self.wrong.push(step.situation);
            let truth = self.truth(step);
            println!("{} {:44} NOT PRODUCED: {truth:?}\n{}", self.version, step.situation, self.terminal.screen());
            return;
        }
        let id = if step.truth == Truth::Left { &self.previous } else { &self.session };
        let said = self.said(id);
        let files = self.files_alone(id);
        let call = &said["pendingPermission"]["toolInput"];
        let asked = ["command", "file_path", "questions"].iter().find_map(|name| call[name].as_str());
        let is_other =
            step.truth == Truth::Permission && asked.is_some_and(|asked| !self.terminal.dialog().contains(asked));
        let expected = step.truth.state();
        let is_right = said["state"] == expected
            && (step.truth != Truth::Shell || said["background"].as_array().is_some_and(|list| !list.is_empty()));
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
        if !is_right {
            self.wrong.push(step.situation);
            self.explain(id, &said);
        }
    }

    /// What `sessions` says of a session.
    fn said(&self, id: &str) -> Value {
        let done = outcome(self.sandbox.command(executable("sessions")).args(["--all", "--json"]), "");
        assert_eq!(done.code, Some(0), "{done:?}");
        let mut all: Vec<Value> = serde_json::from_str(&done.stdout).unwrap();
        all.iter().position(|one| one["sessionId"] == id).map_or(Value::Null, |at| all.swap_remove(at))
    }

    /// What a reader says who has only the signals.
    fn files_alone(&self, id: &str) -> &'static str {
        let order = [("ended", "ended"), ("permission", "permission"), ("stop", "waiting"), ("working", "working")];
        order.iter().find(|(kind, _)| self.sandbox.signal(id, kind).exists()).map_or("-", |(_, state)| state)
    }

    /// All that there is to know where `sessions` is wrong.
    fn explain(&self, id: &str, said: &Value) {
        println!("  now {:?}\n  sessions: {said}", SystemTime::now());
        println!(
            "  registry: {}",
            fs::read_to_string(self.path(&format!(".claude/sessions/{}.json", self.pid))).unwrap_or_default()
        );
        for kind in ["ended", "permission", "stop", "working"] {
            let signal = self.sandbox.signal(id, kind);
            if let Ok(metadata) = fs::metadata(&signal) {
                println!("  {kind} {:?}: {}", metadata.modified().unwrap(), fs::read_to_string(signal).unwrap().trim());
            }
        }
        let start = Instant::now();
        let later = eventually(|| start.elapsed() > Duration::from_secs(4) || self.said(id)["state"] != said["state"]);
        println!("  {:?} later: {} ({later})\n{}", start.elapsed(), self.said(id)["state"], self.terminal.screen());
    }

    /// The two figures; fails unless `sessions` was right of all but what nothing tells of this version.
    pub fn concludes(self, unseen: &[&str]) {
        println!("{} agreement {}/{}", self.version, self.right, self.steps);
        println!("{} files alone {}/{}", self.version, self.right_by_files, self.steps);
        let surprises: Vec<_> = self.wrong.iter().filter(|situation| !unseen.contains(situation)).collect();
        assert!(surprises.is_empty(), "wrong of {}: {surprises:?}", self.version);
        let seen: Vec<_> = unseen.iter().filter(|situation| !self.wrong.contains(situation)).collect();
        assert!(seen.is_empty(), "right of {} after all: {seen:?}", self.version);
    }
}
