//! Every finding of `hooks doctor`, and what --fix does about it.

mod cost;
mod entries;
mod executables;
mod settings;
mod signals;

use fs_err as fs;

use super::installation::{Installation, json_text};

fn installed() -> Installation {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation
}

/// Checks that doctor finds these, repairs all of them, and then finds nothing.
#[track_caller]
fn finds_and_repairs(installation: &Installation, ids: &[&str]) {
    assert_eq!(installation.find_ids(), ids);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(ids.iter().all(|id| output.contains(&format!("{id}: "))) && output.contains("    --fix "), "{output}");
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    let repaired: Vec<String> = checkup["mended"].as_array().unwrap().iter().map(|one| json_text(&one["id"])).collect();
    assert_eq!((code, repaired), (0, ids.iter().map(|id| (*id).to_owned()).collect()), "{checkup}");
    assert_eq!(
        installation.run_hooks(&["doctor"]).stdout,
        "healthy: the hooks are installed and work (Claude Code 2.1.329)\n"
    );
}

/// Checks that doctor finds these, and that --fix changes nothing.
#[track_caller]
fn finds_and_leaves(installation: &Installation, ids: &[&str]) {
    let before = (installation.list_files(), fs::read(installation.settings_path()).ok());
    assert_eq!(installation.find_ids(), ids);
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    assert_eq!((code, checkup["mended"].as_array().unwrap().len()), (i32::from(!ids.is_empty()), 0), "{checkup}");
    assert_eq!((installation.list_files(), fs::read(installation.settings_path()).ok()), before);
}

#[test]
fn healthy_is_one_line() {
    let installation = installed();
    let result = installation.run_hooks(&["doctor"]);
    assert_eq!(result.code, Some(0));
    assert_eq!(result.stdout, "healthy: the hooks are installed and work (Claude Code 2.1.329)\n");
}
