//! The example config is valid, and the README shows it.

use super::daemon_sandbox::DaemonSandbox;

const EXAMPLE: &str = include_str!("../../session-daemons.example.json");

#[test]
fn the_example_is_valid_and_the_readme_shows_it() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(EXAMPLE), "the README's example is the file's text");
    let sandbox = DaemonSandbox::with_config(EXAMPLE);
    let outcome = sandbox.run_subcommand(&["start", "--session", "s"]);
    // Its programs may be missing on this machine, but its text must be valid.
    assert!(!outcome.stderr.contains("line "), "{}", outcome.stderr);
    assert_eq!(
        sandbox.list_json().len(),
        serde_json::from_str::<serde_json::Value>(EXAMPLE).unwrap()["daemons"].as_array().unwrap().len()
    );
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_success();
}
