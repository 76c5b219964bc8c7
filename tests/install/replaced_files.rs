//! The mode, the owner and the symlink of a settings file are kept when the file is replaced.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use fs_err as fs;

use super::installation::{Installation, json_text};

#[test]
fn the_mode_is_kept() {
    for mode in [0o600, 0o640, 0o644, 0o664, 0o777] {
        let installation = Installation::with_settings("{}");
        fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(mode)).unwrap();
        installation.run_successfully(&["install"]);
        assert_eq!(fs::metadata(installation.settings_path()).unwrap().permissions().mode() & 0o7777, mode);
    }
}

#[test]
fn the_owner_is_kept() {
    let installation = Installation::with_settings("{}");
    // Only root can change the owner of a file.
    if chown(installation.settings_path(), Some(12345), Some(54321)).is_err() {
        return;
    }
    installation.run_successfully(&["install"]);
    let meta = fs::metadata(installation.settings_path()).unwrap();
    assert_eq!((meta.uid(), meta.gid()), (12345, 54321));
}

#[test]
fn the_target_of_a_symlink_is_replaced() {
    let installation = Installation::new();
    installation.write_file("dotfiles/claude/settings.json", "{\"a\": 1}");
    fs::create_dir_all(installation.path(".claude")).unwrap();
    symlink("../link", installation.settings_path()).unwrap();
    symlink("dotfiles/claude/settings.json", installation.path("link")).unwrap();
    installation.run_successfully(&["install"]);
    assert!(installation.settings_path().is_symlink() && installation.path("link").is_symlink());
    assert!(installation.read_file("dotfiles/claude/settings.json").contains("hook-stop"));
    assert_eq!(fs::read_dir(installation.path("dotfiles/claude")).unwrap().count(), 1);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.read_file("dotfiles/claude/settings.json"), "{\"a\": 1}");
}

#[test]
fn install_warns_of_a_second_hard_link() {
    let installation = Installation::with_settings("{}");
    fs::hard_link(installation.settings_path(), installation.path("other")).unwrap();
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!(code, 0);
    assert!(json_text(&report["warnings"][0]).contains("settings.json has another name (hard links)"), "{report}");
    assert_eq!(installation.read_file("other"), "{}");
}

#[test]
fn no_temporary_file_is_left() {
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install"]);
    installation.run_successfully(&["uninstall"]);
    installation.assert_no_temporary_files();
}
