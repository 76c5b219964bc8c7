//! An older version does not replace a newer one without --downgrade.

use fs_err as fs;

use super::installation::{Installation, json_text};

const VERSION: &str = ".claude/hooks/session-signals/VERSION";

/// Makes an installation of another version.
fn install_other_version(version: &str) -> Installation {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    installation.write_file(VERSION, &format!("{version}\n"));
    let mut bytes = fs::read(installation.executable_path("hook-stop")).unwrap();
    bytes.extend(b"another build");
    fs::write(installation.executable_path("hook-stop"), bytes).unwrap();
    installation
}

#[test]
fn a_file_names_the_installed_version() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    assert_eq!(installation.read_file(VERSION), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    // An installation without the file, as the first versions made it, gets the file.
    fs::remove_file(installation.path(VERSION)).unwrap();
    installation.run_successfully(&["install"]);
    assert_eq!(installation.read_file(VERSION), concat!(env!("CARGO_PKG_VERSION"), "\n"));
    installation.run_successfully(&["uninstall"]);
    assert!(!installation.path(".claude/hooks").exists());
}

#[test]
fn a_newer_version_is_not_replaced_without_downgrade() {
    for version in
        ["99.0.0", "0.99.0", concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"), ".99-rc.1")]
    {
        let installation = install_other_version(version);
        let (before, settings) = (
            fs::read(installation.executable_path("hook-stop")).unwrap(),
            installation.read_file(".claude/settings.json"),
        );
        for arguments in [&["install"][..], &["install", "--dry-run"], &["install", "--scope", "project"]] {
            let (code, report) = installation.run_json(arguments);
            assert_eq!((code, &report["snippet"]), (1, &serde_json::Value::Null), "{report}");
            let reason = json_text(&report["reason"]);
            assert!(reason.starts_with(&format!("version {version} is installed in ~/.claude/")), "{reason}");
            assert!(reason.contains("older version") && reason.contains("--downgrade"), "{reason}");
        }
        // Root in a container always gives --force, and that does not allow a downgrade.
        assert_eq!(installation.run_json(&["install", "--force"]).0, 1);
        installation.run_hooks(&["doctor", "--fix", "--force"]);
        assert_eq!(installation.find_ids(), ["executable-stale"]);
        let output = installation.run_hooks(&["doctor", "--fix"]).stdout;
        assert!(output.contains(&format!("has version {version}, which is newer than this `hooks` (")), "{output}");
        assert_eq!(fs::read(installation.executable_path("hook-stop")).unwrap(), before);
        assert_eq!(
            (installation.read_file(VERSION), installation.read_file(".claude/settings.json")),
            (format!("{version}\n"), settings)
        );
        let (code, report) = installation.run_json(&["install", "--downgrade"]);
        assert_eq!((code, &report["former"]), (0, &version.into()), "{report}");
        let warning = json_text(&report["warnings"][0]);
        assert!(warning.starts_with(&format!("version {version} is replaced by the older ")), "{report}");
        assert_eq!(
            (installation.find_ids(), installation.read_file(VERSION)),
            (vec![], concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned())
        );
    }
}

#[test]
fn an_older_installation_is_replaced_and_named() {
    for (version, output) in [
        ("0.0.9", "has version 0.0.9, which is older than this `hooks` ("),
        (concat!(env!("CARGO_PKG_VERSION"), "-rc.2"), "older than this `hooks` ("),
        (env!("CARGO_PKG_VERSION"), "as this `hooks`, but is another build"),
        ("not a version", "and no file names its version"),
    ] {
        let installation = install_other_version(version);
        let found = installation.run_hooks(&["doctor"]).stdout;
        assert!(
            found.starts_with("executable-stale: ~/.claude/hooks/session-signals/hook-stop ") && found.contains(output),
            "{found}"
        );
        installation.run_successfully(&["doctor", "--fix"]);
        assert_eq!(
            (installation.find_ids(), installation.read_file(VERSION)),
            (vec![], concat!(env!("CARGO_PKG_VERSION"), "\n").to_owned())
        );
    }
}

/// Builds of the same version differ in their content. It is unknown which of them is the later one.
#[test]
fn another_build_of_the_same_version_is_replaced_and_named() {
    for (version, output) in [
        (env!("CARGO_PKG_VERSION"), concat!("another build of ", env!("CARGO_PKG_VERSION"))),
        ("0.0.9", "version 0.0.9"),
        ("not a version", "a build that names no version"),
    ] {
        let installation = install_other_version(version);
        let result = installation.run_successfully(&["install"]);
        assert!(result.contains(&format!("(1 new, in place of {output})")), "{result}");
    }
    // An executable that is missing, or is installed for the first time, is not another build.
    let installation = Installation::new();
    assert!(installation.run_successfully(&["install"]).contains(" new)"));
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    assert!(installation.run_successfully(&["install"]).contains("(1 new)"));
    assert_eq!(installation.run_json(&["install"]).1["former"], serde_json::Value::Null);
}
