//! Daemons of a session of the real CLI: its start, its tools, `/clear`, and a SIGKILL.

use std::path::Path;

use fs_err as fs;
use serde_json::json;

use super::terminal::Terminal;
use super::truth::lives;
use super::{claude, eventually, home, newest_version};
use crate::sandbox::{executable, outcome, write_script};

/// The one set there is: its session, and its daemon's PID.
fn set(directory: &Path) -> Option<(String, u32)> {
    let names = std::fs::read_dir(directory).ok()?.flatten().map(|entry| entry.file_name().into_string().unwrap());
    let sessions: Vec<_> =
        names.filter_map(|name| Some(name.strip_prefix(".watch.")?.strip_suffix(".pid")?.to_owned())).collect();
    let [session] = &sessions[..] else { return None };
    let pid = std::fs::read_to_string(directory.join(format!(".watch.{session}.pid"))).ok()?;
    Some((session.clone(), pid.trim_end().parse().ok()?))
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn they_live_and_die_with_a_session_of_the_real_cli() {
    let version = newest_version();
    let sandbox = home::furnished(version);
    let path = |name: &str| sandbox.home().join(name);
    let config = json!({"daemons": [{"name": "watch", "command": "/bin/sh", "args": ["-c", "pwd; exec sleep 1000"]}]});
    fs::write(path(".claude/session-daemons.json"), config.to_string()).unwrap();
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path(".claude/session-daemons.json"), only_ours).unwrap();
    let search = format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut hooks = sandbox.command(executable("hooks"));
    hooks.env("PATH", search).args(["install", "--daemons"]).current_dir(path("project"));
    let installed = outcome(&mut hooks, "");
    assert_eq!(installed.code, Some(0), "{installed:?}");
    // A command that the settings allow, and that says what the session's tools know.
    write_script(&path("bin/free-gate"), "echo $CLAUDE_SESSION_ID >~/said.new && mv ~/said.new ~/said");

    let terminal = Terminal::start(sandbox.home(), &path("bin"));
    let cli = terminal.run(&path("project"), &format!("exec {} --permission-mode default", claude(version)));
    let directory = path(".claude/session-daemons");
    let begun = || set(&directory).filter(|(_, pid)| lives(*pid));
    assert!(eventually(|| begun().is_some()), "no daemon\n{}", terminal.screen());
    let (first, daemon) = begun().unwrap();
    let log = directory.join(format!("watch.{first}.log"));
    let project = format!("{}\n", path("project").canonicalize().unwrap().display());
    assert!(eventually(|| fs::read_to_string(&log).is_ok_and(|text| text == project)));
    let says = || fs::read_to_string(path("said")).unwrap_or_default();
    assert!(eventually(|| terminal.screen().contains("❯")), "{}", terminal.screen());
    terminal.prompt("bash ~/bin/free-gate first");
    assert!(eventually(|| says().trim_end() == first), "{first}: {:?}\n{}", says(), terminal.screen());

    terminal.prompt("/clear");
    let has_changed = || begun().is_some_and(|(session, _)| session != first);
    assert!(eventually(has_changed), "{:?}\n{}", set(&directory), terminal.screen());
    let (second, other) = begun().unwrap();
    assert!(!lives(daemon));
    terminal.prompt("bash ~/bin/free-gate second");
    assert!(eventually(|| says().trim_end() == second), "{second}: {:?}\n{}", says(), terminal.screen());

    let killed = std::process::Command::new("kill").args(["-KILL", &cli.to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(eventually(|| !lives(other) && fs::read_dir(&directory).unwrap().next().is_none()));
    assert_eq!(sandbox.state(&second), "ended");
}
