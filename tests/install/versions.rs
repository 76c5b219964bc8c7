//! Which of two versions is the newer: an older one does not replace it unasked.

use fs_err as fs;

use super::home::{Home, text};

const VERSION: &str = ".claude/hooks/session-signals/VERSION";

/// A home where another version's executables are installed.
fn with(version: &str) -> Home {
    let home = Home::new();
    home.succeeds(&["install"]);
    home.write(VERSION, &format!("{version}\n"));
    let mut bytes = fs::read(home.installed("hook-stop")).unwrap();
    bytes.extend(b"another build");
    fs::write(home.installed("hook-stop"), bytes).unwrap();
    home
}

#[test]
fn what_is_installed_says_its_version() {
    let home = Home::new();
    home.succeeds(&["install"]);
    assert_eq!(home.read(VERSION), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    // A first installation, from before there were versions, is taken up.
    fs::remove_file(home.path(VERSION)).unwrap();
    home.succeeds(&["install"]);
    assert_eq!(home.read(VERSION), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    home.succeeds(&["uninstall"]);
    assert!(!home.path(".claude/hooks").exists());
}

#[test]
fn a_newer_installation_is_not_replaced_unasked() {
    for version in
        ["99.0.0", "0.99.0", concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"), ".99-rc.1")]
    {
        let home = with(version);
        let (before, settings) = (fs::read(home.installed("hook-stop")).unwrap(), home.read(".claude/settings.json"));
        for arguments in [&["install"][..], &["install", "--dry-run"], &["install", "--scope", "project"]] {
            let (code, report) = home.json(arguments);
            assert_eq!((code, &report["snippet"]), (1, &serde_json::Value::Null), "{report}");
            let reason = text(&report["reason"]);
            assert!(reason.starts_with(&format!("version {version} is installed in ~/.claude/")), "{reason}");
            assert!(reason.contains("older version") && reason.contains("--force"), "{reason}");
        }
        assert_eq!(home.findings(), ["executable-stale"]);
        let said = home.hooks(&["doctor", "--fix"]).stdout;
        assert!(said.contains(&format!("is of version {version}, newer than this `hooks` (")), "{said}");
        assert_eq!(fs::read(home.installed("hook-stop")).unwrap(), before);
        assert_eq!((home.read(VERSION), home.read(".claude/settings.json")), (format!("{version}\n"), settings));
        home.succeeds(&["install", "--force"]);
        assert_eq!(
            (home.findings(), home.read(VERSION)),
            (vec![], concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned())
        );
    }
}

#[test]
fn an_older_installation_is_replaced_and_named() {
    for (version, said) in [
        ("0.0.9", "is of version 0.0.9, older than this `hooks` ("),
        (concat!(env!("CARGO_PKG_VERSION"), "-rc.2"), "older than this `hooks` ("),
        (env!("CARGO_PKG_VERSION"), "is of another build of version "),
        ("not a version", "and nothing says its version"),
    ] {
        let home = with(version);
        let found = home.hooks(&["doctor"]).stdout;
        assert!(
            found.starts_with("executable-stale: ~/.claude/hooks/session-signals/hook-stop ") && found.contains(said),
            "{found}"
        );
        home.succeeds(&["doctor", "--fix"]);
        assert_eq!(
            (home.findings(), home.read(VERSION)),
            (vec![], concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned())
        );
    }
}
