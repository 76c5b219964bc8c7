//! The launchd agent. A script takes the place of `launchctl`: the real one is on macOS alone.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use fs_err as fs;

use super::launchd::{self, launchd_service};
use super::service_file::ServiceFile;
use super::systemd;

/// What `launchctl print` prints of an agent, with this state.
fn printed(state: &str) -> String {
    format!(
        "gui/501/session-signals.serve = {{\n\tactive count = 1\n\tpath = /Users/x/Library/LaunchAgents/session-signals.serve.plist\n\
         \ttype = LaunchAgent\n\tstate = {state}\n\n\tprogram = /Users/x/sessions\n\truns = 3\n\tlast exit code = 1\n\n\
         \tevent triggers = {{\n\t\tstate = active\n\t}}\n}}\n"
    )
}

/// Runs the commands one after the other until one fails. `launchctl` is a script, which notes its arguments.
fn run_all(directory: &Path, commands: &[Vec<String>], launchctl: &str) -> (Option<Output>, String) {
    let program = directory.join("launchctl");
    let calls = directory.join("calls");
    fs::write(&calls, "").unwrap();
    fs::write(&program, format!("#!/bin/sh\necho \"$@\" >>'{}'\n{launchctl}\n", calls.display())).unwrap();
    fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", directory.display());
    let run = |words: &Vec<String>| Command::new(&words[0]).args(&words[1..]).env("PATH", &path).output().unwrap();
    let failed = commands.iter().map(run).find(|output| !output.status.success());
    (failed, fs::read_to_string(calls).unwrap())
}

fn service(config: Option<&str>) -> ServiceFile {
    launchd_service(Path::new("/Users/x"), "/Users/x/a & b/sessions", config, 501, "")
}

#[test]
fn the_agent_starts_the_server_with_a_path_on_which_tmux_is() {
    let service = service(Some("/Users/x/<c>"));
    assert_eq!(service.file, Path::new("/Users/x/Library/LaunchAgents/session-signals.serve.plist"));
    for line in [
        "\t<array><string>/Users/x/a &amp; b/sessions</string><string>serve</string></array>\n",
        "\t<dict><key>PATH</key><string>/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin</string>\
         <key>CLAUDE_CONFIG_DIR</key><string>/Users/x/&lt;c&gt;</string></dict>\n",
        "\t<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>\n",
    ] {
        assert!(service.text.contains(line), "{}", service.text);
    }
    assert!(service.text.contains(&service.starts));
    for tag in ["dict", "array", "key", "string", "plist"] {
        let count = |end: &str| service.text.matches(end).count();
        let opened = count(&format!("<{tag}>")) + count(&format!("<{tag} "));
        assert_eq!(opened, count(&format!("</{tag}>")), "{tag}: {}", service.text);
    }
}

#[test]
fn the_agent_is_unloaded_and_enabled_before_it_is_loaded() {
    let directory = tempfile::tempdir().unwrap();
    let target = "gui/501/session-signals.serve";
    let plist = "/Users/x/Library/LaunchAgents/session-signals.serve.plist";
    // The agent is not loaded: `bootout` and `print` fail.
    let absent = "case $1 in bootout|print) exit 3;; esac";
    let (failed, calls) = run_all(directory.path(), &service(None).start, absent);
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(calls, format!("bootout {target}\nprint {target}\nenable {target}\nbootstrap gui/501 {plist}\n"));
    // launchd is still busy with the old agent.
    let busy = "case $1 in print) exit 3;; bootstrap) [ $(grep -c bootstrap \"$(dirname $0)/calls\") -gt 2 ];; esac";
    let (failed, calls) = run_all(directory.path(), &service(None).start, busy);
    assert!(failed.is_none() && calls.matches("bootstrap").count() == 3, "{calls}");
}

#[test]
fn an_agent_that_is_not_loaded_is_stopped_and_one_that_stays_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let (failed, _) = run_all(directory.path(), &service(None).stop, "exit 3");
    assert!(failed.is_none(), "{failed:?}");
    // `bootout` may return before the agent is unloaded, and says that with an error.
    let slow = "case $1 in bootout) exit 36;; print) [ $(grep -c print \"$(dirname $0)/calls\") -lt 3 ];; esac";
    let (failed, calls) = run_all(directory.path(), &service(None).stop, slow);
    assert!(failed.is_none() && calls.matches("print").count() == 3, "{failed:?} {calls}");
    let stays = "[ $1 != bootout ] || { echo 'Boot-out failed: 5: Input/output error' >&2; exit 5; }";
    let (failed, _) = run_all(directory.path(), &service(None).stop, stays);
    assert!(String::from_utf8(failed.unwrap().stderr).unwrap().contains("Boot-out failed: 5"));
}

#[test]
fn an_agent_that_launchd_waits_to_start_again_does_not_run() {
    let find_fault = service(None).find_fault;
    assert_eq!(find_fault(&printed("running")), None);
    for state in ["spawn scheduled", "not running", "exited"] {
        assert_eq!(find_fault(&printed(state)), Some(format!("state = {state}, last exit code = 1")));
    }
    assert_eq!(find_fault("something new"), None, "an unknown text says nothing");
}

#[test]
fn what_was_written_in_a_description_is_read_again() {
    let words = ["--credentials", "/a b/\"c\" \\ 100%%h $HOME $$ <d> &amp;lt; 'e'", "--host", ""].map(str::to_owned);
    assert_eq!(systemd::read_arguments(&format!(" --notify desktop{}", systemd::write_arguments(&words))), words);
    assert_eq!(launchd::read_arguments(&launchd::write_arguments(&words)), words);
    assert_eq!(systemd::read_arguments(" --notify \"cut"), [""; 0]);
}
