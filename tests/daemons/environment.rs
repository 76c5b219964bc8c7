//! What a daemon gets from its session, and what it does not get from the hook.

use std::io::Read as _;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use fs_err as fs;
use serde_json::json;

use super::daemon_sandbox::{DaemonSandbox, file_contains, shell_daemon, twelve_daemons, wait_for};
use crate::sandbox::{executable_path, payload, run_with_input};

#[test]
fn a_daemon_has_its_variables_its_directory_and_three_open_files() {
    let script = "env; pwd; ls -l /proc/self/fd | sed 's/^/fd: /'; echo done; exec sleep 1000";
    let mut daemon = shell_daemon("prints", script);
    daemon["env"] = json!({"COLOUR": "red and \"green\"", "PATH": "/usr/bin:/bin"});
    daemon["cwd"] = json!("sub");
    let sandbox = DaemonSandbox::new(&[daemon]);
    let project = sandbox.path("project");
    fs::create_dir_all(project.join("sub")).unwrap();
    let env_file = sandbox.path("env-file");
    fs::write(&env_file, "export OTHER=1").unwrap();
    let run_start_hook = |session: &str, source: &str| {
        // Descriptor 9 stands for a descriptor that the CLI has left open.
        let line = format!("exec {} daemons start 9</etc/hostname", executable_path("sessions").display());
        let mut command = sandbox.command("sh");
        command.args(["-c", &line]).env("CLAUDE_PROJECT_DIR", &project).env("CLAUDE_ENV_FILE", &env_file);
        let members = format!(r#""source":"{source}","cwd":"/""#);
        run_with_input(&mut command, payload(session, "SessionStart", &members)).assert_success();
    };
    run_start_hook("s", "startup");
    let log = sandbox.daemons_dir().join("prints.s.log");
    wait_for("the output of the daemon", || file_contains(&log, "done\n"));
    let text = fs::read_to_string(&log).unwrap();
    let lines =
        ["CLAUDE_SESSION_ID=s", &format!("CLAUDE_PROJECT_DIR={}", project.display()), "COLOUR=red and \"green\""];
    for line in lines.iter().copied().chain([project.join("sub").to_str().unwrap()]) {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(!text.contains("CLAUDE_ENV_FILE"), "{text}");
    // Descriptors 0, 1 and 2, and the directory that `ls` itself reads.
    let open: Vec<_> = text.lines().filter(|line| line.starts_with("fd: l")).collect();
    assert_eq!(open.len(), 4, "{text}");
    assert!(open[0].contains("/dev/null") && open[1].contains("pipe:") && open[2].contains("pipe:"), "{text}");
    // The supervisor has no other descriptor of the hook either.
    let supervisor_fds = format!("/proc/{}/fd", sandbox.supervisor_pid("s"));
    let targets: Vec<_> = fs::read_dir(supervisor_fds)
        .unwrap()
        .map(|fd| fs::read_link(fd.unwrap().path()).unwrap().display().to_string())
        .collect();
    assert!(targets.iter().all(|target| !target.contains("hostname")), "{targets:?}");
    // The id is exported once, however often the hook runs, and again for another session.
    run_start_hook("s", "compact");
    run_start_hook("s", "resume");
    assert_eq!(fs::read_to_string(&env_file).unwrap(), "export OTHER=1\nexport CLAUDE_SESSION_ID=s\n");
    run_start_hook("t", "clear");
    assert!(fs::read_to_string(&env_file).unwrap().ends_with("=s\nexport CLAUDE_SESSION_ID=t\n"));
    let source = format!(". {} && echo $CLAUDE_SESSION_ID", env_file.display());
    assert_eq!(run_with_input(sandbox.command("sh").args(["-c", &source]), "").stdout, "t\n");
    // Of a long file, only the last lines are read.
    fs::write(&env_file, format!("export CLAUDE_SESSION_ID=s\n{}", "# and more\n".repeat(200_000))).unwrap();
    run_start_hook("t", "resume");
    let text = fs::read_to_string(&env_file).unwrap();
    assert!(text.ends_with("# and more\nexport CLAUDE_SESSION_ID=t\n"));
    run_start_hook("t", "compact");
    assert!(fs::read_to_string(&env_file).unwrap() == text);
}

#[test]
fn the_pipes_of_the_hook_are_closed_when_the_hook_ends() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    // Descriptor 9 is the standard output once more. A process that inherits either of them keeps the pipe open.
    let line = format!("exec {} daemons start --session s 9>&1", executable_path("sessions").display());
    let mut child = sandbox.piped_command("sh").args(["-c", &line]).stdin(Stdio::null()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        err.read_to_string(&mut text).unwrap();
        sender.send(text).unwrap();
    });
    assert!(child.wait().unwrap().success());
    assert_eq!(receiver.recv_timeout(Duration::from_secs(10)).expect("the end of both pipes"), "");
    sandbox.wait_for_running(12);
}

#[test]
fn a_log_holds_the_end_of_a_long_output() {
    let print_lines =
        "i=0; while [ $i -lt 60000 ]; do echo \"line $i of very very many that are printed\"; i=$((i+1)); done";
    let sandbox = DaemonSandbox::new(&[shell_daemon("prints", &format!("{print_lines}; exec sleep 1000"))]);
    let _cli = sandbox.start_session("s");
    let log = sandbox.daemons_dir().join("prints.s.log");
    wait_for("the last line", || file_contains(&log, "line 59999 of"));
    let older = sandbox.daemons_dir().join("prints.s.log.1");
    let file_len = |path| fs::metadata(path).unwrap().len();
    assert!(file_len(&log) + file_len(&older) <= (1 << 20) + (32 << 10));
    let (older_text, text) = (fs::read_to_string(&older).unwrap(), fs::read_to_string(&log).unwrap());
    let lines: Vec<_> = older_text.lines().chain(text.lines()).collect();
    assert!(lines.len() > 10_000, "{}", lines.len());
    for path in [&log, &older] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
