//! A file that somebody puts under the name that a hook is about to give to its temporary file.

use std::os::unix::fs::{FileExt as _, symlink};
use std::process::{Child, Command};

use session_signals_protocol::time::Time;

use crate::sandbox::{Sandbox, executable_path, payload};
use crate::strace::Trace;

/// A hook that strace has stopped after it read the clock.
struct Stopped {
    strace: Child,
    hook: u32,
}

impl Stopped {
    fn start(sandbox: &Sandbox) -> Self {
        let log = sandbox.home().join("log");
        let mut strace = sandbox
            .piped_command("strace")
            .args(["-f", "-o", log.to_str().unwrap(), "-e", "inject=flock:signal=STOP"])
            .arg(executable_path("hook-stop"))
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

    /// Reads the random bytes that the kernel gave to the hook, which become part of its temporary name.
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

    /// Lets the hook continue. Returns its exit code and its standard error.
    fn resume(self) -> (Option<i32>, String) {
        assert!(Command::new("kill").args(["-CONT", &self.hook.to_string()]).status().unwrap().success());
        let output = self.strace.wait_with_output().unwrap();
        assert_eq!(output.stdout, b"");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
#[ignore = "needs strace"]
fn a_hook_does_not_use_a_file_that_has_its_temporary_name() {
    for plant in ["symlink", "fifo", "directory"] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
        let target = sandbox.home().join("target");
        fs_err::write(&target, "mine").unwrap();
        let hook = Stopped::start(&sandbox);
        // The name also holds the time of the event, and 0 because the signal replaces no other one.
        let time = Trace::read(&sandbox.home().join("log")).time();
        let time = Time::parse_stamp(time.as_bytes()).unwrap().to_nanoseconds();
        let temporary = sandbox.signal_dir().join(format!(".s.stop.{:016x}.{time:016x}.{:016x}", hook.random(), 0));
        match plant {
            "symlink" => symlink(&target, &temporary).unwrap(),
            "fifo" => assert!(Command::new("mkfifo").arg(&temporary).status().unwrap().success()),
            _ => fs_err::create_dir(&temporary).unwrap(),
        }
        let (code, stderr) = hook.resume();
        assert_eq!(code, Some(1), "{plant}: {stderr}");
        assert!(stderr.ends_with("s.stop.json: File exists (os error 17)\n"), "{plant}: {stderr}");
        assert_eq!(fs_err::read(&target).unwrap(), b"mine");
        assert_eq!(sandbox.list_signal_dir(), [temporary.file_name().unwrap().to_str().unwrap(), "s.working.json"]);
    }
}
