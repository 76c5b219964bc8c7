//! A home directory with a `claude` of any version, in which tests run `hooks`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use assert_cmd::Command;
use fs_err as fs;
use serde_json::Value;
use session_signals_protocol::EVENT_RULES;

use super::small_build::small_build;
use crate::sandbox::{Outcome, Sandbox, copy_executable, executable_path, run_with_input, write_script};

pub use crate::sandbox::set_age;

/// A version of the CLI that knows every event.
pub const NEWEST_CLI: &str = "2.1.329";

/// A home directory, a project in it, and a `claude` on its PATH. `hooks` need not be installed there yet.
pub struct Installation {
    sandbox: Sandbox,
    /// The directory of the `hooks` that the tests run.
    build: PathBuf,
}

impl Installation {
    /// Makes a home without settings, with the newest CLI.
    pub fn new() -> Self {
        Self::with_claude(NEWEST_CLI)
    }

    /// Makes a home without settings, with a CLI of this version.
    pub fn with_claude(version: &str) -> Self {
        let build = executable_path("hooks").parent().unwrap().to_owned();
        let installation = Self { sandbox: Sandbox::new(), build };
        fs::create_dir_all(installation.project_dir()).unwrap();
        installation.set_claude(&format!("echo '{version} (Claude Code)'"));
        installation
    }

    /// Makes a home with these user settings.
    pub fn with_settings(text: &str) -> Self {
        let installation = Self::new();
        installation.write_file(".claude/settings.json", text);
        installation
    }

    /// Runs the `hooks` of a build that is quick to copy, for tests that install `hooks` and `sessions`, too.
    pub fn with_small_build(mut self) -> Self {
        small_build().clone_into(&mut self.build);
        self
    }

    /// Returns the path of an executable in the build from which the tests install.
    pub fn built(&self, name: &str) -> PathBuf {
        self.build.join(name)
    }

    /// Makes the `claude` on PATH this shell script.
    pub fn set_claude(&self, script: &str) {
        self.write_script("bin/claude", script);
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    pub fn project_dir(&self) -> PathBuf {
        self.path("project")
    }

    pub fn settings_path(&self) -> PathBuf {
        self.path(".claude/settings.json")
    }

    /// Returns the path of an installed executable.
    pub fn executable_path(&self, name: &str) -> PathBuf {
        self.path(".claude/hooks/session-signals").join(name)
    }

    /// Writes a file, and makes the directories that it needs.
    pub fn write_file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a shell script that can be executed, and makes the directories that it needs.
    pub fn write_script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_script(&path, text);
        path
    }

    pub fn read_file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Parses the user settings.
    pub fn parse_settings(&self) -> Value {
        serde_json::from_str(&self.read_file(".claude/settings.json")).unwrap()
    }

    /// Lists every file and directory in the home, except those that the tests made.
    pub fn list_files(&self) -> Vec<String> {
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

    /// Returns everything below the home directory with its type and content, except the executables that the tests made and the
    /// saved settings, which uninstall leaves.
    pub fn snapshot(&self) -> Vec<(String, String)> {
        let names =
            self.list_files().into_iter().filter(|name| name != ".claude" && !name.starts_with(".claude/backups"));
        let describe = |name: String| {
            let path = self.path(&name);
            let content = match fs::read_link(&path) {
                Ok(target) => format!("link to {}", target.display()),
                Err(_) if path.is_dir() => "folder".to_owned(),
                Err(_) => format!("{:?}", fs::read(&path).unwrap()),
            };
            (name, content)
        };
        names.map(describe).collect()
    }

    /// Runs `hooks` with these arguments, for a user of this shell and with these variables.
    pub fn run_in_shell(&self, shell: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let mut hooks = self.command(&self.built("hooks"));
        hooks.env("SHELL", shell).envs(variables.iter().copied()).args(arguments);
        run_with_input(&mut hooks, "")
    }

    /// Returns a command that runs in the project, with this home and nothing else in its environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = self.sandbox.command(program);
        command.env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display())).current_dir(self.project_dir());
        command
    }

    /// Runs `hooks` with these arguments.
    pub fn run_hooks(&self, arguments: &[&str]) -> Outcome {
        run_with_input(self.command(&self.built("hooks")).args(arguments), "")
    }

    /// Runs `hooks` so that the permissions of files count, also if the tests run as root. Root without these capabilities still owns
    /// the files in this home.
    pub fn run_bound_by_modes(&self, arguments: &[&str]) -> Outcome {
        if fs::metadata(self.path("")).unwrap().uid() != 0 {
            return self.run_hooks(arguments);
        }
        let mut setpriv = self.command("setpriv".as_ref());
        setpriv.arg("--bounding-set=-dac_override,-dac_read_search").arg(self.built("hooks"));
        run_with_input(setpriv.args(arguments), "")
    }

    /// Runs `hooks` with these arguments and this configuration directory.
    pub fn run_hooks_in(&self, config_dir: &Path, arguments: &[&str]) -> Outcome {
        let mut hooks = self.command(&self.built("hooks"));
        run_with_input(hooks.env("CLAUDE_CONFIG_DIR", config_dir).args(arguments), "")
    }

    /// Runs a subcommand of `hooks` under strace with these injections. Calls `meanwhile` when its temporary file is there.
    pub fn run_traced(&self, injections: &[&str], subcommand: &str, meanwhile: impl FnOnce() + Send) -> Outcome {
        thread::scope(|scope| {
            let run = scope.spawn(|| {
                let mut strace = self.command("strace".as_ref());
                strace.arg("-o").arg(self.path("trace"));
                strace.args(injections.iter().flat_map(|injection| ["-e", injection]));
                run_with_input(strace.arg(executable_path("hooks")).arg(subcommand), "")
            });
            while !self.has_temporary_file() && !run.is_finished() {
                thread::yield_now();
            }
            meanwhile();
            run.join().unwrap()
        })
    }

    /// Returns whether a temporary file of `hooks` is beside the settings.
    pub fn has_temporary_file(&self) -> bool {
        self.list_files().iter().any(|name| name.starts_with(".claude/.session-signals."))
    }

    /// Checks that no temporary file of `hooks` is left anywhere.
    #[track_caller]
    pub fn assert_no_temporary_files(&self) {
        let files = self.list_files();
        assert!(files.iter().all(|name| !name.contains("/.session")), "{files:?}");
    }

    /// Runs `hooks`, which must succeed, and returns its standard output.
    #[track_caller]
    pub fn run_successfully(&self, arguments: &[&str]) -> String {
        let result = self.run_hooks(arguments);
        assert_eq!(result.code, Some(0), "{result:?}");
        result.stdout
    }

    /// Runs `hooks … --json`; returns the exit code and the JSON.
    #[track_caller]
    pub fn run_json(&self, arguments: &[&str]) -> (i32, Value) {
        let result = self.run_hooks(&[arguments, &["--json"]].concat());
        assert_eq!(result.stderr, "");
        (result.code.unwrap(), serde_json::from_str(&result.stdout).unwrap())
    }

    /// Returns the ids of doctor's findings.
    #[track_caller]
    pub fn find_ids(&self) -> Vec<String> {
        let (code, checkup) = self.run_json(&["doctor"]);
        let ids: Vec<String> =
            checkup["findings"].as_array().unwrap().iter().map(|one| json_text(&one["id"])).collect();
        assert_eq!((code == 0, checkup["healthy"] == true), (ids.is_empty(), ids.is_empty()), "{checkup}");
        ids
    }

    /// Copies `hooks` and its executables to a directory of their own, where tests can change them.
    pub fn copy_build(&self, name: &str) -> BuildCopy<'_> {
        let folder = self.path("source").join(name);
        fs::create_dir_all(&folder).unwrap();
        let hooks = EVENT_RULES.iter().map(|rule| rule.hook.executable());
        for name in hooks.chain(["hook-mod", "hooks"]) {
            copy_executable(&self.built(name), &folder.join(name));
        }
        BuildCopy { installation: self, folder }
    }
}

/// A copy of the executables; see [`Installation::copy_build`].
pub struct BuildCopy<'a> {
    installation: &'a Installation,
    pub folder: PathBuf,
}

impl BuildCopy<'_> {
    /// Replaces the content of an executable.
    pub fn replace_executable(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).unwrap();
    }

    pub fn hooks(&self, arguments: &[&str]) -> Outcome {
        run_with_input(self.installation.command(&self.folder.join("hooks")).args(arguments), "")
    }

    /// Runs `hooks` with these arguments, with this folder at the beginning of the search path.
    pub fn hooks_on_path(&self, arguments: &[&str]) -> Outcome {
        let search = format!("{}:{}/bin:/usr/bin:/bin", self.folder.display(), self.installation.path("").display());
        let mut hooks = self.installation.command(&self.folder.join("hooks"));
        run_with_input(hooks.env("PATH", search).args(arguments), "")
    }
}

/// Returns the text of a JSON string.
pub fn json_text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the events for which settings register our executables.
pub fn registered_events(settings: &Value) -> Vec<String> {
    let Some(hooks) = settings["hooks"].as_object() else { return Vec::new() };
    let ours = |groups: &Value| groups.to_string().contains("/session-signals/hook-");
    hooks.iter().filter(|(_, groups)| ours(groups)).map(|(event, _)| event.clone()).collect()
}
