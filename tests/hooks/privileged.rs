//! Signal directories that only root can make: on a full or read-only disk, or owned by another user.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Outcome, Sandbox, copy_executable, executable_path};

/// A file system that is mounted on the signal directory of a sandbox, and unmounted when this value is dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(sandbox: &Sandbox, size: &str) -> Self {
        fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("mode=700,size={size}"), "none"], &sandbox.signal_dir());
        Self(sandbox.signal_dir())
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        run("umount", &[], &self.0);
    }
}

#[track_caller]
fn run(program: &str, arguments: &[&str], path: &Path) {
    let status = Command::new(program).args(arguments).arg(path).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_keeps_the_old_signals() {
    let sandbox = Sandbox::new();
    let _tmpfs = Tmpfs::mount(&sandbox, "64k");
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_success();
    sandbox.run_hook("s", "UserPromptSubmit", r#""agent_id":"a""#).assert_success();
    let filler = sandbox.signal_dir().join("filler");
    let _ = fs_err::write(&filler, vec![0; 128 * 1024]);
    let before = fs_err::read(sandbox.signal_path("s", "permission")).unwrap();
    sandbox.run_hook("s", "Stop", "").assert_failure("s.stop.json: No space left on device (os error 28)");
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Edit""#).assert_failure("No space left on device");
    assert_eq!(sandbox.list_signal_dir(), ["filler", "s.permission.json"]);
    assert_eq!(fs_err::read(sandbox.signal_path("s", "permission")).unwrap(), before);
    fs_err::remove_file(filler).unwrap();
    // There is room for a part of the signal, and that part is removed.
    let large = format!(r#""prompt":"{}""#, "x".repeat(100_000));
    sandbox.run_hook("s", "UserPromptSubmit", &large).assert_failure("No space left on device");
    assert_eq!(sandbox.list_signal_dir(), ["s.permission.json"]);
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn a_read_only_disk_keeps_the_old_signals() {
    let sandbox = Sandbox::new();
    let _tmpfs = Tmpfs::mount(&sandbox, "64k");
    sandbox.run_hook("s", "Stop", "").assert_success();
    run("mount", &["-o", "remount,ro"], &sandbox.signal_dir());
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_failure("Read-only file system");
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn a_signal_directory_of_another_user_is_not_changed() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    chown(sandbox.signal_dir(), Some(65534), None).unwrap();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_failure("it belongs to another user");
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn sessions_reports_a_signal_directory_that_it_may_not_read() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    // The home directory belongs to that user, and the signal directory to root. The executable is where that user may run it.
    let sessions = sandbox.home().join("sessions");
    copy_executable(&executable_path("sessions"), &sessions);
    for path in [sandbox.home(), &sandbox.home().join(".claude")] {
        chown(path, Some(65534), Some(65534)).unwrap();
    }
    let list = |arguments: &[&str]| -> Outcome {
        let mut list = Command::new(&sessions);
        list.env_clear().env("HOME", sandbox.home()).args(arguments).uid(65534).gid(65534);
        list.output().unwrap().into()
    };
    let signal_dir = sandbox.signal_dir().display().to_string();
    for (arguments, stdout) in [(&[][..], ""), (&["--all"], ""), (&["--json"], "[]\n")] {
        let outcome = list(arguments);
        let reason = format!("sessions: cannot read {signal_dir}: Permission denied (os error 13)\n");
        assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (Some(1), stdout, &*reason), "{arguments:?}");
    }
    // If it may not read one signal, it lists the others.
    chown(sandbox.signal_dir(), Some(65534), Some(65534)).unwrap();
    sandbox.run_hook("t", "Stop", "").assert_failure("it belongs to another user");
    fs_err::copy(sandbox.signal_path("s", "stop"), sandbox.signal_path("t", "stop")).unwrap();
    fs_err::set_permissions(sandbox.signal_path("t", "stop"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = list(&[]);
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (Some(1), 1), "{outcome:?}");
    assert!(outcome.stderr.contains("s.stop.json: Permission denied"), "{outcome:?}");
}
