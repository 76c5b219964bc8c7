//! Signal directories that only root can make: on a full or read-only disk, or owned by another user.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Outcome, Sandbox, copy_executable, executable};

/// A file system that is mounted on the signal directory of a sandbox, and unmounted when this value is dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(sandbox: &Sandbox, size: &str) -> Self {
        fs_err::create_dir_all(sandbox.spool()).unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("mode=700,size={size}"), "none"], &sandbox.spool());
        Self(sandbox.spool())
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
    sandbox.fire("s", "PermissionRequest", r#""tool_name":"Bash""#).succeeds();
    sandbox.fire("s", "UserPromptSubmit", r#""agent_id":"a""#).succeeds();
    let filler = sandbox.spool().join("filler");
    let _ = fs_err::write(&filler, vec![0; 128 * 1024]);
    let before = fs_err::read(sandbox.signal("s", "permission")).unwrap();
    sandbox.fire("s", "Stop", "").fails("s.stop.json: No space left on device (os error 28)");
    sandbox.fire("s", "PermissionRequest", r#""tool_name":"Edit""#).fails("No space left on device");
    assert_eq!(sandbox.files(), ["filler", "s.permission.json"]);
    assert_eq!(fs_err::read(sandbox.signal("s", "permission")).unwrap(), before);
    fs_err::remove_file(filler).unwrap();
    // There is room for a part of the signal, and that part is removed.
    let large = format!(r#""prompt":"{}""#, "x".repeat(100_000));
    sandbox.fire("s", "UserPromptSubmit", &large).fails("No space left on device");
    assert_eq!(sandbox.files(), ["s.permission.json"]);
    sandbox.fire("s", "Stop", "").succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn a_read_only_disk_keeps_the_old_signals() {
    let sandbox = Sandbox::new();
    let _tmpfs = Tmpfs::mount(&sandbox, "64k");
    sandbox.fire("s", "Stop", "").succeeds();
    run("mount", &["-o", "remount,ro"], &sandbox.spool());
    sandbox.fire("s", "UserPromptSubmit", "").fails("Read-only file system");
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn a_signal_directory_of_another_user_is_not_changed() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "Stop", "").succeeds();
    chown(sandbox.spool(), Some(65534), None).unwrap();
    sandbox.fire("s", "UserPromptSubmit", "").fails("it belongs to another user");
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
#[ignore = "needs root"]
fn sessions_reports_a_signal_directory_that_it_may_not_read() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "Stop", "").succeeds();
    // The home directory belongs to that user, and the signal directory to root. The executable is where that user may run it.
    let sessions = sandbox.home().join("sessions");
    copy_executable(&executable("sessions"), &sessions);
    for path in [sandbox.home(), &sandbox.home().join(".claude")] {
        chown(path, Some(65534), Some(65534)).unwrap();
    }
    let list = |arguments: &[&str]| -> Outcome {
        let mut list = Command::new(&sessions);
        list.env_clear().env("HOME", sandbox.home()).args(arguments).uid(65534).gid(65534);
        list.output().unwrap().into()
    };
    let signal_dir = sandbox.spool().display().to_string();
    for (arguments, stdout) in [(&[][..], ""), (&["--all"], ""), (&["--json"], "[]\n")] {
        let outcome = list(arguments);
        let reason = format!("sessions: cannot read {signal_dir}: Permission denied (os error 13)\n");
        assert_eq!((outcome.code, &*outcome.stdout, &*outcome.stderr), (Some(1), stdout, &*reason), "{arguments:?}");
    }
    // If it may not read one signal, it lists the others.
    chown(sandbox.spool(), Some(65534), Some(65534)).unwrap();
    sandbox.fire("t", "Stop", "").fails("it belongs to another user");
    fs_err::copy(sandbox.signal("s", "stop"), sandbox.signal("t", "stop")).unwrap();
    fs_err::set_permissions(sandbox.signal("t", "stop"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let outcome = list(&[]);
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (Some(1), 1), "{outcome:?}");
    assert!(outcome.stderr.contains("s.stop.json: Permission denied"), "{outcome:?}");
}
