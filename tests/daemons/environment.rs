//! What a daemon has of its session, and what it has not of the hook.

use std::io::Read as _;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use fs_err as fs;
use serde_json::json;

use super::world::{World, holds, shell, twelve, until};
use crate::sandbox::{executable_path, payload, run_with_input};

#[test]
fn its_environment_its_directory_its_log_and_nothing_else_open() {
    let said = "env; pwd; ls -l /proc/self/fd | sed 's/^/fd: /'; echo done; exec sleep 1000";
    let mut daemon = shell("says", said);
    daemon["env"] = json!({"COLOUR": "red and \"green\"", "PATH": "/usr/bin:/bin"});
    daemon["cwd"] = json!("sub");
    let world = World::new(&[daemon]);
    let project = world.path("project");
    fs::create_dir_all(project.join("sub")).unwrap();
    let file = world.path("env-file");
    fs::write(&file, "export OTHER=1").unwrap();
    let start = |session: &str, source: &str| {
        // Descriptor 9 stands for whatever the CLI forgot to close.
        let line = format!("exec {} daemons start 9</etc/hostname", executable_path("sessions").display());
        let mut command = world.sandbox.command("sh");
        command.args(["-c", &line]).env("CLAUDE_PROJECT_DIR", &project).env("CLAUDE_ENV_FILE", &file);
        let members = format!(r#""source":"{source}","cwd":"/""#);
        run_with_input(&mut command, payload(session, "SessionStart", &members)).assert_success();
    };
    start("s", "startup");
    let log = world.directory().join("says.s.log");
    until("its output", || holds(&log, "done\n"));
    let text = fs::read_to_string(&log).unwrap();
    let lines =
        ["CLAUDE_SESSION_ID=s", &format!("CLAUDE_PROJECT_DIR={}", project.display()), "COLOUR=red and \"green\""];
    for line in lines.iter().copied().chain([project.join("sub").to_str().unwrap()]) {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(!text.contains("CLAUDE_ENV_FILE"), "{text}");
    // 0, 1, 2; and the directory that `ls` itself reads.
    let open: Vec<_> = text.lines().filter(|line| line.starts_with("fd: l")).collect();
    assert_eq!(open.len(), 4, "{text}");
    assert!(open[0].contains("/dev/null") && open[1].contains("pipe:") && open[2].contains("pipe:"), "{text}");
    // The guard itself has none either.
    let guard = format!("/proc/{}/fd", world.guard("s"));
    let held: Vec<_> = fs::read_dir(guard)
        .unwrap()
        .map(|fd| fs::read_link(fd.unwrap().path()).unwrap().display().to_string())
        .collect();
    assert!(held.iter().all(|target| !target.contains("hostname")), "{held:?}");
    // Once, however often the hook runs; and again for another session.
    start("s", "compact");
    start("s", "resume");
    assert_eq!(fs::read_to_string(&file).unwrap(), "export OTHER=1\nexport CLAUDE_SESSION_ID=s\n");
    start("t", "clear");
    assert!(fs::read_to_string(&file).unwrap().ends_with("=s\nexport CLAUDE_SESSION_ID=t\n"));
    let sourced = format!(". {} && echo $CLAUDE_SESSION_ID", file.display());
    assert_eq!(run_with_input(world.sandbox.command("sh").args(["-c", &sourced]), "").stdout, "t\n");
    // In a file of any length the last lines count.
    fs::write(&file, format!("export CLAUDE_SESSION_ID=s\n{}", "# and more\n".repeat(200_000))).unwrap();
    start("t", "resume");
    let whole = fs::read_to_string(&file).unwrap();
    assert!(whole.ends_with("# and more\nexport CLAUDE_SESSION_ID=t\n"));
    start("t", "compact");
    assert!(fs::read_to_string(&file).unwrap() == whole);
}

#[test]
fn the_pipes_of_the_hook_close_at_once() {
    let world = World::new(&twelve());
    // Its standard output once more as descriptor 9: whoever inherits any of them keeps the pipe open.
    let line = format!("exec {} daemons start --session s 9>&1", executable_path("sessions").display());
    let mut child = std::process::Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .env("HOME", world.sandbox.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (sender, read) = channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        out.read_to_string(&mut said).unwrap();
        err.read_to_string(&mut said).unwrap();
        sender.send(said).unwrap();
    });
    assert!(child.wait().unwrap().success());
    assert_eq!(read.recv_timeout(Duration::from_secs(10)).expect("the end of both pipes"), "");
    world.runs(12);
}

#[test]
fn a_log_holds_the_end_of_much() {
    let much = "i=0; while [ $i -lt 60000 ]; do echo \"line $i of very very many that are printed\"; i=$((i+1)); done";
    let world = World::new(&[shell("talks", &format!("{much}; exec sleep 1000"))]);
    let _cli = world.begin("s");
    let log = world.directory().join("talks.s.log");
    until("the last line", || holds(&log, "line 59999 of"));
    let older = world.directory().join("talks.s.log.1");
    let len = |path| fs::metadata(path).unwrap().len();
    assert!(len(&log) + len(&older) <= (1 << 20) + (32 << 10), "{} and {}", len(&log), len(&older));
    let (old, new) = (fs::read_to_string(&older).unwrap(), fs::read_to_string(&log).unwrap());
    let both: Vec<_> = old.lines().chain(new.lines()).collect();
    assert!(both.len() > 10_000, "{}", both.len());
    for path in [&log, &older] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
