//! `hooks uninstall` gives back what was there.

use std::path::PathBuf;

use fs_err as fs;
use serde_json::{Value, json};

use super::home::Home;

#[test]
fn what_install_made_goes() {
    let home = Home::new();
    home.succeeds(&["install"]);
    let said = home.succeeds(&["uninstall"]);
    assert!(said.starts_with("Uninstalled from ~/.claude/settings.json\n"), "{said}");
    let left: Vec<String> = home.everything().into_iter().filter(|name| !name.contains("backups")).collect();
    assert_eq!(left, [".claude"]);
}

#[test]
fn every_byte_comes_back() {
    for original in ["", "{}", "{ }\n", "{\"hooks\":{}}", "\u{feff}{\r\n  \"a\": 1e400,\r\n  \"a\": \"\\u0026\"\r\n}"] {
        let home = Home::with_settings(original);
        home.succeeds(&["install"]);
        assert_ne!(home.read(".claude/settings.json"), original);
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), original);
    }
}

#[test]
fn after_somebody_wrote_the_file_only_ours_goes() {
    let home = Home::with_settings("{\"hooks\":{}}");
    home.succeeds(&["install"]);
    let mut settings = home.parsed();
    settings["model"] = "opus".into();
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    home.succeeds(&["uninstall"]);
    let left = home.parsed();
    assert_eq!(left["model"], "opus");
    assert!(!left.to_string().contains("session-signals"), "{left}");
}

#[test]
fn a_file_that_install_made_and_others_wrote_stays() {
    let home = Home::new();
    home.succeeds(&["install"]);
    let mut settings = home.parsed();
    settings["model"] = "opus".into();
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    home.succeeds(&["uninstall"]);
    assert_eq!(home.parsed()["model"], "opus");
}

#[test]
fn an_upgrade_in_between_changes_nothing_of_that() {
    let original = "{\"hooks\":{},\n  \"model\":\"opus\"}";
    let home = Home::with_settings(original);
    home.claude("echo 2.0.50");
    home.succeeds(&["install"]);
    home.claude("echo 2.1.329");
    home.succeeds(&["install"]);
    home.succeeds(&["uninstall"]);
    assert_eq!(home.read(".claude/settings.json"), original);
}

#[test]
fn where_nothing_is_installed_nothing_is_done() {
    let home = Home::new();
    assert!(home.succeeds(&["uninstall"]).starts_with("Not installed in ~/.claude/settings.json"));
    assert_eq!(home.everything(), [""; 0]);
    let home = Home::with_settings("{}");
    home.succeeds(&["uninstall"]);
    assert_eq!(home.everything(), [".claude", ".claude/settings.json"]);
}

#[test]
fn files_of_others_beside_the_executables_stay() {
    let home = Home::new();
    home.succeeds(&["install"]);
    home.write(".claude/hooks/session-signals/notes", "mine");
    home.succeeds(&["uninstall"]);
    assert_eq!(home.read(".claude/hooks/session-signals/notes"), "mine");
}

#[test]
fn projects_whose_paths_read_alike_keep_apart() {
    let home = Home::new();
    let [one, other] = ["a/b", "a-b"].map(|name| home.path(name));
    let hooks = |folder: &std::path::Path, command: &str| {
        fs_err::create_dir_all(folder).unwrap();
        let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
        let done = crate::sandbox::run_with_input(hooks.current_dir(folder).args([command, "--scope", "local"]), "");
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    home.write("a/b/.claude/settings.local.json", "{ }");
    home.write("a-b/.claude/settings.local.json", "{  }");
    hooks(&one, "install");
    hooks(&other, "install");
    hooks(&other, "uninstall");
    assert!(home.installed("hook-stop").exists());
    hooks(&one, "uninstall");
    assert!(!home.installed("hook-stop").exists());
    assert_eq!(home.read("a/b/.claude/settings.local.json"), "{ }");
    assert_eq!(home.read("a-b/.claude/settings.local.json"), "{  }");
}

/// A home whose settings register a dashboard's script; the script, and the settings.
fn with_script() -> (Home, PathBuf, Value) {
    let home = Home::new();
    let script = home.write("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let settings = json!({ "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": script }] }] } });
    home.write(".claude/settings.json", &settings.to_string());
    home.succeeds(&["install"]);
    (home, script, settings)
}

#[test]
fn scripts_that_are_not_put_back_are_named() {
    let (home, script, _) = with_script();
    // A second install, and somebody who rewrites the file, do not make it forgotten.
    let mut settings = home.parsed();
    settings["model"] = "opus".into();
    home.write(".claude/settings.json", &settings.to_string());
    home.succeeds(&["install"]);
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&home.parsed()).unwrap());
    let (_, report) = home.json(&["uninstall"]);
    let warning = report["warnings"][0].as_str().unwrap();
    let script = script.display().to_string();
    let told = format!("install had replaced `{script}` for Stop, and it is not put back, see ~/.claude/backups/");
    assert!(warning.starts_with(&told), "{report}");
    let backup = home.path(warning.rsplit_once("~/").unwrap().1);
    assert!(fs::read_to_string(backup).unwrap().contains(&script));
}

#[test]
fn scripts_that_are_put_back_are_not() {
    let (home, _, settings) = with_script();
    let (_, report) = home.json(&["uninstall"]);
    assert_eq!((&report["warnings"], home.parsed()), (&json!([]), settings));
}

const RECEIPT: &str = ".claude/hooks/session-signals/receipt.settings.json";
const PENDING: &str = ".claude/hooks/session-signals/pending.settings.json";

/// As the CLI rewrites settings: in its own form, with more in them.
fn rewrite(home: &Home) {
    let mut settings = home.parsed();
    settings["model"] = "opus".into();
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
}

/// Whatever was killed, and whoever wrote then: ours goes, all else stays.
#[track_caller]
fn only_ours_goes(home: &Home, was: &Value) -> Value {
    let (code, report) = home.json(&["uninstall"]);
    assert_eq!(code, 0, "{report}");
    let mut expected = was.clone();
    expected["model"] = "opus".into();
    assert_eq!(home.parsed(), expected, "{report}");
    assert!(!home.path(".claude/hooks").exists(), "{:?}", home.everything());
    report["warnings"].clone()
}

#[test]
fn a_kill_after_the_change_and_somebody_who_writes_then() {
    let (home, script, _) = with_script();
    fs::rename(home.path(RECEIPT), home.path(PENDING)).unwrap();
    rewrite(&home);
    assert_eq!(home.findings(), [""; 0]);
    let warnings = only_ours_goes(&home, &json!({})).to_string();
    assert!(warnings.contains(&format!("install had replaced `{}` for Stop", script.display())), "{warnings}");
    // The next run may come first, and takes the receipt over.
    let (home, script, _) = with_script();
    fs::rename(home.path(RECEIPT), home.path(PENDING)).unwrap();
    rewrite(&home);
    home.succeeds(&["install"]);
    assert!(home.path(RECEIPT).exists() && !home.path(PENDING).exists());
    let warnings = only_ours_goes(&home, &json!({})).to_string();
    assert!(warnings.contains(&format!("install had replaced `{}` for Stop", script.display())), "{warnings}");
}

#[test]
fn a_kill_before_the_change_and_somebody_who_writes_then() {
    // Of the first installation.
    let (home, _, settings) = with_script();
    fs::rename(home.path(RECEIPT), home.path(PENDING)).unwrap();
    home.write(".claude/settings.json", &settings.to_string());
    rewrite(&home);
    assert_eq!(home.findings()[0], "not-installed");
    assert_eq!(only_ours_goes(&home, &settings), json!([]));
    // Of another one, which would have taken a script out that was registered since.
    let home = Home::with_settings("{}");
    home.succeeds(&["install"]);
    let receipt = home.read(RECEIPT);
    let script = home.write("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let group = json!({"hooks": [{"type": "command", "command": script}]});
    let mut settings = home.parsed();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(group.clone());
    home.write(".claude/settings.json", &settings.to_string());
    home.succeeds(&["install"]);
    fs::rename(home.path(RECEIPT), home.path(PENDING)).unwrap();
    home.write(RECEIPT, &receipt);
    home.write(".claude/settings.json", &settings.to_string());
    rewrite(&home);
    // It is still there, so nothing is to be said of it.
    assert_eq!(only_ours_goes(&home, &json!({"hooks": {"Stop": [group]}})), json!([]));
}
