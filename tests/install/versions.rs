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
            assert!(reason.contains("older version") && reason.contains("--downgrade"), "{reason}");
        }
        // Who is root in a container has no other way; it keeps the newer version all the same.
        assert_eq!(home.json(&["install", "--force"]).0, 1);
        home.hooks(&["doctor", "--fix", "--force"]);
        assert_eq!(home.findings(), ["executable-stale"]);
        let said = home.hooks(&["doctor", "--fix"]).stdout;
        assert!(said.contains(&format!("is of version {version}, newer than this `hooks` (")), "{said}");
        assert_eq!(fs::read(home.installed("hook-stop")).unwrap(), before);
        assert_eq!((home.read(VERSION), home.read(".claude/settings.json")), (format!("{version}\n"), settings));
        let (code, report) = home.json(&["install", "--downgrade"]);
        assert_eq!((code, &report["former"]), (0, &version.into()), "{report}");
        let warning = text(&report["warnings"][0]);
        assert!(warning.starts_with(&format!("version {version} is replaced by the older ")), "{report}");
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

/// Versions do not tell builds apart; bytes do. Which of two is the later one nobody can know.
#[test]
fn another_build_of_the_same_version_is_replaced_and_named() {
    for (version, said) in [
        (env!("CARGO_PKG_VERSION"), concat!("another build of ", env!("CARGO_PKG_VERSION"))),
        ("0.0.9", "version 0.0.9"),
        ("not a version", "a build that names no version"),
    ] {
        let home = with(version);
        let done = home.succeeds(&["install"]);
        assert!(done.contains(&format!("(1 new, in place of {said})")), "{done}");
    }
    // What was merely gone is no other build, nor is what is there for the first time.
    let home = Home::new();
    assert!(home.succeeds(&["install"]).contains(" new)"));
    fs::remove_file(home.installed("hook-stop")).unwrap();
    assert!(home.succeeds(&["install"]).contains("(1 new)"));
    assert_eq!(home.json(&["install"]).1["former"], serde_json::Value::Null);
}
