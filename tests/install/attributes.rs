//! What stays of a file that is replaced besides its bytes, mode and owner: access lists and extended attributes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

use super::home::{Home, text};
use crate::sandbox::{executable_path, run_with_input};

#[track_caller]
fn run(program: &str, arguments: &[&str], path: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(path).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Its mode, its access list, and its attributes.
fn access(path: &Path) -> (u32, String, String) {
    let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let list = run("getfacl", &["--omit-header", "--absolute-names"], path);
    let named = run("getfattr", &["--dump", "--match=^user\\.", "--absolute-names"], path);
    (mode, list, named.lines().skip(1).collect())
}

#[test]
#[ignore = "needs setfacl and setfattr"]
fn access_lists_and_attributes_stay() {
    for (mode, list) in [
        (0o600, "u:12345:rw"),
        (0o600, "u:12345:r,g:54321:rw,m::r"),
        (0o664, "g::-,u:12345:-,m::rwx"),
        (0o640, "o::r"),
        (0o600, ""),
    ] {
        let home = Home::with_settings("{}");
        fs::set_permissions(home.settings(), PermissionsExt::from_mode(mode)).unwrap();
        if !list.is_empty() {
            run("setfacl", &["-m", list], &home.settings());
        }
        run("setfattr", &["-n", "user.note", "-v", "mine"], &home.settings());
        run("setfattr", &["-n", "user.empty"], &home.settings());
        let before = access(&home.settings());
        home.succeeds(&["install"]);
        assert_eq!(access(&home.settings()), before, "{mode:o} {list}");
        home.succeeds(&["uninstall"]);
        assert_eq!(access(&home.settings()), before, "{mode:o} {list}");
        assert_eq!(home.read(".claude/settings.json"), "{}");
    }
}

/// The directory gives every new file an access list. Neither the settings nor what is saved of them become wider.
#[test]
#[ignore = "needs setfacl and setfattr"]
fn nobody_gains_access() {
    let home = Home::with_settings("{}");
    fs::set_permissions(home.settings(), PermissionsExt::from_mode(0o640)).unwrap();
    let before = access(&home.settings());
    for folder in [home.path(".claude"), home.path(".claude/backups")] {
        fs::create_dir_all(&folder).unwrap();
        run("setfacl", &["-d", "-m", "u:12345:rwx,g:54321:rwx"], &folder);
    }
    let backup = text(&home.json(&["install"]).1["backup"]);
    assert_eq!(access(&home.settings()), before);
    let (mode, list, _) = access(backup.as_ref());
    assert_eq!(mode, 0o600);
    let others = list.lines().filter(|line| line.starts_with("user:1") || line.starts_with("group:5"));
    assert!(others.clone().all(|line| line.ends_with("#effective:---")), "{list}");
    // A list that the settings have is no part of their backup.
    run("setfacl", &["-m", "u:12345:rw"], &home.settings());
    let backup = text(&home.json(&["uninstall"]).1["backup"]);
    assert_eq!(access(backup.as_ref()).0, 0o600);
    assert!(!access(backup.as_ref()).1.contains("12345:rw-\n"), "{}", access(backup.as_ref()).1);
}

#[test]
#[ignore = "needs setfacl, setfattr and strace"]
fn what_cannot_be_kept_is_refused() {
    let home = Home::with_settings("{}");
    run("setfattr", &["-n", "user.note", "-v", "mine"], &home.settings());
    let mut strace = home.command("strace".as_ref());
    strace.args(["-o", "/dev/null", "-e", "inject=setxattr:error=ENOSPC"]).arg(executable_path("hooks"));
    let done = run_with_input(strace.arg("install"), "");
    assert_eq!(done.code, Some(1), "{done:?}");
    let reason = "settings.json has the attribute user.note, which a new file cannot be given: No space left on device";
    assert!(done.stderr.contains(reason), "{done:?}");
    assert_eq!(home.read(".claude/settings.json"), "{}");
    assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
}

/// An access list that is set while we look is seen.
#[test]
#[ignore = "needs setfacl and strace"]
fn what_is_set_at_the_last_moment_stays() {
    let home = Home::with_settings("{}");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !home.everything().iter().any(|name| name.starts_with(".claude/.session-signals.")) {
                std::thread::yield_now();
            }
            std::thread::sleep(std::time::Duration::from_millis(500));
            run("setfacl", &["-m", "u:12345:rw"], &home.settings());
        });
        let mut strace = home.command("strace".as_ref());
        strace.args(["-o", "/dev/null", "-e", "inject=renameat2:delay_enter=2s:when=1"]).arg(executable_path("hooks"));
        assert_eq!(run_with_input(strace.arg("install"), "").code, Some(0));
    });
    assert!(access(&home.settings()).1.contains("user:12345:rw-"), "{:?}", access(&home.settings()));
    assert!(home.read(".claude/settings.json").contains("hook-stop"));
}
