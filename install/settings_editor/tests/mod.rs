//! The settings editor, against a corpus of settings files, an oracle of its own, and generated settings.

mod corpus;
mod oracle;
mod ownership;
mod properties;
mod receipts;
mod refusals;
mod rules;
mod size;
mod style;

use std::sync::LazyLock;

use crate::settings_editor::{EditPlan, HookOwner, InstallRequest, Registration};
use session_signals_protocol::{HOOKS, Hook};

/// The executables' file names, as an installation knows them: ours, and one of an earlier version.
static OWNED: LazyLock<Vec<&str>> =
    LazyLock::new(|| HOOKS.map(Hook::executable).into_iter().chain(["hook-notification"]).collect());

const DIRECTORY: &str = "/home/you/.claude/hooks/session-signals";

/// ChangeKind an installation registers with a `claude` of unknown version.
fn registrations() -> Vec<Registration> {
    let events = [
        ("SessionStart", "hook-session-start"),
        ("UserPromptSubmit", "hook-user-prompt-submit"),
        ("PermissionRequest", "hook-permission-request"),
        ("PostToolUse", "hook-post-tool-use"),
        ("SubagentStop", "hook-subagent-stop"),
        ("Stop", "hook-stop"),
        ("SessionEnd", "hook-session-end"),
    ];
    let registration =
        |(event, name)| Registration { event, command: format!("{DIRECTORY}/{name}"), args: Some(&[]), timeout: 10 };
    events.map(registration).into()
}

/// ChangeKind lies in our directory is here, however it is named; the rest is an earlier version's.
fn place(path: &str, by_shell: bool) -> HookOwner {
    let path = if by_shell {
        path.replace("${CLAUDE_CONFIG_DIR:-$HOME/.claude}", "/home/you/.claude")
    } else {
        path.to_owned()
    };
    match path.rsplit_once('/') {
        Some((DIRECTORY, _)) => HookOwner::Here,
        Some((folder, _)) if folder.starts_with("/home/alice/") => HookOwner::Another,
        _ => HookOwner::Former,
    }
}

/// Stands in for reading the script: those directly in a `hooks` directory write session signals.
fn writes_signals(path: &str) -> bool {
    path.rsplit(['/', '\\']).nth(1) == Some("hooks")
}

/// Installs as [`registrations`] has it; the tests that look at refusals do it themselves.
fn install(text: &[u8]) -> EditPlan {
    install_these(text, &registrations())
}

fn install_these(text: &[u8], registrations: &[Registration]) -> EditPlan {
    let request = InstallRequest {
        registrations,
        owned: &OWNED,
        place: &place,
        keep_others: false,
        keep_scripts: false,
        writes_signals: &writes_signals,
    };
    crate::settings_editor::plan_install(text, &request).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn uninstall(text: &[u8]) -> EditPlan {
    crate::settings_editor::plan_uninstall(text, &OWNED, &place).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
