//! After `hooks install`, the real CLI publishes signals.

mod plugin;

use serde_json::Value;

use super::installation::Installation;
use crate::real_cli::{self, cli_home};
use crate::sandbox::{Outcome, executable_path, run_with_input};

/// Makes a home with this version of the CLI, and runs `hooks install`.
fn install_with(version: &str) -> Installation {
    install_in_scope(version, "user")
}

/// Makes the same home, and installs in this scope.
fn install_in_scope(version: &str, scope: &str) -> Installation {
    let installation = Installation::new();
    installation.set_claude(&format!("exec {} \"$@\"", real_cli::claude_command(version)));
    let result = run_hooks(&installation, &["install", "--json", "--scope", scope]);
    let report: Value = serde_json::from_str(&result.stdout).unwrap();
    assert_eq!((result.code, &report["claude"]), (Some(0), &version.into()), "{report}");
    installation
}

/// Runs `hooks` with these arguments and the real CLI on PATH.
fn run_hooks(installation: &Installation, arguments: &[&str]) -> Outcome {
    let search = format!("{}:{}", installation.path("bin").display(), std::env::var("PATH").unwrap());
    cli_home::run_until_version_is_known(|| {
        run_with_input(installation.command(&executable_path("hooks")).env("PATH", &search).args(arguments), "")
    })
}

/// Runs `claude` with these arguments; returns what it printed.
#[track_caller]
fn print_claude(installation: &Installation, arguments: &[&str]) -> String {
    let (home, bin) = (installation.path(""), installation.path("bin"));
    let mut claude = real_cli::isolated_command(&home, &bin, &[&["claude"], arguments].concat());
    claude.current_dir(installation.project_dir());
    let result = run_with_input(&mut claude.into(), "");
    assert_eq!(result.code, Some(0), "{result:?}");
    result.stdout
}

/// Runs `claude` with these arguments; returns its answer, and the names in the signal directory afterwards.
fn run_claude(installation: &Installation, arguments: &[&str]) -> (String, Vec<String>) {
    let answer = print_claude(installation, arguments).trim().to_owned();
    (answer, installation.sandbox().list_signal_dir())
}

fn signals_appear(version: &str) {
    let installation = install_with(version);
    let (output, names) = run_claude(&installation, &["-p", "hi"]);
    assert_eq!(output, "ok");
    let [name] = &names[..] else { panic!("{names:?}") };
    let session = name.strip_suffix(".ended.json").expect("a session that ended");
    let signal: Value =
        serde_json::from_str(&installation.read_file(&format!(".claude/session-signals/{name}"))).unwrap();
    assert_eq!((&signal["session_id"], &signal["hook_event_name"]), (&session.into(), &"SessionEnd".into()));

    // In the middle of a turn, a tool reads the signal.
    let prompt = "bash cat $HOME/.claude/session-signals/*.working.json > $HOME/seen";
    let (output, names) = run_claude(&installation, &["-p", "--allowedTools", "Bash", "--", prompt]);
    assert_eq!((output.as_str(), names.len()), ("done", 2));
    let working: Value = serde_json::from_str(&installation.read_file("seen")).unwrap();
    assert_eq!((&working["hook_event_name"], &working["prompt"]), (&"UserPromptSubmit".into(), &prompt.into()));
    assert!(names.contains(&format!("{}.ended.json", working["session_id"].as_str().unwrap())), "{names:?}");
}

/// Checks the entries that a team shares.
fn team_entries_publish(version: &str) {
    let installation = install_in_scope(version, "project");
    let (output, names) = run_claude(&installation, &["-p", "hi"]);
    assert_eq!((output.as_str(), names.len()), ("ok", 1), "{names:?}");
    // The entries do nothing for a member who has not installed the hooks.
    fs_err::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    let (output, names) = run_claude(&installation, &["-p", "hi"]);
    assert_eq!((output.as_str(), names.len()), ("ok", 1), "{names:?}");
}

/// Doctor's finding about entries in two scopes depends on this.
#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn equal_commands_in_two_scopes_run_once() {
    for version in real_cli::VERSIONS {
        let installation = install_with(version);
        let hook = |line: &str| serde_json::json!([{ "hooks": [{ "type": "command", "command": line }] }]);
        for (file, other) in [(".claude/settings.json", "user"), ("project/.claude/settings.json", "project")] {
            let stop = hook("echo alike >>$HOME/ran");
            let start = hook(&format!("echo {other} >>$HOME/ran"));
            let settings = serde_json::json!({ "hooks": { "SessionStart": start, "Stop": stop } });
            installation.write_file(file, &settings.to_string());
        }
        fs_err::create_dir_all(installation.path(".claude/session-signals")).unwrap();
        run_claude(&installation, &["-p", "hi"]);
        let ran = installation.read_file("ran");
        assert_eq!((ran.matches("alike").count(), ran.lines().count()), (1, 3), "{version}: {ran}");
    }
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn team_entries_publish_with_the_oldest_cli() {
    team_entries_publish(real_cli::VERSIONS[0]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn team_entries_publish_with_the_newest_cli() {
    team_entries_publish(real_cli::VERSIONS[2]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_oldest_cli_publishes() {
    signals_appear(real_cli::VERSIONS[0]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_last_cli_that_ignores_hooks_with_unknown_events_publishes() {
    signals_appear(real_cli::VERSIONS[1]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_newest_cli_publishes() {
    signals_appear(real_cli::VERSIONS[2]);
}
