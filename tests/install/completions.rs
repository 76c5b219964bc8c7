//! `hooks install --completions`: completions of the shells and man pages.

use fs_err as fs;
use serde_json::Value;

use super::installation::Installation;
use crate::sandbox::{executable_path, run_with_input};

const BASH: &str = ".local/share/bash-completion/completions/sessions";
const ZSH: &str = ".local/share/zsh/site-functions/_sessions";
const FISH: &str = ".local/share/fish/vendor_completions.d/sessions.fish";
const PAGE: &str = ".local/share/man/man1/sessions-wait.1";

fn installed() -> Installation {
    let installation = Installation::new().with_small_build();
    installation.run_successfully(&["install", "--completions"]);
    assert_laid(&installation);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation
}

/// Checks that every file is there and as the programs make it.
#[track_caller]
fn assert_laid(installation: &Installation) {
    for (program, what, file) in [
        ("sessions", &["bash"][..], BASH),
        ("sessions", &["zsh"], ZSH),
        ("sessions", &["fish"], FISH),
        ("sessions", &["man", "wait"], PAGE),
        ("hooks", &["bash"], ".local/share/bash-completion/completions/hooks"),
        ("hooks", &["man"], ".local/share/man/man1/hooks.1"),
    ] {
        let mut command = installation.command(&executable_path(program));
        let made = run_with_input(command.arg("generate").args(what), "").stdout;
        assert_eq!(installation.read_file(file), made, "{file}");
    }
}

fn has_files(installation: &Installation) -> bool {
    installation.path(".local").exists()
}

#[test]
fn the_completions_come_and_go() {
    let installation = Installation::new().with_small_build();
    let before = installation.snapshot();
    let output = installation.run_successfully(&["install"]);
    assert!(!output.contains("Completions") && !has_files(&installation), "{output}");
    let output = installation.run_successfully(&["install", "--completions"]);
    assert!(
        output.contains("\nCompletions and man pages: ~/.local/share/bash-completion/completions/hooks, "),
        "{output}"
    );
    assert_laid(&installation);
    // Later installations keep them.
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"]), (0, &"unchanged".into()), "{report}");
    assert_laid(&installation);
    let (code, report) = installation.run_json(&["install", "--no-completions"]);
    assert_eq!((code, &report["outcome"]), (0, &"done".into()), "{report}");
    assert!(report["completions"].as_array().unwrap().len() > 10, "{report}");
    assert!(!has_files(&installation));
    installation.run_successfully(&["install"]);
    assert!(!has_files(&installation));
    installation.run_successfully(&["install", "--completions"]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), before);
    assert_eq!(installation.run_hooks(&["install", "--completions", "--no-completions"]).code, Some(2));
}

#[test]
fn what_somebody_else_wrote_stays() {
    let installation = Installation::new().with_small_build();
    installation.write_file(FISH, "# mine\n");
    let before = installation.snapshot();
    let result = installation.run_hooks(&["install", "--completions"]);
    let expected =
        format!("warning: `hooks` did not write ~/{FISH}, or somebody changed it since, so it stays as it is\n");
    assert_eq!((result.code, result.stderr), (Some(0), expected));
    assert!(installation.path(BASH).exists());
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), before);
    // The user changes a file later.
    let installation = installed();
    installation.write_file(PAGE, "changed\n");
    assert_eq!(installation.run_hooks(&["install"]).code, Some(0));
    assert_eq!(installation.read_file(PAGE), "changed\n");
    installation.run_successfully(&["uninstall"]);
    let left = [".local", ".local/share", ".local/share/man", ".local/share/man/man1", PAGE];
    assert_eq!(installation.snapshot().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), left);
}

#[test]
fn what_is_missing_or_of_another_version_is_a_finding() {
    let installation = installed();
    fs::remove_file(installation.path(BASH)).unwrap();
    // An earlier version wrote another text, and its receipt names it.
    let receipt = ".claude/hooks/session-signals/user-files-receipt";
    let hash = |name: &str| {
        let sum = std::process::Command::new("sha256sum").arg(installation.path(name)).output().unwrap();
        String::from_utf8(sum.stdout).unwrap()[..64].to_owned()
    };
    let current = hash(PAGE);
    installation.write_file(PAGE, "of an earlier version\n");
    let text = installation.read_file(receipt).replace(&current, &hash(PAGE));
    installation.write_file(receipt, &text);
    assert_eq!(installation.find_ids(), ["completions-outdated"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains(&format!("missing: ~/{BASH}; of another version: ~/{PAGE}")), "{output}");
    installation.run_successfully(&["doctor", "--fix"]);
    assert_laid(&installation);
    installation.run_successfully(&["uninstall"]);
    assert!(!has_files(&installation));
}

#[test]
fn the_folders_of_the_user_count() {
    let installation = Installation::new().with_small_build();
    let (data, functions) = (installation.path("data"), installation.path("functions"));
    fs::create_dir_all(&functions).unwrap();
    let before = installation.snapshot();
    let function_path = format!("/usr/share/zsh/functions:{}", functions.display());
    let variables = [("XDG_DATA_HOME", data.to_str().unwrap()), ("FPATH", &*function_path)];
    let result = installation.run_in_shell("/bin/zsh", &variables, &["install", "--no-links", "--completions"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    for file in ["data/bash-completion/completions/hooks", "functions/_sessions", "data/man/man1/hooks-doctor.1"] {
        assert!(installation.path(file).exists(), "{file}");
    }
    // zsh searches its folder already, and `man` does not search this one.
    let line = r#"to let `man` find the pages, add the line `export MANPATH="$HOME/data/man:$MANPATH"` to ~/.zshrc"#;
    assert_eq!(result.stderr, format!("warning: {line}\n"));
    let variables = [variables[0], variables[1], ("MANPATH", &format!("{}:", data.join("man").display()))];
    let result = installation.run_in_shell("/bin/zsh", &variables, &["doctor"]);
    assert!(result.stdout.starts_with("healthy"), "{result:?}");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.snapshot(), before);
}

#[test]
fn zsh_needs_a_line_for_the_folder() {
    let installation = installed();
    let line = |text: Option<&str>| {
        if let Some(text) = text {
            installation.write_file(".zshrc", text);
        }
        let output = installation.run_in_shell("/bin/zsh", &[], &["doctor"]).stdout;
        let note = output.lines().find_map(|line| line.strip_prefix("note: to let zsh find the completions, "));
        note.unwrap_or_default().to_owned()
    };
    let fpath = "fpath=(~/.local/share/zsh/site-functions $fpath)";
    assert_eq!(line(None), format!("add the line `{fpath}; autoload -Uz compinit && compinit` to ~/.zshrc"));
    let at_start = format!("add the line `{fpath}` to the beginning of ~/.zshrc");
    assert_eq!(line(Some("autoload -Uz compinit; compinit\n")), at_start);
    assert_eq!(line(Some("source $ZSH/oh-my-zsh.sh\n")), at_start);
    assert_eq!(line(Some(&format!("{fpath}\nautoload -Uz compinit; compinit\n"))), "");
}

#[test]
fn without_sessions_the_hooks_are_installed_all_the_same() {
    let installation = Installation::new().with_small_build();
    let build = installation.copy_build("alone");
    let result = build.hooks(&["install", "--completions", "--json"]);
    let report: Value = serde_json::from_str(&result.stdout).unwrap();
    assert_eq!((result.code, &report["outcome"]), (Some(3), &"partly".into()), "{report}");
    let problem = report["problems"][0].as_str().unwrap();
    assert!(problem.contains("~/source/alone/sessions cannot make its completions and man pages: "), "{problem}");
    assert!(installation.settings_path().exists() && !has_files(&installation));
}

#[test]
fn files_of_another_configuration_directory_stay() {
    let installation = Installation::new().with_small_build();
    let (first, second) = (installation.path("first"), installation.path("second"));
    assert_eq!(installation.run_hooks_in(&first, &["install", "--completions"]).code, Some(0));
    let result = installation.run_hooks_in(&second, &["install", "--completions"]);
    assert!(result.code == Some(0) && result.stderr.is_empty(), "{result:?}");
    assert_eq!(installation.run_hooks_in(&second, &["uninstall"]).code, Some(0));
    assert_laid(&installation);
    assert_eq!(installation.run_hooks_in(&first, &["uninstall"]).code, Some(0));
    assert!(!has_files(&installation));
}
