//! Tests of the settings editor: with a corpus of settings files, with generated settings, and with single examples.
//!
//! [`oracle`] is a second implementation of the editor's rules, which shares no code with the editor.

mod corpus;
mod dashboard_scripts;
mod oracle;
mod ownership;
mod properties;
mod receipts;
mod refusals;
mod rules;
mod size;
mod style;

use std::sync::LazyLock;

use crate::settings_editor::{
    EditPlan, EditReceipt, HookOwner, InstallRequest, Registration, plan_install, plan_uninstall, undo_edit,
};
use session_signals_protocol::{HOOKS, Hook};

/// The file names of our executables, and of one that an earlier version had.
static OWNED: LazyLock<Vec<&str>> =
    LazyLock::new(|| HOOKS.map(Hook::executable).into_iter().chain(["hook-notification"]).collect());

const DIRECTORY: &str = "/home/you/.claude/hooks/session-signals";

/// Returns what an installation registers if the version of `claude` is unknown.
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

/// Returns whose a path is. A path in [`DIRECTORY`], however it is spelled, belongs to this installation, one of
/// alice's home to another home, and any other to an earlier version.
fn owner_of_path(path: &str, by_shell: bool) -> HookOwner {
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

/// Stands for reading the script: a script that is directly in a directory `hooks` writes session signals.
fn writes_signals(path: &str) -> bool {
    path.rsplit(['/', '\\']).nth(1) == Some("hooks")
}

/// Returns the request to register `registrations` and to replace the scripts of dashboards.
fn request(registrations: &[Registration]) -> InstallRequest<'_> {
    InstallRequest {
        registrations,
        owned: &OWNED,
        owner_of_path: &owner_of_path,
        keep_others: false,
        keep_scripts: false,
        writes_signals: &writes_signals,
    }
}

/// Installs [`registrations`]. Panics if the editor refuses.
fn install(text: &[u8]) -> EditPlan {
    install_these(text, &registrations())
}

fn install_these(text: &[u8], registrations: &[Registration]) -> EditPlan {
    plan_install(text, &request(registrations)).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn uninstall(text: &[u8]) -> EditPlan {
    plan_uninstall(text, &OWNED, &owner_of_path).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Takes the installation of `plan` back with its receipt. Panics if the receipt does not fit.
fn undo(plan: &EditPlan) -> EditPlan {
    let receipt = EditReceipt::from_plan(plan, None);
    undo_edit(&plan.after, &receipt, &OWNED, &owner_of_path).expect("the receipt fits")
}

/// Returns `text` as a string, for comparisons with readable differences.
fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
