//! `sessions daemons` with the real CLI: the start of a session, its tools, `/clear`, and SIGKILL.

use std::collections::BTreeMap;
use std::path::Path;

use fs_err as fs;
use serde_json::json;

use super::cli_home::{create_cli_home, install_hooks};
use super::expected_state::is_alive;
use super::terminal::Terminal;
use super::{becomes_true, claude_command, newest_version};
use crate::sandbox::write_script;

/// Reads the PID files of the daemons called `watch`. Returns the PIDs by the sessions; `None` for a file without a PID.
pub fn read_watch_pids(directory: &Path) -> BTreeMap<String, Option<u32>> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let read_pid = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        let session = name.strip_prefix(".watch.")?.strip_suffix(".pid")?.to_owned();
        Some((session, std::fs::read_to_string(entry.path()).ok().and_then(|pid| pid.trim_end().parse().ok())))
    };
    entries.filter_map(read_pid).collect()
}

/// Returns the only session that has daemons, and the PID of its daemon.
fn find_daemon(directory: &Path) -> Option<(String, u32)> {
    let mut pids = read_watch_pids(directory).into_iter();
    let (session, pid) = pids.next()?;
    pids.next().is_none().then_some((session, pid?))
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn daemons_start_and_end_with_a_session_of_the_real_cli() {
    let version = newest_version();
    let sandbox = create_cli_home(version);
    let path = |name: &str| sandbox.home().join(name);
    let config = json!({"daemons": [{"name": "watch", "command": "/bin/sh", "args": ["-c", "pwd; exec sleep 1000"]}]});
    fs::write(path(".claude/session-daemons.json"), config.to_string()).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path(".claude/session-daemons.json"), private).unwrap();
    install_hooks(&sandbox, &["install", "--daemons"]);
    // A command that the settings allow. It writes the session id that the session's tools have.
    write_script(&path("bin/free-gate"), "echo $CLAUDE_SESSION_ID >~/id.new && mv ~/id.new ~/id");

    let terminal = Terminal::start(sandbox.home(), &path("bin"));
    let cli = terminal.run(&path("project"), &format!("exec {} --permission-mode default", claude_command(version)));
    let directory = path(".claude/session-daemons");
    let find_running = || find_daemon(&directory).filter(|(_, pid)| is_alive(*pid));
    assert!(becomes_true(|| find_running().is_some()), "no daemon\n{}", terminal.screen());
    let (first, daemon) = find_running().unwrap();
    let log = directory.join(format!("watch.{first}.log"));
    let project = format!("{}\n", path("project").canonicalize().unwrap().display());
    assert!(becomes_true(|| fs::read_to_string(&log).is_ok_and(|text| text == project)));
    let read_id = || fs::read_to_string(path("id")).unwrap_or_default();
    assert!(becomes_true(|| terminal.screen().contains("❯")), "{}", terminal.screen());
    terminal.type_prompt("bash ~/bin/free-gate first");
    assert!(becomes_true(|| read_id().trim_end() == first), "{first}: {:?}\n{}", read_id(), terminal.screen());

    terminal.type_prompt("/clear");
    let has_changed = || find_running().is_some_and(|(session, _)| session != first);
    assert!(becomes_true(has_changed), "{:?}\n{}", find_daemon(&directory), terminal.screen());
    let (second, second_daemon) = find_running().unwrap();
    assert!(!is_alive(daemon));
    terminal.type_prompt("bash ~/bin/free-gate second");
    assert!(becomes_true(|| read_id().trim_end() == second), "{second}: {:?}\n{}", read_id(), terminal.screen());

    let killed = std::process::Command::new("kill").args(["-KILL", &cli.to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(becomes_true(|| !is_alive(second_daemon) && fs::read_dir(&directory).unwrap().next().is_none()));
    assert_eq!(sandbox.describe_signals(&second), "ended");
}
