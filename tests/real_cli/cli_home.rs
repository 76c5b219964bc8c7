//! A home directory for the real CLI, with its settings and its first-run questions answered.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::Hook;
use session_signals_testing::claude::first_run_answers;

use super::claude_command;
use crate::sandbox::{
    Outcome, Sandbox, copy_executable, create_checkout, executable_path, run_with_input, write_script,
};

/// The remote of the project's checkout. Nobody may see the name and the password.
const PROJECT_REMOTE: &str = "https://jane:ghp_hunter2@git.example.com/team/project.git";

/// How often `hooks install` is run until it knows the version of the CLI.
const MAX_RUNS: usize = 5;

/// Makes a home directory for this version, and installs the hooks. The settings hold two hooks of another program: one blocks the
/// prompts that begin with "block", and one blocks a `Stop` while the file `goes-on` exists.
pub fn create_cli_home(version: &str) -> Sandbox {
    create_with_settings(version, |path| common_settings(path).to_string(), &["install"])
}

/// Does the same, and lets the CLI have teammates.
pub fn create_team_home(version: &str) -> Sandbox {
    let settings = |path: &dyn Fn(&str) -> PathBuf| {
        let mut settings = common_settings(path);
        settings["env"] = json!({ "CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS": "1" });
        settings.to_string()
    };
    create_with_settings(version, settings, &["install"])
}

/// Returns these settings. `path` returns a path in the home directory.
fn common_settings(path: &dyn Fn(&str) -> PathBuf) -> Value {
    let block = json!([{ "hooks": [{ "type": "command", "command": path("bin/block") }] }]);
    let go_on = json!([{ "hooks": [{ "type": "command", "command": path("bin/go-on") }] }]);
    let allow = json!({ "allow": ["Bash(~/bin/free-gate:*)"] });
    json!({ "hooks": { "UserPromptSubmit": block, "Stop": go_on }, "permissions": allow })
}

/// Does the same with other settings and with other arguments of `hooks`. `settings` gets a function that returns a path in the home
/// directory.
pub fn create_with_settings(
    version: &str,
    settings: impl FnOnce(&dyn Fn(&str) -> PathBuf) -> String,
    arguments: &[&str],
) -> Sandbox {
    let sandbox = Sandbox::new();
    let path = |name: &str| sandbox.home().join(name);
    for directory in ["bin", "project", ".claude"] {
        fs::create_dir(path(directory)).unwrap();
    }
    create_checkout(&path("project"), "main", PROJECT_REMOTE);
    let write_script = |name: &str, text: &str| write_script(&path(name), text);
    write_script("bin/claude", &format!("exec {} \"$@\"", claude_command(version)));
    // Two commands that run until the test makes a file. The CLI asks for permission for the first, and not for the second.
    write_script("bin/ask-gate", ": >~/$1.runs; until [ -e ~/$1 ] || [ ! -d ~/bin ]; do sleep 0.05; done; : >~/$1.ran");
    write_script("bin/free-gate", "exec ~/bin/ask-gate $1");
    write_script("bin/block", "! grep -q '\"prompt\":\"block' || { echo 'Blocked by another hook' >&2; exit 2; }");
    write_script("bin/go-on", "[ ! -e ~/goes-on ] || { rm ~/goes-on; echo 'hold longer' >&2; exit 2; }");
    fs::write(path(".claude/settings.json"), settings(&path)).unwrap();
    fs::write(path(".claude.json"), first_run_answers(&["project", "bin"].map(path))).unwrap();
    install_hooks(&sandbox, arguments);
    sandbox
}

/// Lays the plugin into the configuration directory, and the executable that its module starts beside the hooks.
pub fn add_plugin(sandbox: &Sandbox) {
    let config = sandbox.home().join(".claude");
    let plugin = config.join("skills/session-signals");
    for directory in [".claude-plugin", "hooks", "tests"] {
        fs::create_dir_all(plugin.join(directory)).unwrap();
    }
    let code = ["hooks/hooks.json", "hooks/mod.js", "tests/mod.test.ts"];
    for name in [".claude-plugin/plugin.json", "README.md", "LICENSE"].into_iter().chain(code) {
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin").join(name), plugin.join(name)).unwrap();
    }
    let name = Hook::Mod.executable();
    copy_executable(&executable_path(name), &config.join("hooks/session-signals").join(name));
}

/// Runs `hooks`, and runs it again if the version of the CLI came too late. `hooks` waits a limited time for it, and without it does not
/// register all events. So on a busy machine one such run is made at a time.
pub fn run_until_version_is_known(run: impl Fn() -> Outcome) -> Outcome {
    static RUN: Mutex<()> = Mutex::new(());
    let _lock = RUN.lock();
    let is_late =
        |outcome: &Outcome| (outcome.stdout.clone() + &outcome.stderr).contains("--version: did not end within");
    (1..MAX_RUNS).map(|_| run()).find(|outcome| !is_late(outcome)).unwrap_or_else(run)
}

/// Runs `hooks` with these arguments, the first of which is `install`, in the project's directory. The CLI of this home directory is on
/// `PATH`.
pub fn install_hooks(sandbox: &Sandbox, arguments: &[&str]) {
    let path = |name: &str| sandbox.home().join(name);
    let search_path = format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap_or_default());
    let outcome = run_until_version_is_known(|| {
        let mut hooks = sandbox.command(executable_path("hooks"));
        hooks.env("PATH", &search_path).args(arguments).arg("--json").current_dir(path("project"));
        run_with_input(&mut hooks, "")
    });
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(report["claude"].is_string(), "the version of the CLI stays unknown: {}", report["warnings"]);
}
