//! A home with a Claude Code of any version in it, and `hooks` run there.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use fs_err as fs;
use serde_json::Value;
use session_signals_protocol::EVENT_RULES;

use crate::sandbox::{Outcome, Sandbox, copy_executable, executable_path, run_with_input, write_script};

/// A CLI that knows every event.
pub const NEWEST: &str = "2.1.329";

/// The home, its project, and the `claude` on its PATH.
pub struct Home {
    sandbox: Sandbox,
}

impl Home {
    /// With the newest CLI, and no settings.
    pub fn new() -> Self {
        Self::with_claude(NEWEST)
    }

    /// With a CLI of this version.
    pub fn with_claude(version: &str) -> Self {
        let home = Self { sandbox: Sandbox::new() };
        fs::create_dir_all(home.project()).unwrap();
        home.claude(&format!("echo '{version} (Claude Code)'"));
        home
    }

    /// With these settings.
    pub fn with_settings(text: &str) -> Self {
        let home = Self::new();
        home.write(".claude/settings.json", text);
        home
    }

    /// Puts a `claude` on PATH that is this shell script.
    pub fn claude(&self, script: &str) {
        self.script("bin/claude", script);
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    pub fn project(&self) -> PathBuf {
        self.path("project")
    }

    pub fn settings(&self) -> PathBuf {
        self.path(".claude/settings.json")
    }

    /// One of the installed executables.
    pub fn installed(&self, name: &str) -> PathBuf {
        self.path(".claude/hooks/session-signals").join(name)
    }

    /// Writes a file, and the directories it needs.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a shell script that can be executed, and the directories it needs.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_script(&path, text);
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The settings, parsed.
    pub fn parsed(&self) -> Value {
        serde_json::from_str(&self.read(".claude/settings.json")).unwrap()
    }

    /// Every file and directory below the home, but for what the tests put there.
    pub fn everything(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                found.push(path.strip_prefix(self.path("")).unwrap().display().to_string());
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        found.retain(|name| !name.starts_with("bin") && !name.starts_with("source") && name != "project");
        found.sort();
        found
    }

    /// `program`, in the project, with nothing in its environment but this home.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = self.sandbox.command(program);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display())).current_dir(self.project());
        command
    }

    /// Runs `hooks`.
    pub fn hooks(&self, arguments: &[&str]) -> Outcome {
        run_with_input(self.command(&executable_path("hooks")).args(arguments), "")
    }

    /// Runs `hooks`, which succeeds; its stdout.
    #[track_caller]
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let done = self.hooks(arguments);
        assert_eq!(done.code, Some(0), "{done:?}");
        done.stdout
    }

    /// Runs `hooks … --json`: the exit code, and what it printed.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let done = self.hooks(&[arguments, &["--json"]].concat());
        assert_eq!(done.stderr, "");
        (done.code.unwrap(), serde_json::from_str(&done.stdout).unwrap())
    }

    /// The ids that doctor finds.
    #[track_caller]
    pub fn findings(&self) -> Vec<String> {
        let (code, checkup) = self.json(&["doctor"]);
        let ids: Vec<String> = checkup["findings"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
        assert_eq!((code == 0, checkup["healthy"] == true), (ids.is_empty(), ids.is_empty()), "{checkup}");
        ids
    }

    /// A build of its own: `hooks` and its executables in a directory where they can be tampered with.
    pub fn build(&self, name: &str) -> Build<'_> {
        let folder = self.path("source").join(name);
        fs::create_dir_all(&folder).unwrap();
        let hooks = EVENT_RULES.iter().map(|rule| rule.hook.executable());
        for name in hooks.chain(["hooks"]) {
            copy_executable(&executable_path(name), &folder.join(name));
        }
        Build { home: self, folder }
    }
}

/// See [`Home::build`].
pub struct Build<'a> {
    home: &'a Home,
    pub folder: PathBuf,
}

impl Build<'_> {
    /// Makes one of its executables another.
    pub fn replace(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    pub fn hooks(&self, arguments: &[&str]) -> Outcome {
        run_with_input(self.home.command(&self.folder.join("hooks")).args(arguments), "")
    }
}

/// A JSON string's text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The events that settings register our executables for.
pub fn registered(settings: &Value) -> Vec<String> {
    let Some(hooks) = settings["hooks"].as_object() else { return Vec::new() };
    let ours = |groups: &Value| groups.to_string().contains("/session-signals/hook-");
    hooks.iter().filter(|(_, groups)| ours(groups)).map(|(event, _)| event.clone()).collect()
}
