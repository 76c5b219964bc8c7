//! Findings about the executables that are registered.

use std::os::unix::fs::PermissionsExt;

use fs_err as fs;

use super::super::installation::Installation;
use super::{finds_and_repairs, installed};
use crate::sandbox::{executable_path, run_with_input};

#[test]
fn an_executable_gone() {
    let installation = installed();
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    finds_and_repairs(&installation, &["executable-gone"]);
}

#[test]
fn an_executable_that_is_not_executable() {
    let installation = installed();
    fs::set_permissions(installation.executable_path("hook-stop"), PermissionsExt::from_mode(0o644)).unwrap();
    finds_and_repairs(&installation, &["executable-not-executable"]);
}

#[test]
fn an_executable_of_another_architecture() {
    let installation = installed();
    let mut bytes = fs::read(installation.executable_path("hook-stop")).unwrap();
    // e_machine names a machine on which these tests do not run.
    bytes[18..20].copy_from_slice(&[0x08, 0x00]);
    fs::write(installation.executable_path("hook-stop"), bytes).unwrap();
    finds_and_repairs(&installation, &["executable-foreign"]);
    fs::write(installation.executable_path("hook-stop"), "not one at all").unwrap();
    finds_and_repairs(&installation, &["executable-foreign"]);
}

#[test]
fn a_stale_copy() {
    let installation = installed();
    let mut bytes = fs::read(installation.executable_path("hook-stop")).unwrap();
    bytes.extend(b"an older build");
    fs::write(installation.executable_path("hook-stop"), bytes).unwrap();
    finds_and_repairs(&installation, &["executable-stale"]);
}

#[test]
fn an_entry_that_only_looks_like_ours_is_not_run() {
    let installation = installed();
    let trap = installation.write_script("project/session-signals/hook-stop", "touch \"$0.ran\"");
    for members in [r#","args":[]"#, ""] {
        let entry = format!(r#"{{"type":"command","command":"{}"{members}}}"#, trap.display());
        installation
            .write_file("project/.claude/settings.json", &format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{entry}]}}]}}}}"#));
        installation.run_hooks(&["doctor"]);
        installation.run_hooks(&["install", "--scope", "project"]);
        assert!(!installation.path("project/session-signals/hook-stop.ran").exists());
    }
}

#[test]
fn an_executable_that_fails() {
    let installation = Installation::new();
    let build = installation.copy_build("failing");
    build.replace_executable("hook-stop", b"#!/bin/sh\necho out of order >&2\nexit 1\n");
    assert_eq!(build.hooks(&["install"]).code, Some(3));
    let result = build.hooks(&["doctor"]);
    assert_eq!(result.code, Some(1));
    assert!(
        result.stdout.contains("executable-fails: Stop, StopFailure: ") && result.stdout.contains("out of order"),
        "{result:?}"
    );
    // The same build cannot repair it, and says so.
    let result = build.hooks(&["doctor", "--fix"]);
    assert_eq!(result.code, Some(1), "{result:?}");
    finds_and_repairs(&installation, &["executable-stale"]);
}

#[test]
fn executables_that_all_fail_alike_are_one_finding() {
    let installation = Installation::new();
    let build = installation.copy_build("failing");
    for hook in session_signals_protocol::HOOKS {
        build.replace_executable(hook.executable(), b"#!/bin/sh\necho \"${0##*/}: out of order\" >&2\nexit 1\n");
    }
    let result = build.hooks(&["install", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&result.stdout).unwrap();
    assert_eq!((result.code, report["problems"].as_array().unwrap().len()), (Some(3), 1), "{report}");
    let output = build.hooks(&["doctor"]).stdout;
    assert_eq!(output.matches("executable-fails: ").count(), 1, "{output}");
    let line = output.lines().next().unwrap();
    assert!(
        line.contains("out of order") && line.contains("/hook-session-start, ") && line.contains("StopFailure"),
        "{output}"
    );
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which needs root"]
fn an_executable_mounted_noexec() {
    let installation = installed();
    let folder = installation.path(".claude/hooks/session-signals").display().to_string();
    let hooks = executable_path("hooks").display().to_string();
    let script = format!(
        "cp -a {folder} {folder}.copy && mount -t tmpfs -o noexec none {folder} && cp -a {folder}.copy/. {folder} && exec {hooks} doctor"
    );
    let result = run_with_input(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
    assert_eq!(result.code, Some(1), "{result:?}");
    assert!(
        result.stdout.contains("executable-noexec: in ~/.claude/hooks/session-signals each of these lies on"),
        "{result:?}"
    );
}

/// The executables are started in a temporary folder. Without one, nothing is known about them, and nothing is repaired.
#[test]
fn without_a_temporary_folder_no_executable_is_blamed() {
    let installation = installed();
    for fix in [&[][..], &["--fix"]] {
        let mut hooks = installation.command(&executable_path("hooks"));
        hooks.env("TMPDIR", "/nonexistent").arg("doctor").args(fix);
        let result = run_with_input(&mut hooks, "");
        let sentence = "executable-fails: the registered commands were not tested, because no folder can be made in /nonexistent (TMPDIR): entity not found\n";
        assert!(result.code == Some(1) && result.stdout.starts_with(sentence), "{result:?}");
        assert!(!result.stdout.contains("--fix") && !result.stdout.contains("repaired"), "{result:?}");
        assert_eq!(result.stderr, "");
    }
}
