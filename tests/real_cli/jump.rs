//! `sessions jump` with the real CLI: its process, its terminal, and its environment, which holds a key.

use serde_json::Value;

use super::cli_home::create_cli_home;
use super::terminal::Terminal;
use super::{VERSIONS, becomes_true, claude_command, newest_version};
use crate::sandbox::run_with_input;

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_pane_of_the_real_cli_is_found() {
    // One version with a registry and one without.
    for version in [newest_version(), VERSIONS[1]] {
        let sandbox = create_cli_home(version);
        let path = |name: &str| sandbox.home().join(name);
        let terminal = Terminal::start(sandbox.home(), &path("bin"));
        // A shell is the first process of the pane, as a user has it.
        terminal.run(&path("project"), &format!("{} --permission-mode default; read line", claude_command(version)));
        let sessions = |arguments: &[&str]| {
            let mut command = sandbox.command(crate::sandbox::executable_path("sessions"));
            run_with_input(command.args(arguments), "")
        };
        let ids = || {
            let list: Vec<Value> = serde_json::from_str(&sessions(&["--json"]).stdout).unwrap();
            list.iter().map(|session| session["sessionId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(becomes_true(|| terminal.screen().contains("❯")), "{version}: {}", terminal.screen());
        assert!(becomes_true(|| ids().len() == 1), "{version}: {:?}\n{}", ids(), terminal.screen());
        let outcome = sessions(&["jump", &ids()[0], "--json"]);
        assert_eq!(outcome.code, Some(3), "{version}: {outcome:?}");
        assert!(outcome.stderr.is_empty() && !outcome.stdout.contains("sk-ant"), "{version}: {outcome:?}");
        let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(json["terminals"], serde_json::json!(["tmux pane %0 of session 0"]), "{version}");
    }
}
