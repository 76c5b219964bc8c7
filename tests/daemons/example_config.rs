//! The example config is valid, and docs/daemons.md shows it.

use super::daemon_sandbox::DaemonSandbox;

const EXAMPLE: &str = include_str!("../../session-daemons.example.json");

#[test]
fn the_example_is_valid_and_the_page_shows_it() {
    let page = include_str!("../../docs/daemons.md");
    assert!(page.contains(EXAMPLE), "docs/daemons.md has the text of the example");
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
