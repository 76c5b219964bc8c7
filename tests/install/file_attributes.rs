//! Access lists and extended attributes of a settings file are kept when the file is replaced.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use super::installation::{Installation, json_text};

#[track_caller]
fn run(program: &str, arguments: &[&str], path: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(path).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the mode, the access list and the attributes of a file.
fn access(path: &Path) -> (u32, String, String) {
    let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let list = run("getfacl", &["--omit-header", "--absolute-names"], path);
    let named = run("getfattr", &["--dump", "--match=^user\\.", "--absolute-names"], path);
    (mode, list, named.lines().skip(1).collect())
}

#[test]
#[ignore = "needs setfacl and setfattr"]
fn access_lists_and_attributes_are_kept() {
    for (mode, list) in [
        (0o600, "u:12345:rw"),
        (0o600, "u:12345:r,g:54321:rw,m::r"),
        (0o664, "g::-,u:12345:-,m::rwx"),
        (0o640, "o::r"),
        (0o600, ""),
    ] {
        let installation = Installation::with_settings("{}");
        fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(mode)).unwrap();
        if !list.is_empty() {
            run("setfacl", &["-m", list], &installation.settings_path());
        }
        run("setfattr", &["-n", "user.note", "-v", "mine"], &installation.settings_path());
        run("setfattr", &["-n", "user.empty"], &installation.settings_path());
        let before = access(&installation.settings_path());
        installation.run_successfully(&["install"]);
        assert_eq!(access(&installation.settings_path()), before, "{mode:o} {list}");
        installation.run_successfully(&["uninstall"]);
        assert_eq!(access(&installation.settings_path()), before, "{mode:o} {list}");
        assert_eq!(installation.read_file(".claude/settings.json"), "{}");
    }
}

/// The directory gives every new file an access list. It gives nobody access to the settings or to their backup.
#[test]
#[ignore = "needs setfacl and setfattr"]
fn nobody_gains_access() {
    let installation = Installation::with_settings("{}");
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o640)).unwrap();
    let before = access(&installation.settings_path());
    for folder in [installation.path(".claude"), installation.path(".claude/backups")] {
        fs::create_dir_all(&folder).unwrap();
        run("setfacl", &["-d", "-m", "u:12345:rwx,g:54321:rwx"], &folder);
    }
    let backup = json_text(&installation.run_json(&["install"]).1["backup"]);
    assert_eq!(access(&installation.settings_path()), before);
    let (mode, list, _) = access(backup.as_ref());
    assert_eq!(mode, 0o600);
    let others = list.lines().filter(|line| line.starts_with("user:1") || line.starts_with("group:5"));
    assert!(others.clone().all(|line| line.ends_with("#effective:---")), "{list}");
    // The access list of the settings is not copied to their backup.
    run("setfacl", &["-m", "u:12345:rw"], &installation.settings_path());
    let backup = json_text(&installation.run_json(&["uninstall"]).1["backup"]);
    assert_eq!(access(backup.as_ref()).0, 0o600);
    assert!(!access(backup.as_ref()).1.contains("12345:rw-\n"), "{}", access(backup.as_ref()).1);
}

#[test]
#[ignore = "needs setfacl, setfattr and strace"]
fn an_attribute_that_cannot_be_kept_is_a_refusal() {
    let installation = Installation::with_settings("{}");
    run("setfattr", &["-n", "user.note", "-v", "mine"], &installation.settings_path());
    let result = installation.run_traced(&["inject=setxattr:error=ENOSPC"], "install", || {});
    assert_eq!(result.code, Some(1), "{result:?}");
    let reason =
        "settings.json has the attribute user.note, which cannot be set on a new file: No space left on device";
    assert!(result.stderr.contains(reason), "{result:?}");
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
    installation.assert_no_temporary_files();
}

/// An access list that is set while `hooks` works is kept.
#[test]
#[ignore = "needs setfacl and strace"]
fn an_access_list_that_is_set_at_the_last_moment_is_kept() {
    let installation = Installation::with_settings("{}");
    let result = installation.run_traced(&["inject=renameat2:delay_enter=2s:when=1"], "install", || {
        std::thread::sleep(std::time::Duration::from_millis(500));
        run("setfacl", &["-m", "u:12345:rw"], &installation.settings_path());
    });
    assert_eq!(result.code, Some(0), "{result:?}");
    assert!(
        access(&installation.settings_path()).1.contains("user:12345:rw-"),
        "{:?}",
        access(&installation.settings_path())
    );
    assert!(installation.read_file(".claude/settings.json").contains("hook-stop"));
}
