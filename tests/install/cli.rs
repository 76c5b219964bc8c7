//! The command line: what it promises in --help, it does.

use fs_err as fs;
use serde_json::Value;

use super::home::{Home, text};
use crate::sandbox::run_with_input;

#[test]
fn help_fits_a_screen_and_has_examples() {
    let home = Home::new();
    let help = home.succeeds(&["--help"]);
    assert!(help.lines().count() <= 24, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    for part in ["Examples:\n  hooks install ", "Exit codes:\n  0  ", "\n  1  ", "\n  2  ", "\n  3  "] {
        assert!(help.contains(part), "{help}");
    }
    for command in ["install", "uninstall", "doctor"] {
        let help = home.succeeds(&[command, "--help"]);
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[test]
fn a_wrong_command_line_is_exit_2() {
    let home = Home::new();
    for arguments in [&["instal"][..], &["install", "--scope", "everybody"], &["install", "now"], &[]] {
        assert_eq!(home.hooks(arguments).code, Some(2), "{arguments:?}");
    }
    assert_eq!(home.everything(), [""; 0]);
}

#[test]
fn a_dry_run_prints_what_patch_can_take_and_touches_nothing() {
    let settings = ["{}", "{\n  \"a\": 1\n}\n", "{\r\n  \"a\": 1,\r\n  \"b\": [2]\r\n}", "{\"hooks\":{\"Stop\":[]}}\n"];
    for before in settings {
        let home = Home::with_settings(before);
        let untouched = home.everything();
        let diff = home.succeeds(&["install", "--dry-run"]);
        assert_eq!((home.everything(), &*home.read(".claude/settings.json")), (untouched, before));
        home.write("patched", before);
        let mut patch = home.command("patch".as_ref());
        run_with_input(patch.args(["--binary", "--silent"]).arg(home.path("patched")), diff).assert_success();
        home.succeeds(&["install"]);
        assert_eq!(home.read("patched"), home.read(".claude/settings.json"));
        // And back.
        let diff = home.succeeds(&["uninstall", "--dry-run"]);
        let mut patch = home.command("patch".as_ref());
        run_with_input(patch.args(["--binary", "--silent"]).arg(home.path("patched")), diff).assert_success();
        assert_eq!(home.read("patched"), before);
    }
}

#[test]
fn a_dry_run_where_nothing_is_to_do_says_so() {
    let home = Home::new();
    let done = home.hooks(&["uninstall", "--dry-run"]);
    assert_eq!((done.code, &*done.stdout), (Some(0), ""));
    home.succeeds(&["install"]);
    let done = home.hooks(&["install", "--dry-run"]);
    assert_eq!((done.code, &*done.stdout), (Some(0), ""));
    assert_eq!(done.stderr, "~/.claude/settings.json would stay as it is\n");
}

/// The members that --help names under "JSON", and those there are.
#[track_caller]
fn documented(home: &Home, command: &str, json: &Value) {
    let help = home.succeeds(&[command, "--help"]);
    let section = help.split("JSON (--json)").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = section.lines().skip(1).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let mut promised: Vec<String> = names
        .flat_map(|line| line[2..16].split([',', ' ']))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    promised.sort();
    let mut members: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
    members.sort();
    assert_eq!(members, promised, "{help}");
}

#[test]
fn json_is_as_help_says() {
    let home = Home::new();
    let (code, dry) = home.json(&["install", "--dry-run"]);
    assert_eq!((code, &dry["outcome"], &dry["dry_run"]), (0, &"done".into(), &true.into()));
    assert!(text(&dry["diff"]).starts_with("--- /"));
    documented(&home, "install", &dry);
    let (code, done) = home.json(&["install"]);
    assert_eq!((code, &done["outcome"], &done["claude"]), (0, &"done".into(), &"2.1.329".into()));
    assert_eq!(done["events"][0]["event"], "SessionStart");
    assert_eq!(done["events"][0]["change"], "added");
    documented(&home, "install", &done);
    assert_eq!(home.json(&["install"]).1["outcome"], "unchanged");
    documented(&home, "doctor", &home.json(&["doctor"]).1);
    documented(&home, "uninstall", &home.json(&["uninstall"]).1);
    home.write(".claude/settings.json", "nonsense");
    let (code, refused) = home.json(&["uninstall"]);
    assert_eq!((code, &refused["outcome"]), (1, &"refused".into()));
    documented(&home, "uninstall", &refused);
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let home = Home::new();
    // `script` gives its child a terminal.
    let hooks = crate::sandbox::executable_path("hooks");
    let said = |variable: &str| {
        let line = format!("{variable} TERM=xterm {} uninstall", hooks.display());
        run_with_input(home.command("script".as_ref()).args(["-qec", &line, "/dev/null"]), "").stdout
    };
    home.succeeds(&["install"]);
    assert!(said("").contains("\u{1b}[1;32mUninstalled\u{1b}[0m"));
    home.succeeds(&["install"]);
    assert!(said("NO_COLOR=1").contains("Uninstalled from"));
    assert!(!home.succeeds(&["install"]).contains('\u{1b}'));
}

#[test]
fn completions_and_man_pages_come_of_one_hidden_command() {
    let home = Home::new();
    for (what, part) in [
        ("man", ".TH hooks 1"),
        ("bash", "complete -F _hooks"),
        ("zsh", "#compdef hooks"),
        ("fish", "complete -c hooks"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let text = home.succeeds(&["generate", what]);
        assert!(text.contains(part), "{what}: {text}");
    }
    assert!(home.succeeds(&["generate", "man", "doctor"]).contains("\\-\\-fix"));
    assert_eq!(home.hooks(&["generate", "man", "nothing"]).code, Some(2));
    assert!(!home.succeeds(&["--help"]).contains("generate"));
}

#[test]
fn a_reader_that_goes_away_ends_nothing() {
    let home = Home::new();
    let hooks = crate::sandbox::executable_path("hooks");
    let line = format!("{{ {} install; echo $? >../code; }} | :", hooks.display());
    run_with_input(home.command("/bin/sh".as_ref()).args(["-c", &line]), "");
    assert_eq!(home.read("code"), "0\n");
    assert!(fs::metadata(home.installed("hook-stop")).is_ok());
}
