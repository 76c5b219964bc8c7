//! What the packages promise about what they depend on.

use std::process::Command;

/// The names of all packages that `cargo tree` prints.
fn dependencies(arguments: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--edges", "normal", "--prefix", "none", "--offline"]).args(arguments);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_hooks_depend_on_our_own_crates_alone() {
    assert_eq!(dependencies(&["--no-default-features"]), ["session-signals", "session-signals-protocol"]);
    assert_eq!(dependencies(&["--package", "session-signals-protocol"]), ["session-signals-protocol"]);
    // The command finds dependencies where there are some.
    assert!(dependencies(&[]).iter().any(|name| name == "serde"));
}
