//! The command line works as --help says.

use fs_err as fs;
use serde_json::Value;
use session_signals_cli::EXIT_STATUSES;

use super::installation::{Installation, json_text};
use crate::sandbox::run_with_input;

#[test]
fn help_fits_a_screen_and_has_examples() {
    let installation = Installation::new();
    let help = installation.run_successfully(&["--help"]);
    assert!(help.lines().count() <= 24, "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    assert!(help.contains("Examples:\n  hooks install "), "{help}");
    for command in ["install", "uninstall", "doctor"] {
        let help = installation.run_successfully(&[command, "--help"]);
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[test]
fn help_names_every_exit_code_and_no_other() {
    let help = Installation::new().run_successfully(&["--help"]);
    let section = help.split("Exit codes:\n").nth(1).unwrap();
    let codes: Vec<u8> = section.lines().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert_eq!(codes, EXIT_STATUSES.map(|status| status as u8), "{help}");
}

#[test]
fn a_wrong_command_line_is_exit_2() {
    let installation = Installation::new();
    for arguments in [&["instal"][..], &["install", "--scope", "everybody"], &["install", "now"], &[]] {
        assert_eq!(installation.run_hooks(arguments).code, Some(2), "{arguments:?}");
    }
    assert_eq!(installation.list_files(), [""; 0]);
}

#[test]
fn a_dry_run_prints_what_patch_can_take_and_touches_nothing() {
    let settings = ["{}", "{\n  \"a\": 1\n}\n", "{\r\n  \"a\": 1,\r\n  \"b\": [2]\r\n}", "{\"hooks\":{\"Stop\":[]}}\n"];
    for before in settings {
        let installation = Installation::with_settings(before);
        let untouched = installation.list_files();
        let diff = installation.run_successfully(&["install", "--dry-run"]);
        assert_eq!((installation.list_files(), &*installation.read_file(".claude/settings.json")), (untouched, before));
        installation.write_file("patched", before);
        let mut patch = installation.command("patch".as_ref());
        run_with_input(patch.args(["--binary", "--silent"]).arg(installation.path("patched")), diff).assert_success();
        installation.run_successfully(&["install"]);
        assert_eq!(installation.read_file("patched"), installation.read_file(".claude/settings.json"));
        // The patch of uninstall restores the file.
        let diff = installation.run_successfully(&["uninstall", "--dry-run"]);
        let mut patch = installation.command("patch".as_ref());
        run_with_input(patch.args(["--binary", "--silent"]).arg(installation.path("patched")), diff).assert_success();
        assert_eq!(installation.read_file("patched"), before);
    }
}

#[test]
fn a_dry_run_without_a_change_says_so() {
    let installation = Installation::new();
    let result = installation.run_hooks(&["uninstall", "--dry-run"]);
    assert_eq!((result.code, &*result.stdout), (Some(0), ""));
    installation.run_successfully(&["install"]);
    let result = installation.run_hooks(&["install", "--dry-run"]);
    assert_eq!((result.code, &*result.stdout), (Some(0), ""));
    assert_eq!(result.stderr, "~/.claude/settings.json would stay as it is\n");
}

/// Checks that --help names exactly the members of the JSON.
#[track_caller]
fn assert_documented(installation: &Installation, command: &str, json: &Value) {
    let help = installation.run_successfully(&[command, "--help"]);
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
    let installation = Installation::new();
    let (code, dry) = installation.run_json(&["install", "--dry-run"]);
    assert_eq!((code, &dry["outcome"], &dry["dry_run"]), (0, &"done".into(), &true.into()));
    assert!(json_text(&dry["diff"]).starts_with("--- /"));
    assert_documented(&installation, "install", &dry);
    let (code, result) = installation.run_json(&["install"]);
    assert_eq!((code, &result["outcome"], &result["claude"]), (0, &"done".into(), &"2.1.329".into()));
    assert_eq!(result["events"][0]["event"], "SessionStart");
    assert_eq!(result["events"][0]["change"], "added");
    assert_documented(&installation, "install", &result);
    assert_eq!(installation.run_json(&["install"]).1["outcome"], "unchanged");
    assert_documented(&installation, "doctor", &installation.run_json(&["doctor"]).1);
    assert_documented(&installation, "uninstall", &installation.run_json(&["uninstall"]).1);
    installation.write_file(".claude/settings.json", "nonsense");
    let (code, refused) = installation.run_json(&["uninstall"]);
    assert_eq!((code, &refused["outcome"]), (1, &"refused".into()));
    assert_documented(&installation, "uninstall", &refused);
}

#[test]
fn json_begins_with_the_version_of_its_format() {
    let installation = Installation::new();
    for command in ["install", "doctor", "uninstall"] {
        let printed = installation.run_hooks(&[command, "--json"]).stdout;
        assert!(printed.starts_with("{\n  \"format\": 1,\n"), "{command}: {printed}");
        assert!(installation.run_successfully(&[command, "--help"]).contains("\n  format        1, "), "{command}");
    }
}

#[test]
fn colour_is_used_only_in_terminals_that_want_it() {
    let installation = Installation::new();
    // `script` runs the command in a terminal.
    let hooks = crate::sandbox::executable_path("hooks");
    let output = |variable: &str| {
        let line = format!("{variable} TERM=xterm {} uninstall", hooks.display());
        run_with_input(installation.command("script".as_ref()).args(["-qec", &line, "/dev/null"]), "").stdout
    };
    installation.run_successfully(&["install"]);
    assert!(output("").contains("\u{1b}[1;32mUninstalled\u{1b}[0m"));
    installation.run_successfully(&["install"]);
    assert!(output("NO_COLOR=1").contains("Uninstalled from"));
    assert!(!installation.run_successfully(&["install"]).contains('\u{1b}'));
}

#[test]
fn a_closed_pipe_does_not_stop_install() {
    let installation = Installation::new();
    let hooks = crate::sandbox::executable_path("hooks");
    let line = format!("{{ {} install; echo $? >../code; }} | :", hooks.display());
    run_with_input(installation.command("/bin/sh".as_ref()).args(["-c", &line]), "");
    assert_eq!(installation.read_file("code"), "0\n");
    assert!(fs::metadata(installation.executable_path("hook-stop")).is_ok());
}
