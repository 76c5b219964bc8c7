//! WSL, with a stand-in for its Linux and for a drive of Windows. WSL itself was never used.

mod windows_computer;

use fs_err as fs;
use serde_json::Value;
use session_signals_protocol::EVENT_RULES;

use crate::sandbox::executable_path;
use crate::serve::server::Server;
use windows_computer::WindowsComputer;

/// The part of the message that says how to keep permissions on a drive of Windows.
const METADATA: &str = "write the line `options = \"metadata\"` below `[automount]` in /etc/wsl.conf";

fn parse(path: &std::path::Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
#[ignore = "needs root, bindfs, ntfs-3g, nsenter and unshare"]
fn in_the_home_of_linux_all_is_as_on_linux() {
    let computer = WindowsComputer::start("000");
    let installed = computer.run("hooks", &["install"], None);
    assert_eq!((installed.code, &*installed.stderr), (Some(0), ""), "{}", installed.stdout);
    assert!(installed.stdout.contains("for Claude Code 2."), "{}", installed.stdout);
    let settings = computer.installation().parse_settings();
    for rule in &EVENT_RULES {
        computer.run_registered(&settings, rule.event, None).assert_success();
    }
    let listed = computer.run("sessions", &["--all", "--json"], None);
    assert!(listed.stdout.contains(r#""sessionId":"session""#), "{listed:?}");
    let checked = computer.run("hooks", &["doctor"], None);
    assert!(checked.code == Some(0) && checked.stdout.contains("healthy: "), "{checked:?}");
    assert_eq!(computer.run("hooks", &["uninstall"], None).code, Some(0));
    assert!(!computer.installation().settings_path().exists());
}

#[test]
#[ignore = "needs root, bindfs, ntfs-3g, nsenter and unshare"]
fn a_claude_code_of_windows_is_not_taken_for_one_of_linux() {
    let computer = WindowsComputer::start("077");
    computer.remove_claude();
    let installed = computer.run("hooks", &["install"], None);
    assert_eq!(installed.code, Some(0), "{installed:?}");
    assert!(installed.stderr.contains("claude is a program of Windows"), "{installed:?}");
    // It cannot start the hooks, so its own configuration is left alone.
    let config = computer.windows_config();
    let refused = computer.run("hooks", &["install"], Some(&config));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("Claude Code of Windows cannot start these hooks"), "{refused:?}");
    assert!(!computer.seen(&config).exists());
}

#[test]
#[ignore = "needs root, bindfs, ntfs-3g, nsenter and unshare"]
fn the_configuration_may_lie_on_a_drive_of_windows_that_is_yours_alone() {
    let computer = WindowsComputer::start("077");
    let config = computer.windows_config();
    let before = "{\n  \"model\": \"opus\"\n}\n";
    fs::create_dir_all(computer.seen(&config)).unwrap();
    fs::write(computer.seen(&config.join("settings.json")), before).unwrap();
    for _ in 0..2 {
        let installed = computer.run("hooks", &["install"], Some(&config));
        assert_eq!(installed.code, Some(0), "{installed:?}");
        assert!(installed.stderr.contains("lies on a drive of Windows"), "{installed:?}");
        assert_eq!(installed.stderr.lines().count(), 1, "{installed:?}");
    }
    let again = computer.run("hooks", &["install", "--json"], Some(&config));
    assert!(again.stdout.contains(r#""outcome": "unchanged""#), "{}", again.stdout);
    let settings = parse(&computer.seen(&config.join("settings.json")));
    let mut serve = computer.command(executable_path("sessions"), Some(&config));
    serve.args(["serve", "--port", "0"]).stdout(std::process::Stdio::piped());
    let server = Server::spawn(computer.installation().sandbox(), serve);
    for rule in &EVENT_RULES {
        computer.run_registered(&settings, rule.event, Some(&config)).assert_success();
    }
    server.wait_for_state("session", "ended ended");
    computer.run_registered(&settings, "UserPromptSubmit", Some(&config)).assert_success();
    server.wait_for_state("session", "working working");
    let listed = computer.run("sessions", &["--json"], Some(&config));
    assert!(listed.stdout.contains(r#""state":"working""#), "{listed:?}");
    let checked = computer.run("hooks", &["doctor"], Some(&config));
    assert!(checked.code == Some(0) && checked.stdout.contains("healthy: "), "{checked:?}");
    drop(server);
    let removed = computer.run("hooks", &["uninstall"], Some(&config));
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!(fs::read_to_string(computer.seen(&config.join("settings.json"))).unwrap(), before);
    let mut left: Vec<_> =
        fs::read_dir(computer.seen(&config)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    // The server may have written the ids of its sessions, too.
    left.retain(|name| name != "session-stream");
    assert_eq!(left, ["backups", "session-signals", "settings.json"]);
}

#[test]
#[ignore = "needs root, bindfs, ntfs-3g, nsenter and unshare"]
fn a_drive_that_keeps_no_permissions_is_refused_with_the_way_out() {
    let computer = WindowsComputer::start("000");
    let config = computer.windows_config();
    for arguments in [&["install"][..], &["install", "--dry-run"]] {
        let refused = computer.run("hooks", arguments, Some(&config));
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.stderr.contains("keeps no permissions") && refused.stderr.contains(METADATA), "{refused:?}");
        assert!(!computer.seen(&config).exists());
    }
    // A hook that runs there all the same refuses, too.
    let hook = computer.installation().write_file("payload", r#"{"session_id":"s","hook_event_name":"Stop"}"#);
    let mut command = computer.command(executable_path("hook-stop"), Some(&config));
    let outcome: crate::sandbox::Outcome =
        command.stdin(fs::File::open(hook).unwrap().into_file()).output().unwrap().into();
    outcome.assert_failure("others may write to it");
}

/// The home is of Linux, and the project of a team lies on the drive: that is common in WSL.
#[test]
#[ignore = "needs root, bindfs, ntfs-3g, nsenter and unshare"]
fn a_project_may_lie_on_a_drive_that_keeps_no_permissions() {
    let computer = WindowsComputer::start("000");
    let project = computer.windows_config().with_file_name("project");
    let settings = project.join(".claude/settings.json");
    fs::create_dir_all(computer.seen(settings.parent().unwrap())).unwrap();
    let before = "{\n  \"model\": \"opus\"\n}\n";
    fs::write(computer.seen(&settings), before).unwrap();
    let run = |command: &str| {
        let mut shell = computer.command("sh", None);
        let line = format!(
            "cd '{}' && exec '{}' {command} --scope project",
            project.display(),
            executable_path("hooks").display()
        );
        let outcome: crate::sandbox::Outcome = shell.args(["-c", &line]).output().unwrap().into();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        // The replaced file stays for a while, because nobody can tell who has it open. It is not taken for other settings.
        assert!(!outcome.stderr.contains("was killed"), "{outcome:?}");
    };
    run("install");
    assert!(parse(&computer.seen(&settings))["hooks"]["Stop"].is_array());
    run("uninstall");
    assert_eq!(fs::read_to_string(computer.seen(&settings)).unwrap(), before);
}
