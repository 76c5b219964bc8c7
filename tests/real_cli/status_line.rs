//! `sessions line` as the status line of Claude Code itself.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::cli_home::create_with_settings;
use super::terminal::Terminal;
use super::{becomes_true, claude_command, newest_version};
use crate::sandbox::executable_path;

/// The recipe of docs/status-line.md.
#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn claude_code_shows_the_line_below_its_prompt() {
    let documentation = include_str!("../../docs/status-line.md");
    let recipe = documentation.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    let mut settings: Value = serde_json::from_str(recipe).unwrap();
    settings["permissions"] = json!({ "allow": ["Bash(~/bin/free-gate:*)"] });
    let sandbox =
        create_with_settings(newest_version(), |_: &dyn Fn(&str) -> PathBuf| settings.to_string(), &["install"]);
    let path = |name: &str| sandbox.home().join(name);
    std::os::unix::fs::symlink(executable_path("sessions"), path("bin/sessions")).unwrap();
    let terminal = Terminal::start(sandbox.home(), &path("bin"));
    terminal.run(
        &path("project"),
        &format!("PATH=~/bin:$PATH exec {} --permission-mode default", claude_command(newest_version())),
    );
    let shows = |line: &str| becomes_true(|| terminal.screen().lines().any(|shown| shown.trim().starts_with(line)));
    assert!(becomes_true(|| terminal.screen().contains("❯")), "{}", terminal.screen());
    terminal.type_prompt("bash ~/bin/free-gate line");
    assert!(becomes_true(|| path("line.runs").exists()), "{}", terminal.screen());
    assert!(shows("●1"), "{}", terminal.screen());
    fs_err::write(path("line"), "").unwrap();
    assert!(shows("◆1"), "{}", terminal.screen());
}
