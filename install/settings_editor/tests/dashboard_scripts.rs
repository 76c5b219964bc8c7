//! Which scripts of session dashboards are replaced.

use super::{oracle::Json, request};
use crate::settings_editor::{InstallRequest, plan_install};

/// Installs nothing into settings that have `commands` under `Stop`. Returns the commands that stay, and the paths for
/// which the editor asked whether their script writes session signals. The answer is `writes`.
fn replace_scripts(commands: &[&str], keep_scripts: bool, writes: bool) -> (Vec<String>, Vec<String>) {
    let hooks: Vec<_> = commands.iter().map(|line| serde_json::json!({"type": "command", "command": line})).collect();
    let text = serde_json::json!({"hooks": {"Stop": [{"hooks": hooks}]}}).to_string();
    let asked = std::cell::RefCell::new(Vec::new());
    let writes_signals = |path: &str| {
        asked.borrow_mut().push(path.to_owned());
        writes
    };
    let request = InstallRequest { keep_scripts, writes_signals: &writes_signals, ..request(&[]) };
    let plan = plan_install(text.as_bytes(), &request).expect("a plan");
    let after = Json::read(&plan.after);
    let remaining: Vec<_> =
        after.hooks().iter().map(|(_, hook)| hook.get("command").expect("a command").text()).collect();
    assert_eq!(remaining.len() + plan.replaced_scripts.len(), commands.len());
    assert!(
        plan.replaced_scripts
            .iter()
            .all(|script| script.event == "Stop" && commands.contains(&script.command.as_str()))
    );
    (remaining, asked.into_inner())
}

#[test]
fn dashboards_scripts_are_replaced_however_they_are_started() {
    let commands = [
        "~/.claude/hooks/stop.sh",
        "$HOME/.claude/hooks/session-end.sh",
        "\"$HOME/.claude/hooks/permission-request.sh\"",
        "bash /home/my\\ name/user-prompt-submit.sh",
        "/bin/sh '/home/my name/stop.sh'",
        "/usr/bin/env bash -e ~/stop.sh x y",
        "powershell -File C:\\Users\\you\\stop.ps1",
        "powershell.exe -NoProfile -ExecutionPolicy Bypass -file \"C:\\my name\\session-end.ps1\"",
        "pwsh ./stop.ps1",
        "stop.sh",
        "~/.claude/hooks/stop.sh 2>/dev/null || true",
    ];
    let paths = [
        "~/.claude/hooks/stop.sh",
        "$HOME/.claude/hooks/session-end.sh",
        "$HOME/.claude/hooks/permission-request.sh",
        "/home/my name/user-prompt-submit.sh",
        "/home/my name/stop.sh",
        "~/stop.sh",
        "C:\\Users\\you\\stop.ps1",
        "C:\\my name\\session-end.ps1",
        "./stop.ps1",
        "stop.sh",
        "~/.claude/hooks/stop.sh",
    ];
    let (remaining, asked) = replace_scripts(&commands, false, true);
    assert_eq!(remaining, Vec::<String>::new());
    assert_eq!(asked, paths);
    let (remaining, asked) = replace_scripts(&commands, true, true);
    assert_eq!((remaining.len(), asked.len()), (commands.len(), 0), "with keep_scripts all stay, and nothing is asked");
    let (remaining, _) = replace_scripts(&commands, false, false);
    assert_eq!(remaining.len(), commands.len(), "a script that writes no signals stays");
}

#[test]
fn the_editor_does_not_ask_about_other_scripts() {
    let commands = [
        "~/.claude/hooks/my-stop.sh",
        "~/.claude/hooks/stop",
        "~/.claude/hooks/stop.sh.bak",
        "~/.claude/hooks/stop.py",
        "~/.claude/hooks/session-start.sh",
        "echo ~/.claude/hooks/stop.sh",
        "python3 ~/.claude/hooks/stop.sh",
        "bash mine.sh ~/.claude/hooks/stop.sh",
        "bash -c '~/.claude/hooks/stop.sh; mine'",
        "~/.claude/hooks/stop.sh; mine",
        "if true; then ~/.claude/hooks/stop.sh; fi",
        "bash",
        "bash -x",
        "powershell -File",
    ];
    let (remaining, asked) = replace_scripts(&commands, false, true);
    assert_eq!(remaining, commands);
    assert_eq!(asked, Vec::<String>::new());
}
