//! The signal directory: where it is, and when it is made or changed.

use crate::hooks::steps::{AGENT, AGENTS_BASH, BASH, run_steps};
use crate::sandbox::{Sandbox, executable_path, payload, run_with_input};

#[test]
fn an_event_with_nothing_to_resolve_makes_no_directory() {
    let sandbox = Sandbox::new();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.run_hook("s", event, AGENT).assert_success();
    }
    assert!(!sandbox.home().join(".claude").exists());
}

#[test]
fn the_environment_names_the_configuration_directory() {
    let sandbox = Sandbox::new();
    let config_dir = sandbox.home().join("elsewhere");
    let run_hook = |config_dir| {
        let mut command = sandbox.command(executable_path("hook-stop"));
        run_with_input(command.env("CLAUDE_CONFIG_DIR", config_dir), payload("s", "Stop", "")).assert_success();
    };
    run_hook(config_dir.to_str().unwrap());
    assert!(config_dir.join("session-signals/s.stop.json").is_file());
    assert!(!sandbox.signal_dir().exists());
    run_hook("");
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
fn an_event_that_changes_nothing_does_not_touch_the_directory() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let modified = || {
        let signal_dir = fs_err::metadata(sandbox.signal_dir()).unwrap();
        (
            signal_dir.modified().unwrap(),
            fs_err::metadata(sandbox.signal_path("s", "working")).unwrap().modified().unwrap(),
        )
    };
    let before = modified();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.run_hook("s", event, AGENTS_BASH).assert_success();
        assert_eq!(modified(), before, "{event}: a program that watches the directory is notified for nothing");
    }
}

#[test]
fn hooks_work_while_another_process_keeps_the_lock() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let signal_dir = fs_err::File::open(sandbox.signal_dir()).unwrap();
    signal_dir.file().try_lock().unwrap();
    run_steps(&sandbox, &[("PermissionRequest", BASH, "working permission(Bash)"), ("Stop", "", "stop")]);
}
