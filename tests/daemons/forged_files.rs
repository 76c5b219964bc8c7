//! PID files, state files and locks that another program has written. No process of another program may be signalled.

use std::os::unix::fs::symlink;
use std::process::Command;

use fs_err as fs;
use serde_json::json;

use super::daemon_sandbox::{DaemonSandbox, is_alive, sleeping_daemon, wait_for};
use crate::sandbox::SleepingProcess;

/// The daemons. Each is named after what is wrong with its PID file.
const NAMES: [&str; 9] = ["link", "folder", "fifo", "empty", "large", "one", "minus", "unrelated", "fine"];

/// Writes a PID file for each daemon of [`NAMES`] but the last, each of them wrong in another way.
fn write_wrong_pid_files(sandbox: &DaemonSandbox, session: &str, unrelated: u32) {
    fs::create_dir_all(sandbox.daemons_dir()).unwrap();
    let file = |name: &str| sandbox.daemons_dir().join(format!(".{name}.{session}.pid"));
    fs::write(sandbox.path("target"), unrelated.to_string()).unwrap();
    symlink(sandbox.path("target"), file("link")).unwrap();
    fs::create_dir(file("folder")).unwrap();
    fs::write(file("folder").join("mine"), "").unwrap();
    assert!(Command::new("mkfifo").arg(file("fifo")).status().unwrap().success());
    fs::write(file("empty"), "").unwrap();
    fs::File::create(file("large")).unwrap().set_len(1 << 30).unwrap();
    fs::write(file("one"), "1").unwrap();
    fs::write(file("minus"), "-1").unwrap();
    fs::write(file("unrelated"), format!("{unrelated}\n")).unwrap();
}

#[test]
fn wrong_pid_files_of_a_dead_session_cause_no_signal_to_another_process() {
    let daemons: Vec<_> = NAMES.iter().map(|name| sleeping_daemon(name)).collect();
    let sandbox = DaemonSandbox::new(&daemons);
    let unrelated = SleepingProcess::start();
    for session in ["s", "dead"] {
        write_wrong_pid_files(&sandbox, session, unrelated.pid());
        fs::remove_file(sandbox.path("target")).unwrap();
        // The state that a supervisor would have written, with an unrelated process. Even the start time is right.
        let process = json!({"pid": unrelated.pid(), "start": unrelated.start_time()});
        let row = json!({"name": "unrelated", "status": "running", "process": process, "since": {"secs_since_epoch": 1, "nanos_since_epoch": 0}, "restarts": 0, "log": "/x"});
        let state = json!({"guard": process, "claude": null, "ending": false, "daemons": [row]});
        fs::write(sandbox.state_path(session), state.to_string()).unwrap();
        fs::write(sandbox.lock_path(session), unrelated.pid().to_string()).unwrap();
    }
    fs::write(sandbox.path("target"), "mine").unwrap();
    sandbox.create_daemons_dir();
    sandbox.run_subcommand(&["stop", "--session", "dead"]).assert_success();
    assert_eq!(
        sandbox.list_files().iter().filter(|name| name.contains("dead")).collect::<Vec<_>>(),
        [".folder.dead.pid"]
    );
    let mut cli = sandbox.start_session("s");
    // All daemons run. The one whose PID file is a directory has no PID file, and its log tells why.
    sandbox.wait_for_running(NAMES.len());
    for name in NAMES.iter().filter(|name| **name != "folder") {
        let pid = fs::read_to_string(sandbox.daemons_dir().join(format!(".{name}.s.pid"))).unwrap();
        assert!(is_alive(pid.trim_end().parse().unwrap()), "{name}");
        assert!(sandbox.daemons_dir().join(format!(".{name}.s.pid")).symlink_metadata().unwrap().is_file());
    }
    assert!(fs::read_to_string(sandbox.daemons_dir().join("folder.s.log")).unwrap().contains(".folder.s.pid: "));
    cli.run_end_hook("other").assert_success();
    sandbox.wait_for_running(0);
    assert!(is_alive(unrelated.pid()));
    assert_eq!(fs::read_to_string(sandbox.path("target")).unwrap(), "mine");
    assert!(sandbox.daemons_dir().join(".folder.s.pid/mine").exists());
}

/// Every program of this user can write any state and hold any lock.
#[test]
fn a_forged_state_beside_a_held_lock_causes_no_signal_to_another_process() {
    let sandbox = DaemonSandbox::new(&[]);
    let unrelated = SleepingProcess::start();
    sandbox.create_daemons_dir();
    let lock = fs::File::create(sandbox.lock_path("s")).unwrap();
    lock.file().lock().unwrap();
    let process = json!({"pid": unrelated.pid(), "start": unrelated.start_time()});
    let since = json!({"secs_since_epoch": 1, "nanos_since_epoch": 0});
    let row = |name: &str| json!({"name": name, "status": "running", "process": process, "since": since, "restarts": 0, "log": "/etc/passwd"});
    let rows = [row("forged"), row("../../../etc/passwd")];
    let state = json!({"guard": process, "claude": null, "ending": false, "daemons": rows});
    fs::write(sandbox.state_path("s"), state.to_string()).unwrap();
    let listed = sandbox.run_subcommand(&["list", "--json"]);
    let lines: Vec<serde_json::Value> = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["state"], &lines[0]["pid"]), (&json!("lost"), &json!(null)));
    let log = sandbox.daemons_dir().canonicalize().unwrap().join("forged.s.log");
    assert_eq!(lines[0]["log"].as_str(), log.to_str());
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_failure("is still locked by another process");
    assert!(is_alive(unrelated.pid()));
    // A state file that others may write to is not trusted, and the error names it.
    let path = sandbox.state_path("s");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    assert_eq!(sandbox.run_subcommand(&["list", "--json"]).stdout, "[]\n");
    let message = format!("{} is not yours alone", path.canonicalize().unwrap().display());
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_failure(&message);
    assert!(is_alive(unrelated.pid()));
}

/// A row with an unrelated process, in the state file of a living supervisor.
#[test]
fn a_forged_row_of_a_living_supervisor_is_not_listed_as_running() {
    let sandbox = DaemonSandbox::new(&[sleeping_daemon("real")]);
    let unrelated = SleepingProcess::start();
    let _cli = sandbox.start_session("s");
    sandbox.wait_for_running(1);
    let path = sandbox.state_path("s");
    let mut state: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut row = state["daemons"][0].clone();
    row["name"] = "forged".into();
    row["process"] = json!({"pid": unrelated.pid(), "start": unrelated.start_time()});
    state["daemons"].as_array_mut().unwrap().push(row);
    fs::write(&path, state.to_string()).unwrap();
    let real = sandbox.find_line("s", "real");
    assert_eq!(real["pid"].as_u64(), Some(sandbox.read_pids("s")["real"].into()));
    let forged = sandbox.find_line("s", "forged");
    assert_eq!(
        (&forged["pid"], &forged["state"], &forged["uptimeSeconds"]),
        (&json!(null), &json!("lost"), &json!(null))
    );
}

/// Root can see the standard input of every process. A process of another user is still not accepted as a supervisor of root's.
#[test]
#[ignore = "privileged: needs root"]
fn privileged_a_process_of_another_user_is_not_accepted_as_a_supervisor() {
    let sandbox = DaemonSandbox::new(&[]);
    sandbox.create_daemons_dir();
    let lock = fs::File::create(sandbox.lock_path("s")).unwrap().into_file();
    lock.lock().unwrap();
    // The session's lock is its standard input, as it is for a supervisor.
    let mut sleep = Command::new("setpriv");
    sleep.args(["--reuid=12345", "--regid=12345", "--clear-groups", "sleep", "1000"]).stdin(lock);
    let unrelated = SleepingProcess::start_by(&mut sleep);
    wait_for("the program of the other user", || {
        fs::read_to_string(format!("/proc/{}/comm", unrelated.pid())).is_ok_and(|name| name == "sleep\n")
    });
    let process = json!({"pid": unrelated.pid(), "start": unrelated.start_time()});
    let state = json!({"guard": process, "claude": null, "ending": false, "daemons": []});
    fs::write(sandbox.state_path("s"), state.to_string()).unwrap();
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_failure("is still locked by another process");
    assert!(is_alive(unrelated.pid()));
}

#[test]
fn pid_files_that_change_while_daemons_run_cause_no_signal_to_another_process() {
    let daemons: Vec<_> = NAMES
        .iter()
        .map(|name| json!({"name": name, "command": "/bin/sleep", "args": ["1000"], "restart": "always"}))
        .collect();
    let sandbox = DaemonSandbox::new(&daemons);
    let unrelated = SleepingProcess::start();
    let mut cli = sandbox.start_session("s");
    for name in sandbox.list_files().iter().filter(|name| name.strip_suffix(".pid").is_some()) {
        fs::remove_file(sandbox.daemons_dir().join(name)).unwrap();
    }
    write_wrong_pid_files(&sandbox, "s", unrelated.pid());
    cli.run_end_hook("other").assert_success();
    assert_eq!((sandbox.running_pids(), sandbox.list_files()), (vec![], vec![".folder.s.pid".to_owned()]));
    assert!(is_alive(unrelated.pid()));
    assert_eq!(fs::read_to_string(sandbox.path("target")).unwrap(), unrelated.pid().to_string());
}

#[test]
fn a_lock_that_is_no_regular_file_is_reported() {
    let sandbox = DaemonSandbox::new(&[]);
    sandbox.create_daemons_dir();
    let lock = sandbox.lock_path("s");
    fs::create_dir(&lock).unwrap();
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_failure(".s.lock: ");
    fs::remove_dir(&lock).unwrap();
    fs::write(sandbox.path("target"), "mine").unwrap();
    symlink(sandbox.path("target"), &lock).unwrap();
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_failure(".s.lock: ");
    // Other sessions are not affected.
    sandbox.run_subcommand(&["start", "--session", "t"]).assert_success();
    assert_eq!(sandbox.list_files(), [".s.lock", ".t.lock", ".t.state.json"]);
    assert_eq!(fs::read_to_string(sandbox.path("target")).unwrap(), "mine");
}
