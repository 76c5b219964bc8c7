//! `sessions line`.

use super::list;
use super::terminal::Terminal;
use crate::hooks::steps::BASH;
use crate::sandbox::{Sandbox, executable_path, run_with_input};

/// Makes two sessions that need approval, one that waits, one that works, one that was started, and one that has ended.
fn create_sessions() -> Sandbox {
    let sandbox = Sandbox::new();
    for (session, event, members) in [
        ("a", "PermissionRequest", format!(r#""cwd":"/work/a#b",{BASH}"#)),
        ("b", "PermissionRequest", BASH.to_owned()),
        ("c", "Stop", String::new()),
        ("d", "UserPromptSubmit", String::new()),
        ("e", "SessionStart", r#""source":"startup""#.to_owned()),
        ("f", "SessionEnd", String::new()),
    ] {
        sandbox.run_hook(session, event, &members).assert_success();
    }
    sandbox
}

#[test]
fn it_counts_the_sessions_in_each_state() {
    let sandbox = create_sessions();
    let line = |arguments: &[&str]| list::sessions(&sandbox, &[&["line"], arguments].concat());
    assert_eq!(line(&[]), "▲2 ◆1 ●1\n");
    assert_eq!(line(&["--tmux"]), "#[fg=yellow]▲2#[default] #[fg=cyan]◆1#[default] #[fg=green]●1#[default]\n");
    let format = "{approval} {waiting} {working} {started} {need} {open} {next} {{}}#";
    assert_eq!(line(&["--format", format]), "2 1 1 1 3 5 a#b {}#\n");
    // tmux takes `##` of a name for `#`. The text of the format is the user's own.
    assert_eq!(line(&["--tmux", "--format", "#[bold]{next}"]), "#[bold]a##b\n");
    let age = line(&["--format", "{age}"]);
    assert!(age.ends_with("s\n") && age.len() <= 4, "{age}");
}

#[test]
fn without_a_session_it_is_an_empty_line() {
    let sandbox = Sandbox::new();
    assert_eq!(list::sessions(&sandbox, &["line"]), "\n");
    assert_eq!(list::sessions(&sandbox, &["line", "--tmux"]), "\n");
    assert_eq!(list::sessions(&sandbox, &["line", "--format", "{need}/{open}{next}{age}"]), "0/0\n");
}

#[test]
fn a_format_that_is_wrong_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    for (format, reason) in [
        ("{nedd}", "no field is called \"nedd\"; the fields are approval, waiting,"),
        ("{need", "a `{` without a `}`"),
        ("need}", "a `}` without a `{`"),
        ("{}", "no field is called \"\""),
    ] {
        let mut command = sandbox.command(executable_path("sessions"));
        let outcome = run_with_input(command.args(["line", "--format", format]), "");
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{format}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

/// The recipe of docs/status-line.md. A tmux in a pane of another one shows its status bar there.
#[test]
#[ignore = "needs tmux"]
fn tmux_shows_it_in_its_status_bar() {
    let sandbox = create_sessions();
    let documentation = include_str!("../../docs/status-line.md");
    let recipe = documentation.split_once("## tmux").unwrap().1.split("```").nth(1).unwrap();
    let configuration = sandbox.home().join("tmux.conf");
    fs_err::write(&configuration, recipe.strip_prefix("text\n").unwrap()).unwrap();
    let terminal = Terminal::open(&sandbox);
    let executables = executable_path("sessions").parent().unwrap().display().to_string();
    let inner = Terminal::of_server(&sandbox, "inner");
    let (socket, configuration) = (inner.socket().display(), configuration.display());
    let start = format!("TMUX= PATH={executables}:$PATH tmux -u -S {socket} -f {configuration} new-session");
    terminal.tmux(&["send-keys", &start, "Enter"]);
    terminal.wait_for_screen(|screen| screen.lines().last().is_some_and(|bar| bar.contains("▲2 ◆1 ●1 ")));
}
