//! The signal directory: where it is, and when it is made or changed.

use crate::hooks::steps::{AGENT, AGENTS_BASH, BASH, run_steps};
use crate::sandbox::{Sandbox, executable, outcome, payload};

#[test]
fn an_event_with_nothing_to_resolve_makes_no_directory() {
    let sandbox = Sandbox::new();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.fire("s", event, AGENT).succeeds();
    }
    assert!(!sandbox.home().join(".claude").exists());
}

#[test]
fn the_environment_names_the_configuration_directory() {
    let sandbox = Sandbox::new();
    let config_dir = sandbox.home().join("elsewhere");
    let run_hook = |config_dir| {
        let mut command = sandbox.command(executable("hook-stop"));
        outcome(command.env("CLAUDE_CONFIG_DIR", config_dir), payload("s", "Stop", "")).succeeds();
    };
    run_hook(config_dir.to_str().unwrap());
    assert!(config_dir.join("session-signals/s.stop.json").is_file());
    assert!(!sandbox.spool().exists());
    run_hook("");
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn an_event_that_changes_nothing_does_not_touch_the_directory() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let modified = || {
        let signal_dir = fs_err::metadata(sandbox.spool()).unwrap();
        (signal_dir.modified().unwrap(), fs_err::metadata(sandbox.signal("s", "working")).unwrap().modified().unwrap())
    };
    let before = modified();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.fire("s", event, AGENTS_BASH).succeeds();
        assert_eq!(modified(), before, "{event}: a program that watches the directory is notified for nothing");
    }
}

#[test]
fn hooks_work_while_another_process_keeps_the_lock() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let signal_dir = fs_err::File::open(sandbox.spool()).unwrap();
    signal_dir.file().try_lock().unwrap();
    run_steps(&sandbox, &[("PermissionRequest", BASH, "working permission(Bash)"), ("Stop", "", "stop")]);
}
