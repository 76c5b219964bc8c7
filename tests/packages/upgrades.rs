//! Upgrades: after each way to get the executables, `hooks install` brings the registered copies to the version of the package, and an
//! older package never replaces a newer copy silently.

use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use fs_err as fs;
use session_signals_protocol::{HOOKS, Hook};

use super::release::run;
use super::{debian, install_script, npm};
use crate::install::installation::Installation;
use crate::sandbox::copy_executable;

/// Upgrades and downgrades the registered hooks of a home in which a package is installed. `shell` makes a command that runs a script
/// there, with the executables of the package on PATH.
#[track_caller]
fn check_upgrades(installation: &Installation, shell: &dyn Fn(&str) -> Command) {
    let install = || -> Output { shell("exec hooks install").output().unwrap() };
    let copy = installation.executable_path("hook-stop");
    // What another version has left: other bytes, and the file that names the version.
    let leave_version = |version: &str| {
        let change = r#"printf 'another build' >>"$0" && printf '%s\n' "$1" >"${0%/*}/VERSION""#;
        run(Command::new("sh").args(["-euc", change]).arg(&copy).arg(version));
        fs::read(&copy).unwrap()
    };
    assert!(install().status.success());
    let ours = fs::read(&copy).unwrap();
    leave_version("0.0.9");
    let upgraded = install();
    let printed = String::from_utf8_lossy(&upgraded.stdout).into_owned();
    assert!(upgraded.status.success() && printed.contains("in place of version 0.0.9"), "{upgraded:?}");
    assert_eq!(fs::read(&copy).unwrap(), ours);
    let newer = leave_version("99.0.0");
    let refused = install();
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(1) && message.contains("--downgrade"), "{refused:?}");
    assert_eq!(fs::read(&copy).unwrap(), newer, "a newer copy was replaced");
    let downgraded = run(&mut shell("hooks install --downgrade 2>&1 && hooks doctor"));
    assert!(downgraded.contains("version 99.0.0 is replaced by the older "), "{downgraded}");
    assert_eq!(fs::read(&copy).unwrap(), ours);
}

/// Returns a shell in a home that has `folder` on PATH.
fn shell_with(installation: &Installation, folder: &str, script: &str) -> Command {
    let mut shell = Command::new("sh");
    let home = installation.path("");
    let search = format!("{0}/bin:{0}/{folder}:/usr/bin:/bin", home.display());
    shell.args(["-euc", script]).current_dir(&home).env_clear().env("HOME", &home).env("PATH", search);
    shell.env("CLAUDE_PID", std::process::id().to_string());
    shell
}

/// Copies all executables to a folder of the home.
fn copy_executables(installation: &Installation, folder: &str) {
    fs::create_dir_all(installation.path(folder)).unwrap();
    for name in HOOKS.into_iter().chain([Hook::Mod]).map(Hook::executable).chain(["hooks", "sessions"]) {
        copy_executable(&installation.built(name), &installation.path(folder).join(name));
    }
}

#[test]
fn an_upgrade_with_cargo_is_registered_by_hooks_install() {
    let installation = Installation::new().with_small_build();
    copy_executables(&installation, ".cargo/bin");
    check_upgrades(&installation, &|script| shell_with(&installation, ".cargo/bin", script));
}

/// Homebrew keeps the executables in one folder, and links two of them.
#[test]
fn an_upgrade_with_homebrew_is_registered_by_hooks_install() {
    let installation = Installation::new().with_small_build();
    let libexec = "homebrew/Cellar/session-signals/libexec";
    copy_executables(&installation, libexec);
    fs::create_dir_all(installation.path("homebrew/bin")).unwrap();
    for name in ["hooks", "sessions"] {
        symlink(installation.path(libexec).join(name), installation.path("homebrew/bin").join(name)).unwrap();
    }
    check_upgrades(&installation, &|script| shell_with(&installation, "homebrew/bin", script));
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn an_upgrade_with_npm_is_registered_by_hooks_install() {
    let computer = npm::Computer::new();
    run(&mut computer.shell("npm install --silent -g session-signals"));
    check_upgrades(computer.installation(), &|script| computer.shell(script));
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn an_upgrade_with_the_script_is_registered_by_hooks_install() {
    let computer = install_script::Computer::new();
    run(&mut computer.shell("sh \"$SCRIPT\""));
    check_upgrades(computer.installation(), &|script| computer.shell(script));
}

#[test]
#[ignore = "needs dpkg, strip and tar"]
fn an_upgrade_with_the_debian_package_is_registered_by_hooks_install() {
    let (system, installation) = (debian::System::with_package(), Installation::new());
    check_upgrades(&installation, &|script| system.shell(&installation, script));
}
