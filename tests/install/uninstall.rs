//! `hooks uninstall` restores the settings.

use std::path::PathBuf;

use fs_err as fs;
use serde_json::{Value, json};

use super::installation::Installation;

#[test]
fn uninstall_removes_what_install_made() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    let output = installation.run_successfully(&["uninstall"]);
    assert!(output.starts_with("Uninstalled from ~/.claude/settings.json\n"), "{output}");
    let left: Vec<String> = installation.list_files().into_iter().filter(|name| !name.contains("backups")).collect();
    assert_eq!(left, [".claude"]);
}

#[test]
fn uninstall_restores_every_byte() {
    for original in ["", "{}", "{ }\n", "{\"hooks\":{}}", "\u{feff}{\r\n  \"a\": 1e400,\r\n  \"a\": \"\\u0026\"\r\n}"] {
        let installation = Installation::with_settings(original);
        installation.run_successfully(&["install"]);
        assert_ne!(installation.read_file(".claude/settings.json"), original);
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(".claude/settings.json"), original);
    }
}

#[test]
fn after_another_edit_only_our_entries_are_removed() {
    let installation = Installation::with_settings("{\"hooks\":{}}");
    installation.run_successfully(&["install"]);
    rewrite_settings(&installation);
    installation.run_successfully(&["uninstall"]);
    let left = installation.parse_settings();
    assert_eq!(left["model"], "opus");
    assert!(!left.to_string().contains("session-signals"), "{left}");
}

#[test]
fn a_file_that_others_edited_is_not_removed() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    rewrite_settings(&installation);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.parse_settings()["model"], "opus");
}

#[test]
fn an_upgrade_in_between_does_not_matter() {
    let original = "{\"hooks\":{},\n  \"model\":\"opus\"}";
    let installation = Installation::with_settings(original);
    installation.set_claude("echo 2.0.50");
    installation.run_successfully(&["install"]);
    installation.set_claude("echo 2.1.329");
    installation.run_successfully(&["install"]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.read_file(".claude/settings.json"), original);
}

#[test]
fn uninstall_without_an_installation_does_nothing() {
    let installation = Installation::new();
    assert!(installation.run_successfully(&["uninstall"]).starts_with("Not installed in ~/.claude/settings.json"));
    assert_eq!(installation.list_files(), [""; 0]);
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.list_files(), [".claude", ".claude/settings.json"]);
}

#[test]
fn other_files_beside_the_executables_are_kept() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    installation.write_file(".claude/hooks/session-signals/notes", "mine");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.read_file(".claude/hooks/session-signals/notes"), "mine");
}

#[test]
fn projects_with_similar_paths_are_kept_apart() {
    let installation = Installation::new();
    let [one, other] = ["a/b", "a-b"].map(|name| installation.path(name));
    let hooks = |folder: &std::path::Path, command: &str| {
        fs_err::create_dir_all(folder).unwrap();
        let mut hooks = installation.command(&crate::sandbox::executable_path("hooks"));
        let result = crate::sandbox::run_with_input(hooks.current_dir(folder).args([command, "--scope", "local"]), "");
        assert_eq!(result.code, Some(0), "{result:?}");
    };
    installation.write_file("a/b/.claude/settings.local.json", "{ }");
    installation.write_file("a-b/.claude/settings.local.json", "{  }");
    hooks(&one, "install");
    hooks(&other, "install");
    hooks(&other, "uninstall");
    assert!(installation.executable_path("hook-stop").exists());
    hooks(&one, "uninstall");
    assert!(!installation.executable_path("hook-stop").exists());
    assert_eq!(installation.read_file("a/b/.claude/settings.local.json"), "{ }");
    assert_eq!(installation.read_file("a-b/.claude/settings.local.json"), "{  }");
}

/// Makes a home whose settings register a script of a session dashboard, and installs. Returns the script and the settings, too.
fn install_over_script() -> (Installation, PathBuf, Value) {
    let installation = Installation::new();
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let settings = json!({ "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": script }] }] } });
    installation.write_file(".claude/settings.json", &settings.to_string());
    installation.run_successfully(&["install"]);
    (installation, script, settings)
}

#[test]
fn scripts_that_are_not_restored_are_named() {
    let (installation, script, _) = install_over_script();
    // A second install, and a program that rewrites the file, do not change that.
    let mut settings = installation.parse_settings();
    settings["model"] = "opus".into();
    installation.write_file(".claude/settings.json", &settings.to_string());
    installation.run_successfully(&["install"]);
    installation
        .write_file(".claude/settings.json", &serde_json::to_string_pretty(&installation.parse_settings()).unwrap());
    let (_, report) = installation.run_json(&["uninstall"]);
    let warning = report["warnings"][0].as_str().unwrap();
    let script = script.display().to_string();
    let warned = format!(
        "install had replaced `{script}` for Stop, and uninstall does not restore it; the settings that contain it are in ~/.claude/backups/"
    );
    assert!(warning.starts_with(&warned), "{report}");
    let backup = installation.path(warning.rsplit_once("~/").unwrap().1);
    assert!(fs::read_to_string(backup).unwrap().contains(&script));
}

#[test]
fn restored_scripts_are_not_named() {
    let (installation, _, settings) = install_over_script();
    let (_, report) = installation.run_json(&["uninstall"]);
    assert_eq!((&report["warnings"], installation.parse_settings()), (&json!([]), settings));
}

/// The command and its arguments are two members.
#[test]
fn a_script_with_arguments_that_is_registered_again_is_not_named() {
    let installation = Installation::new();
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let hook = json!({ "type": "command", "command": "bash", "args": [script] });
    let settings = json!({ "hooks": { "Stop": [{ "hooks": [hook.clone()] }] } });
    installation.write_file(".claude/settings.json", &settings.to_string());
    let (_, report) = installation.run_json(&["install"]);
    assert_eq!(report["replaced"].as_array().unwrap().len(), 1, "{report}");
    let mut settings = installation.parse_settings();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(json!({ "hooks": [hook] }));
    installation.write_file(".claude/settings.json", &settings.to_string());
    let (_, report) = installation.run_json(&["uninstall"]);
    assert_eq!(report["warnings"], json!([]), "{report}");
}

/// Makes a home with everything that install can put there.
fn install_everything() -> Installation {
    let installation = Installation::new().with_small_build();
    installation.write_script("bin/systemctl", "echo \"$@\" >>~/bin/calls");
    let tools = installation.path("tools").display().to_string();
    installation.run_successfully(&["install", "--service", "--plugin", "--completions", "--bin-dir", &tools]);
    fs::remove_file(installation.path("bin/calls")).unwrap();
    installation
}

#[test]
fn a_dry_run_names_all_that_would_be_deleted() {
    let installation = install_everything();
    installation.write_file(".claude/hooks/session-signals/notes", "mine");
    let mine = installation.snapshot().into_iter().filter(|(_, content)| content.starts_with("link")).nth(1).unwrap().0;
    fs::remove_file(installation.path(&mine)).unwrap();
    installation.write_file(&mine, "mine");
    let before = installation.snapshot();
    let shown = installation.run_hooks(&["uninstall", "--dry-run"]);
    assert_eq!((shown.code, installation.snapshot()), (Some(0), before), "{shown:?}");
    assert!(!installation.path("bin/calls").exists());
    assert!(shown.stderr.contains("session-signals.service would be removed, and its `sessions serve` stopped\n"));
    let before = installation.list_files();
    let result = installation.run_hooks(&["uninstall"]);
    assert_eq!((result.code, installation.read_file(&mine)), (Some(0), "mine".to_owned()), "{result:?}");
    let after = installation.list_files();
    let deleted: Vec<&String> = before.iter().filter(|name| !after.contains(name)).collect();
    assert!(deleted.len() > 30, "{deleted:?}");
    let plugin = ".claude/skills/session-signals";
    for name in deleted {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let is_named = if folder == ".claude/hooks/session-signals" {
            // Receipts and the file of the version are no executables.
            !file.starts_with("hook") && file != "sessions" || shown.stderr.contains(&format!(" {file}"))
        } else if name.starts_with(plugin) {
            shown.stderr.contains(&format!("~/{plugin} would be removed\n"))
        } else {
            shown.stderr.contains(&format!("~/{name}"))
        };
        assert!(is_named, "{name} is not in\n{}", shown.stderr);
    }
    assert!(!shown.stderr.contains("notes"), "{}", shown.stderr);
    assert!(shown.stderr.contains(&format!("~/{mine} stays, because somebody else wrote or changed it\n")));
    // There is nothing to delete any more.
    let shown = installation.run_hooks(&["uninstall", "--dry-run"]);
    assert!(!shown.stderr.contains("would be removed"), "{shown:?}");
}

#[test]
fn a_dry_run_says_what_other_settings_keep() {
    let installation = install_everything();
    installation.run_successfully(&["install", "--scope", "local"]);
    let shown = installation.run_hooks(&["uninstall", "--dry-run"]).stderr;
    let result = installation.run_hooks(&["uninstall"]).stderr;
    assert!(shown.contains("~/.claude/skills/session-signals stays, because other settings"), "{shown}");
    assert!(shown.contains("~/tools/sessions"), "{shown}");
    assert_eq!(
        shown.lines().last(),
        Some(
            "warning: ~/.claude/settings.json would be removed, because an installation made it and nothing else is in it"
        ),
        "{shown}"
    );
    assert!(result.lines().all(|line| shown.contains(line)), "{shown}\n{result}");
    // These settings are the last ones that start the hooks.
    let shown = installation.run_hooks(&["uninstall", "--scope", "local", "--dry-run"]).stderr;
    assert!(
        shown.contains("would be removed, and its `sessions serve` stopped") && shown.contains(" hook-stop"),
        "{shown}"
    );
    // A line that names the directory keeps the executables, and no more.
    let folder = installation.path(".claude/hooks/session-signals").display().to_string();
    let line = json!({ "statusLine": { "type": "command", "command": format!("cd {folder} && ./sessions line") } });
    installation.write_file(".claude/settings.json", &line.to_string());
    let shown = installation.run_hooks(&["uninstall", "--scope", "local", "--dry-run"]).stderr;
    let result = installation.run_hooks(&["uninstall", "--scope", "local"]).stderr;
    assert!(shown.contains("`sessions serve` stopped") && !shown.contains(" hook-stop"), "{shown}");
    assert!(shown.contains("names the directory of the executables, so the executables stay"), "{shown}");
    assert!(result.lines().all(|line| shown.contains(line)), "{shown}\n{result}");
}

const RECEIPT: &str = ".claude/hooks/session-signals/receipt.settings.json";
const PENDING: &str = ".claude/hooks/session-signals/pending.settings.json";

/// Rewrites the settings as the CLI does: in another form, and with a new member.
fn rewrite_settings(installation: &Installation) {
    let mut settings = installation.parse_settings();
    settings["model"] = "opus".into();
    installation.write_file(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
}

/// Checks that uninstall removes our entries and nothing else. Returns its warnings.
#[track_caller]
fn assert_only_ours_removed(installation: &Installation, was: &Value) -> Value {
    let (code, report) = installation.run_json(&["uninstall"]);
    assert_eq!(code, 0, "{report}");
    let mut expected = was.clone();
    expected["model"] = "opus".into();
    assert_eq!(installation.parse_settings(), expected, "{report}");
    assert!(!installation.path(".claude/hooks").exists(), "{:?}", installation.list_files());
    report["warnings"].clone()
}

#[test]
fn an_edit_after_a_kill_after_the_change() {
    let (installation, script, _) = install_over_script();
    fs::rename(installation.path(RECEIPT), installation.path(PENDING)).unwrap();
    rewrite_settings(&installation);
    assert_eq!(installation.find_ids(), [""; 0]);
    let warnings = assert_only_ours_removed(&installation, &json!({})).to_string();
    assert!(warnings.contains(&format!("install had replaced `{}` for Stop", script.display())), "{warnings}");
    // The next install uses the pending receipt, too.
    let (installation, script, _) = install_over_script();
    fs::rename(installation.path(RECEIPT), installation.path(PENDING)).unwrap();
    rewrite_settings(&installation);
    installation.run_successfully(&["install"]);
    assert!(installation.path(RECEIPT).exists() && !installation.path(PENDING).exists());
    let warnings = assert_only_ours_removed(&installation, &json!({})).to_string();
    assert!(warnings.contains(&format!("install had replaced `{}` for Stop", script.display())), "{warnings}");
}

#[test]
fn an_edit_after_a_kill_before_the_change() {
    // The first installation was killed.
    let (installation, _, settings) = install_over_script();
    fs::rename(installation.path(RECEIPT), installation.path(PENDING)).unwrap();
    installation.write_file(".claude/settings.json", &settings.to_string());
    rewrite_settings(&installation);
    assert_eq!(installation.find_ids()[0], "not-installed");
    assert_eq!(assert_only_ours_removed(&installation, &settings), json!([]));
    // A later installation was killed, which would have replaced a script.
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install"]);
    let receipt = installation.read_file(RECEIPT);
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let group = json!({"hooks": [{"type": "command", "command": script}]});
    let mut settings = installation.parse_settings();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(group.clone());
    installation.write_file(".claude/settings.json", &settings.to_string());
    installation.run_successfully(&["install"]);
    fs::rename(installation.path(RECEIPT), installation.path(PENDING)).unwrap();
    installation.write_file(RECEIPT, &receipt);
    installation.write_file(".claude/settings.json", &settings.to_string());
    rewrite_settings(&installation);
    // The script is still registered, so there is no warning.
    assert_eq!(assert_only_ours_removed(&installation, &json!({"hooks": {"Stop": [group]}})), json!([]));
}
