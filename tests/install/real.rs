//! `hooks install`, then the real CLI: the signals appear.

use serde_json::Value;

use super::home::Home;
use crate::real_cli;
use crate::sandbox::run_with_input;

/// A home where this version is installed and `hooks install` was run.
fn home_with(version: &str) -> Home {
    home_in(version, "user")
}

/// The same in this scope.
fn home_in(version: &str, scope: &str) -> Home {
    let home = Home::new();
    home.claude(&format!("exec {} \"$@\"", real_cli::claude_command(version)));
    let search = format!("{}:{}", home.path("bin").display(), std::env::var("PATH").unwrap());
    let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
    let done = run_with_input(hooks.env("PATH", search).args(["install", "--json", "--scope", scope]), "");
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((done.code, &report["claude"]), (Some(0), &version.into()), "{report}");
    home
}

/// `claude -p PROMPT`: what it says, and the names in the spool afterwards.
fn claude(home: &Home, arguments: &[&str]) -> (String, Vec<String>) {
    let mut claude = real_cli::isolated_command(&home.path(""), &home.path("bin"), &[&["claude"], arguments].concat());
    claude.current_dir(home.project());
    let done = run_with_input(&mut claude.into(), "");
    assert_eq!(done.code, Some(0), "{done:?}");
    let spool = fs_err::read_dir(home.path(".claude/session-signals")).unwrap();
    let mut names: Vec<String> = spool.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    (done.stdout.trim().to_owned(), names)
}

fn signals_appear(version: &str) {
    let home = home_with(version);
    let (said, names) = claude(&home, &["-p", "hi"]);
    assert_eq!(said, "ok");
    let [name] = &names[..] else { panic!("{names:?}") };
    let session = name.strip_suffix(".ended.json").expect("a session that ended");
    let signal: Value = serde_json::from_str(&home.read(&format!(".claude/session-signals/{name}"))).unwrap();
    assert_eq!((&signal["session_id"], &signal["hook_event_name"]), (&session.into(), &"SessionEnd".into()));

    // In the middle of a turn, asked by the tool it runs.
    let prompt = "bash cat $HOME/.claude/session-signals/*.working.json > $HOME/seen";
    let (said, names) = claude(&home, &["-p", "--allowedTools", "Bash", "--", prompt]);
    assert_eq!((said.as_str(), names.len()), ("done", 2));
    let working: Value = serde_json::from_str(&home.read("seen")).unwrap();
    assert_eq!((&working["hook_event_name"], &working["prompt"]), (&"UserPromptSubmit".into(), &prompt.into()));
    assert!(names.contains(&format!("{}.ended.json", working["session_id"].as_str().unwrap())), "{names:?}");
}

/// The line that a team shares.
fn a_team_publishes(version: &str) {
    let home = home_in(version, "project");
    let (said, names) = claude(&home, &["-p", "hi"]);
    assert_eq!((said.as_str(), names.len()), ("ok", 1), "{names:?}");
    // A member who has installed nothing is not disturbed, and leaves nothing.
    fs_err::remove_dir_all(home.path(".claude/hooks")).unwrap();
    let (said, names) = claude(&home, &["-p", "hi"]);
    assert_eq!((said.as_str(), names.len()), ("ok", 1), "{names:?}");
}

/// Doctor says so of lines in two scopes.
#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn of_lines_that_are_alike_in_two_scopes_one_is_run() {
    for version in real_cli::VERSIONS {
        let home = home_with(version);
        let hook = |line: &str| serde_json::json!([{ "hooks": [{ "type": "command", "command": line }] }]);
        for (file, other) in [(".claude/settings.json", "user"), ("project/.claude/settings.json", "project")] {
            let stop = hook("echo alike >>$HOME/ran");
            let start = hook(&format!("echo {other} >>$HOME/ran"));
            let settings = serde_json::json!({ "hooks": { "SessionStart": start, "Stop": stop } });
            home.write(file, &settings.to_string());
        }
        fs_err::create_dir_all(home.path(".claude/session-signals")).unwrap();
        claude(&home, &["-p", "hi"]);
        let ran = home.read("ran");
        assert_eq!((ran.matches("alike").count(), ran.lines().count()), (1, 3), "{version}: {ran}");
    }
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn what_a_team_shares_publishes_with_the_oldest_cli() {
    a_team_publishes(real_cli::VERSIONS[0]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn what_a_team_shares_publishes_with_the_cli_of_today() {
    a_team_publishes(real_cli::VERSIONS[2]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_oldest_cli_publishes() {
    signals_appear(real_cli::VERSIONS[0]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_last_cli_that_an_unknown_event_cripples_publishes() {
    signals_appear(real_cli::VERSIONS[1]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_cli_of_today_publishes() {
    signals_appear(real_cli::VERSIONS[2]);
}
