//! What stays of a file that is replaced: its mode, its owner, its symlink; and what cannot.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use fs_err as fs;

use super::home::{Home, text};

#[test]
fn the_mode_stays() {
    for mode in [0o600, 0o640, 0o644, 0o664, 0o777] {
        let home = Home::with_settings("{}");
        fs::set_permissions(home.settings(), PermissionsExt::from_mode(mode)).unwrap();
        home.succeeds(&["install"]);
        assert_eq!(fs::metadata(home.settings()).unwrap().permissions().mode() & 0o7777, mode);
    }
}

#[test]
fn the_owner_stays() {
    let home = Home::with_settings("{}");
    // Only root can give a file away.
    if chown(home.settings(), Some(12345), Some(54321)).is_err() {
        return;
    }
    home.succeeds(&["install"]);
    let meta = fs::metadata(home.settings()).unwrap();
    assert_eq!((meta.uid(), meta.gid()), (12345, 54321));
}

#[test]
fn a_symlink_is_written_through() {
    let home = Home::new();
    home.write("dotfiles/claude/settings.json", "{\"a\": 1}");
    fs::create_dir_all(home.path(".claude")).unwrap();
    symlink("../link", home.settings()).unwrap();
    symlink("dotfiles/claude/settings.json", home.path("link")).unwrap();
    home.succeeds(&["install"]);
    assert!(home.settings().is_symlink() && home.path("link").is_symlink());
    assert!(home.read("dotfiles/claude/settings.json").contains("hook-stop"));
    assert_eq!(fs::read_dir(home.path("dotfiles/claude")).unwrap().count(), 1);
    assert_eq!(home.findings(), [""; 0]);
    home.succeeds(&["uninstall"]);
    assert_eq!(home.read("dotfiles/claude/settings.json"), "{\"a\": 1}");
}

#[test]
fn a_second_hard_link_is_warned_of() {
    let home = Home::with_settings("{}");
    fs::hard_link(home.settings(), home.path("other")).unwrap();
    let (code, report) = home.json(&["install"]);
    assert_eq!(code, 0);
    assert!(text(&report["warnings"][0]).contains("settings.json has another name (hard links)"), "{report}");
    assert_eq!(home.read("other"), "{}");
}

#[test]
fn nothing_temporary_is_left() {
    let home = Home::with_settings("{}");
    home.succeeds(&["install"]);
    home.succeeds(&["uninstall"]);
    assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
}
