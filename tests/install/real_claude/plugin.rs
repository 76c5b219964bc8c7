//! The real CLI with the plugin: the one that `hooks install --plugin` lays down, and the stand-alone one.

use std::path::Path;

use fs_err as fs;
use serde_json::{Value, json};

use super::super::installation::Installation;
use super::super::stand_alone_plugin::make_plugin;
use super::print_claude;
use crate::real_cli;
use crate::sandbox::{executable_path, write_script};

/// A CLI that runs the hooks of the plugin and has no modules.
const CLI_WITHOUT_MODULES: &str = "2.1.197";

/// Makes a home with this version of the CLI. A hook of another program blocks the first Stop of a session.
fn with_cli(version: &str) -> Installation {
    let installation = Installation::new();
    installation.set_claude(&format!("exec {} \"$@\"", real_cli::claude_command(version)));
    installation.write_script("bin/block", "[ -e ~/blocked ] || { : >~/blocked; echo 'Go on' >&2; exit 2; }");
    let block = [json!({ "hooks": [{ "type": "command", "command": installation.path("bin/block") }] })];
    installation.write_file(".claude/settings.json", &json!({ "hooks": { "Stop": block } }).to_string());
    installation
}

/// Lets the executable of the module note what it is told.
fn note_module_events(directory: &Path) {
    let executable = directory.join("hook-mod");
    fs::rename(&executable, directory.join("noted")).unwrap();
    write_script(&executable, &format!("tee -a ~/told | {}", quote(&directory.join("noted"))));
}

fn quote(path: &Path) -> String {
    format!("'{}'", path.display())
}

/// Runs `hooks` with these arguments; returns the exit code and what it printed.
fn run_hooks(installation: &Installation, arguments: &[&str]) -> (Option<i32>, String) {
    let result = super::run_hooks(installation, arguments);
    (result.code, result.stdout + &result.stderr)
}

/// Runs a session in which a tool reads the signal of the turn. Checks this signal, the signal of the end, and the events that the
/// module told.
#[track_caller]
fn check_session(installation: &Installation, options: &[&str], expected: &[&str]) {
    for name in ["blocked", "told", ".claude/session-signals"] {
        let path = installation.path(name);
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
    let prompt = "bash cat $HOME/.claude/session-signals/*.working.json > $HOME/seen";
    print_claude(installation, &[options, &["-p", "--allowedTools", "Bash", "--", prompt]].concat());
    assert!(installation.path("blocked").exists());
    let working: Value = serde_json::from_str(&installation.read_file("seen")).unwrap();
    assert_eq!((&working["hook_event_name"], &working["prompt"]), (&"UserPromptSubmit".into(), &prompt.into()));
    let ended = format!("{}.ended.json", working["session_id"].as_str().unwrap());
    assert_eq!(installation.sandbox().list_signal_dir(), [ended]);
    let told = || {
        let told = fs::read_to_string(installation.path("told")).unwrap_or_default();
        let events = serde_json::Deserializer::from_str(&told).into_iter::<Value>().filter_map(Result::ok);
        events.map(|event| event["hook_event_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The CLI does not wait for the executable of the module.
    real_cli::becomes_true(|| told().len() >= expected.len());
    assert_eq!(told(), expected);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_session_with_the_plugin_publishes() {
    let version = real_cli::newest_version();
    for name in ["plugin", "it's \"two\" $words"] {
        let installation = with_cli(version);
        let folder = make_plugin(&installation, name);
        let validated = print_claude(&installation, &["plugin", "validate", "--strict", folder.to_str().unwrap()]);
        assert!(validated.contains("Validation passed"), "{validated}");
        if !name.contains('\'') {
            note_module_events(&folder.join("bin"));
        }
        let expected = if name.contains('\'') { &[][..] } else { &["StopBlocked"] };
        check_session(&installation, &["--plugin-dir", folder.to_str().unwrap()], expected);
    }
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_cli_without_modules_runs_the_hooks_of_the_plugin() {
    let installation = with_cli(CLI_WITHOUT_MODULES);
    let folder = make_plugin(&installation, "plugin");
    note_module_events(&folder.join("bin"));
    check_session(&installation, &["--plugin-dir", folder.to_str().unwrap()], &[]);
}

/// One event that this CLI does not know makes it ignore all hooks of the plugin.
#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn an_older_cli_works_without_the_hooks_of_the_plugin() {
    let installation = with_cli(real_cli::VERSIONS[1]);
    let folder = make_plugin(&installation, "plugin");
    let output = print_claude(&installation, &["--plugin-dir", folder.to_str().unwrap(), "-p", "hi"]);
    assert_eq!(output.trim(), "ok");
    assert!(!installation.path(".claude/session-signals").exists());
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_local_marketplace_installs_the_plugin_and_hooks_stays_away() {
    let installation = with_cli(real_cli::newest_version());
    let before = installation.parse_settings();
    let folder = make_plugin(&installation, "plugin");
    note_module_events(&folder.join("bin"));
    print_claude(&installation, &["plugin", "marketplace", "add", folder.to_str().unwrap()]);
    print_claude(&installation, &["plugin", "install", "session-signals@session-signals"]);
    check_session(&installation, &[], &["StopBlocked"]);
    let settings = installation.read_file(".claude/settings.json");
    let (code, output) = run_hooks(&installation, &["install", "--plugin"]);
    let expected = "the plugin session-signals@session-signals is enabled in ~/.claude/settings.json";
    assert!(code == Some(1) && output.contains(expected), "{output}");
    assert_eq!(installation.read_file(".claude/settings.json"), settings);
    let (code, output) = run_hooks(&installation, &["doctor"]);
    assert!(code == Some(0) && output.contains(expected), "{output}");
    // The command that the refusal names clears the way.
    print_claude(&installation, &["plugin", "uninstall", "session-signals@session-signals"]);
    print_claude(&installation, &["plugin", "marketplace", "remove", "session-signals"]);
    assert_eq!(installation.parse_settings()["hooks"], before["hooks"]);
    let (code, output) = run_hooks(&installation, &["install", "--plugin"]);
    assert_eq!(code, Some(0), "{output}");
    note_module_events(&installation.path(".claude/hooks/session-signals"));
    check_session(&installation, &[], &["StopBlocked"]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_session_loads_the_plugin_that_hooks_installed() {
    let installation = with_cli(real_cli::newest_version());
    let (code, output) = run_hooks(&installation, &["install", "--plugin"]);
    assert_eq!(code, Some(0), "{output}");
    let directory = installation.path(".claude/hooks/session-signals");
    let validated = print_claude(&installation, &["plugin", "list", "--json"]);
    let plugins: Value = serde_json::from_str(&validated).unwrap();
    let [plugin] = &plugins.as_array().unwrap()[..] else { panic!("{plugins}") };
    assert_eq!((&plugin["id"], &plugin["enabled"]), (&"session-signals@skills-dir".into(), &true.into()));
    assert_eq!((&plugin["version"], &plugin["errors"]), (&env!("CARGO_PKG_VERSION").into(), &Value::Null));
    note_module_events(&directory);
    check_session(&installation, &[], &["StopBlocked"]);
    // The user turns it off, and on again.
    let command = |word| print_claude(&installation, &["plugin", word, "session-signals@skills-dir"]);
    command("disable");
    check_session(&installation, &[], &[]);
    assert!(run_hooks(&installation, &["doctor"]).1.contains("plugin-not-loaded: the plugin is turned off in"));
    command("enable");
    check_session(&installation, &[], &["StopBlocked"]);
    fs::rename(directory.join("noted"), directory.join("hook-mod")).unwrap();
    let (code, output) = run_hooks(&installation, &["doctor"]);
    assert_eq!(code, Some(0), "{output}");
    let (code, output) = run_hooks(&installation, &["uninstall"]);
    assert_eq!(code, Some(0), "{output}");
    assert!(!installation.path(".claude/skills").exists() && !directory.exists());
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_session_goes_on_while_hooks_are_uninstalled() {
    let installation = with_cli(real_cli::newest_version());
    let (code, output) = run_hooks(&installation, &["install", "--plugin"]);
    assert_eq!(code, Some(0), "{output}");
    let uninstall = format!("bash {} uninstall ~> bash echo on > $HOME/seen", executable_path("hooks").display());
    let output = print_claude(&installation, &["-p", "--allowedTools", "Bash", "--", &uninstall]);
    // The other hook blocks the first Stop, and the model answers once more.
    assert_eq!((output.trim(), &*installation.read_file("seen")), ("ok", "on\n"));
    assert!(installation.path("blocked").exists());
    assert!(!installation.path(".claude/skills").exists() && !installation.path(".claude/hooks").exists());
}
