//! The home that the real CLI finds.

use std::path::PathBuf;

use fs_err as fs;
use serde_json::json;

use super::claude;
use crate::sandbox::{Sandbox, executable_path, run_with_input, write_script};

/// A home that this version knows, where the hooks are installed, and two of somebody else's: one blocks some prompts, the
/// other one end of a turn if it is told to.
pub fn furnished(version: &str) -> Sandbox {
    let settings = |path: &dyn Fn(&str) -> PathBuf| {
        let block = json!([{ "hooks": [{ "type": "command", "command": path("bin/block") }] }]);
        let go_on = json!([{ "hooks": [{ "type": "command", "command": path("bin/go-on") }] }]);
        let allow = json!({ "allow": ["Bash(~/bin/free-gate:*)"] });
        json!({ "hooks": { "UserPromptSubmit": block, "Stop": go_on }, "permissions": allow }).to_string()
    };
    with(version, settings, &["install"])
}

/// The same with other settings, made of paths in this home, and other arguments of `hooks`.
pub fn with(version: &str, settings: impl FnOnce(&dyn Fn(&str) -> PathBuf) -> String, arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    let path = |name: &str| sandbox.home().join(name);
    for folder in ["bin", "project", ".claude"] {
        fs::create_dir(path(folder)).unwrap();
    }
    let script = |name: &str, text: &str| {
        write_script(&path(name), text);
    };
    script("bin/claude", &format!("exec {} \"$@\"", claude(version)));
    // Two commands that end when the test says so; one of them needs approval.
    script("bin/ask-gate", ": >~/$1.runs; until [ -e ~/$1 ] || [ ! -d ~/bin ]; do sleep 0.05; done; : >~/$1.ran");
    script("bin/free-gate", "exec ~/bin/ask-gate $1");
    script("bin/block", "! grep -q '\"prompt\":\"block' || { echo 'Blocked by another hook' >&2; exit 2; }");
    script("bin/go-on", "[ ! -e ~/goes-on ] || { rm ~/goes-on; echo 'hold longer' >&2; exit 2; }");
    fs::write(path(".claude/settings.json"), settings(&path)).unwrap();
    let project = json!({ "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true, "allowedTools": [] });
    let known = json!({
        "hasCompletedOnboarding": true, "theme": "dark", "lastOnboardingVersion": "9.9.9",
        "customApiKeyResponses": { "approved": ["sk-ant-api03-fake"], "rejected": [] },
        "projects": { path("project").to_str().unwrap(): project, path("bin").to_str().unwrap(): project },
    });
    fs::write(path(".claude.json"), known.to_string()).unwrap();
    let search = format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut hooks = sandbox.command(executable_path("hooks"));
    let installed = run_with_input(hooks.env("PATH", search).args(arguments).current_dir(path("project")), "");
    assert_eq!(installed.code, Some(0), "{installed:?}");
    sandbox
}
