//! Bad places that only root can make: a full or read-only disk, another user's directory, a planted name.

use std::os::unix::fs::{FileExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::sandbox::{Sandbox, executable, payload};

/// A file system of its own under a sandbox's spool; unmounted at the end.
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
    // Room for a part of it: what was written of it does not stay.
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
fn a_spool_of_another_user_is_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "Stop", "").succeeds();
    chown(sandbox.spool(), Some(65534), None).unwrap();
    sandbox.fire("s", "UserPromptSubmit", "").fails("it belongs to another user");
    assert_eq!(sandbox.state("s"), "stop");
}

/// A hook that strace has stopped after the first reading of the clock.
#[cfg(freestanding)]
struct Stopped {
    strace: Child,
    hook: u32,
}

#[cfg(freestanding)]
impl Stopped {
    fn start(sandbox: &Sandbox) -> Self {
        let log = sandbox.home().join("log");
        let mut strace = Command::new("strace")
            .args(["-o", log.to_str().unwrap(), "-e", "inject=flock:signal=STOP"])
            .arg(executable("hook-stop"))
            .env_clear()
            .env("HOME", sandbox.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut strace.stdin.take().unwrap(), payload("s", "Stop", "").as_bytes()).unwrap();
        while !fs_err::read_to_string(&log).unwrap_or_default().contains("stopped by SIGSTOP") {
            std::thread::yield_now();
        }
        let children = format!("/proc/{0}/task/{0}/children", strace.id());
        let hook = fs_err::read_to_string(children).unwrap().trim().parse().unwrap();
        Self { strace, hook }
    }

    /// The random bytes that the kernel gave it, of which it makes the name of its temporary file.
    fn random(&self) -> u64 {
        const AT_RANDOM: u64 = 25;
        let vector = fs_err::read(format!("/proc/{}/auxv", self.hook)).unwrap();
        let words: Vec<_> = vector.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap())).collect();
        let address = words.chunks_exact(2).find(|pair| pair[0] == AT_RANDOM).unwrap()[1];
        let mut bytes = [0; 8];
        let memory = fs_err::File::open(format!("/proc/{}/mem", self.hook)).unwrap();
        memory.file().read_exact_at(&mut bytes, address).unwrap();
        u64::from_ne_bytes(bytes)
    }

    /// Lets it go on; its exit code and what it said.
    fn resume(self) -> (Option<i32>, String) {
        run("kill", &["-CONT"], Path::new(&self.hook.to_string()));
        let output = self.strace.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
#[ignore = "needs strace"]
#[cfg(freestanding)]
fn something_planted_under_the_temporary_name() {
    for plant in ["symlink", "fifo", "directory"] {
        let sandbox = Sandbox::new();
        sandbox.fire("s", "UserPromptSubmit", "").succeeds();
        let target = sandbox.home().join("target");
        fs_err::write(&target, "mine").unwrap();
        let hook = Stopped::start(&sandbox);
        let temporary = sandbox.spool().join(format!(".s.stop.{:016x}", hook.random()));
        match plant {
            "symlink" => symlink(&target, &temporary).unwrap(),
            "fifo" => run("mkfifo", &[], &temporary),
            _ => fs_err::create_dir(&temporary).unwrap(),
        }
        let (code, stderr) = hook.resume();
        assert_eq!(code, Some(1), "{plant}: {stderr}");
        assert!(stderr.ends_with("s.stop.json: File exists (os error 17)\n"), "{plant}: {stderr}");
        assert_eq!(fs_err::read(&target).unwrap(), b"mine");
        assert_eq!(sandbox.files(), [temporary.file_name().unwrap().to_str().unwrap(), "s.working.json"]);
    }
}
