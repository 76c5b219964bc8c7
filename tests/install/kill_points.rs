//! `hooks` is killed at every system call in turn, of install and of uninstall.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

use fs_err as fs;
use session_signals_protocol::{HOOKS, Hook};
use session_signals_testing::sample_size::sample_size;

use super::WORKERS;
use super::installation::{Installation, set_age};
use crate::sandbox::{Outcome, executable_path, run_side_by_side, run_with_input};

/// Settings with a hook of another program.
pub const ORIGINAL: &str =
    "{\n\t\"hooks\": { \"Stop\": [ { \"hooks\": [ { \"type\": \"command\", \"command\": \"say done\" } ] } ] }\n}";

/// SIGKILL on entry to each system call in turn. Afterwards doctor reports the true state, and uninstall restores every byte,
/// and a script that install replaced, too.
#[test]
#[ignore = "needs strace, and takes minutes"]
fn a_kill_at_any_system_call_leaves_the_old_or_the_new_file() {
    // In the last case install creates the settings file, so uninstall removes it.
    for (command, has_settings) in [("install", true), ("uninstall", true), ("uninstall", false)] {
        kill_at_every_call(command, has_settings);
    }
}

/// The settings of one case, in a home of its own.
struct Case {
    installation: Installation,
    command: &'static str,
    /// The content of the settings before install; empty if there is no settings file.
    original: String,
    /// The content of the settings before the command, and after it.
    old: String,
    new: String,
    /// The configuration directory as it is before the command.
    snapshot: tempfile::TempDir,
}

/// A system call of the command.
struct Call {
    /// How strace kills the command at this call.
    injection: String,
    changes_files: bool,
}

/// What a kill left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KillResult {
    LeftOld,
    LeftNew,
    /// The system call was not reached: how often `hooks` looks whether a child has ended is not always the same.
    NotReached,
}

/// System calls that change files, and `openat` if it makes a file. Between two of them, a kill leaves the same files as at the
/// next one.
pub const CHANGES: [&str; 20] = [
    "chmod",
    "chown",
    "copy_file_range",
    "fchmod",
    "fchown",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "utimensat",
    "write",
];

/// Of the other system calls, one of this many is run if `SESSION_SIGNALS_SAMPLES` asks for few.
const SAMPLE: usize = 10;

fn kill_at_every_call(command: &'static str, has_settings: bool) {
    let every = sample_size(SAMPLE, 1, 1);
    let calls = Case::new(command, has_settings).list_calls();
    let calls = calls.into_iter().enumerate().filter(|(number, call)| call.changes_files || number % every == 0);
    let calls: Vec<_> = calls.map(|(_, call)| call.injection).collect();
    // Each thread has a home of its own, which it uses again.
    let idle = Mutex::new(Vec::new());
    let results = run_side_by_side(WORKERS, &calls, |call| {
        let case = idle.lock().unwrap().pop();
        let case = case.unwrap_or_else(|| Case::new(command, has_settings));
        let result = case.kill_at(call);
        idle.lock().unwrap().push(case);
        result
    });
    let count = |kind| results.iter().filter(|result| **result == kind).count();
    let (left_old, left_new) = (count(KillResult::LeftOld), count(KillResult::LeftNew));
    println!(
        "{command} (settings before: {has_settings}): {} system calls: {left_old} left the old file, {left_new} the new",
        calls.len()
    );
    let not_reached = count(KillResult::NotReached);
    assert!(left_old > 0 && left_new > 0 && not_reached * 10 < calls.len(), "{not_reached} not reached");
}

impl Case {
    fn new(command: &'static str, has_settings: bool) -> Self {
        let installation = Installation::new();
        let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/$1.stop.json");
        let original =
            if has_settings { ORIGINAL.replace("say done", &script.display().to_string()) } else { String::new() };
        // Without a CLI to ask, each run is shorter.
        fs::remove_file(installation.path("bin/claude")).unwrap();
        let strace = ["/usr/bin/strace", "/bin/strace"].into_iter().find(|path| Path::new(path).exists());
        fs_err::os::unix::fs::symlink(strace.expect("strace"), installation.path("bin/strace")).unwrap();
        if has_settings {
            installation.write_file(".claude/settings.json", &original);
        } else {
            fs::create_dir(installation.path(".claude")).unwrap();
        }
        let snapshot = tempfile::tempdir().unwrap();
        let mut case = Self { installation, command, original, old: String::new(), new: String::new(), snapshot };
        if command == "uninstall" {
            assert_eq!(case.run(&["install"]).code, Some(0));
        }
        case.old = case.settings();
        copy_dir(&case.installation.path(".claude"), &case.snapshot.path().join(".claude"));
        assert!(case.run_traced(&[]).status.success());
        case.new = case.settings();
        assert_ne!(case.old, case.new);
        case
    }

    fn settings(&self) -> String {
        std::fs::read_to_string(self.installation.settings_path()).unwrap_or_default()
    }

    /// Restores the configuration directory as it is before the command.
    fn reset(&self) {
        let _ = fs::remove_dir_all(self.installation.path(".claude"));
        copy_dir(&self.snapshot.path().join(".claude"), &self.installation.path(".claude"));
        // A file that was not modified for a minute counts as left by a process that no longer runs.
        if self.installation.settings_path().exists() {
            set_age(&self.installation.settings_path(), 0);
        }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut hooks = self.installation.command(&executable_path("hooks"));
        run_with_input(hooks.env("PATH", self.installation.path("bin")).args(arguments), "")
    }

    /// Runs the command under strace.
    fn run_traced(&self, options: &[&str]) -> Output {
        let mut strace = self.installation.command("strace".as_ref());
        strace.env("PATH", self.installation.path("bin"));
        strace.arg("-o").arg(self.installation.path("trace")).args(options);
        strace.arg(executable_path("hooks")).arg(self.command).output().unwrap()
    }

    /// Lists the system calls of the command. strace counts each system call by itself: the third write, the second rename.
    fn list_calls(&self) -> Vec<Call> {
        let mut counts = BTreeMap::<String, usize>::new();
        let trace = self.installation.read_file("trace");
        // The first call is made by strace: it starts `hooks`.
        let lines = trace.lines().skip(1).filter_map(|line| line.split_once('('));
        let to_call = |(name, arguments): (&str, &str)| {
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            let changes_files = CHANGES.contains(&name) || arguments.contains("O_CREAT");
            Call { injection: format!("inject={name}:signal=SIGKILL:when={count}"), changes_files }
        };
        lines.map(to_call).collect()
    }

    /// Kills the command at this call, and checks what it left.
    fn kill_at(&self, call: &str) -> KillResult {
        let Self { installation, command, original, old, new, .. } = self;
        self.reset();
        let result = self.run_traced(&["-e", call]);
        if result.status.success() {
            return KillResult::NotReached;
        }
        assert_eq!(result.status.signal(), Some(9), "{call}: {result:?}");
        let left = self.settings();
        assert!(left == *old || left == *new, "{call}: {left}");
        for name in HOOKS.map(Hook::executable) {
            if let Ok(copy) = fs::read(installation.executable_path(name)) {
                assert!(copy == fs::read(executable_path(name)).unwrap(), "{call}: {name} is not complete");
            }
        }
        // An executable is there before it is registered.
        if left.contains("hook-stop") && *command == "install" {
            assert!(installation.executable_path("hook-stop").exists(), "{call}");
        }
        // Doctor finds nothing exactly if the hooks are installed and run. Uninstall restores the settings.
        let is_installed = (left == *new) == (*command == "install");
        let doctor = self.run(&["doctor"]);
        let is_complete = HOOKS.map(Hook::executable).iter().all(|name| installation.executable_path(name).exists());
        assert_eq!(doctor.code == Some(0), is_installed && is_complete, "{call}: {doctor:?}");
        if is_installed {
            assert_eq!(self.run(&["uninstall"]).code, Some(0), "{call}");
            assert_eq!(self.settings(), *original, "{call}");
        }
        // The next run of the command does its work as if there had been no kill.
        if *command == "install" || !is_installed {
            assert!(self.run_traced(&[]).status.success(), "{call}");
            assert_eq!(self.settings(), *new, "{call}");
        }
        // Later runs work, too.
        assert_eq!(self.run(&["install"]).code, Some(0), "{call}");
        assert_eq!(self.run(&["uninstall"]).code, Some(0), "{call}");
        assert_eq!(self.settings(), *original, "{call}");
        assert!(!installation.path(".claude/hooks").exists(), "{call}: {:?}", installation.list_files());
        if left == *old { KillResult::LeftOld } else { KillResult::LeftNew }
    }
}

fn copy_dir(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}
