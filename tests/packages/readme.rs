//! The ways to get the executables that the README names. Each line is typed here against local artefacts, or has the reason why it
//! cannot be typed here.

use std::path::Path;
use std::process::Command;

use fs_err as fs;

use super::release::run;
use super::{install_script, npm};
use crate::install::installation::Installation;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// How a line of the README is tried.
enum Trial {
    /// A test types the line.
    Typed,
    /// No test can type it, for this reason.
    NotHere(&'static str),
}

/// The ways of the README, in the order of what most people have.
const WAYS: [(&str, Trial); 5] = [
    ("npm", Trial::Typed),
    ("Homebrew", Trial::NotHere("Homebrew does not run here; `homebrew.rs` checks the formula and its checksums")),
    ("a script", Trial::Typed),
    (
        "cargo",
        Trial::NotHere("the crates are not on crates.io; `.ci/full` runs `cargo install --path .` and `cargo package`"),
    ),
    ("the source", Trial::Typed),
];

/// Returns the ways of the README and the line of each.
fn ways_of_the_readme() -> Vec<(String, String)> {
    let text = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let table = text.split_once("| with | type |\n| --- | --- |\n").expect("the table of ways").1;
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let way = |row: &str| {
        // A vertical line in a cell has a backslash before it.
        let row = row.replace("\\|", "\0");
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let line = cells[2].split('`').nth(1).expect("a line to type").replace('\0', "|");
        (cells[1].to_owned(), line)
    };
    rows.map(way).collect()
}

/// Returns the line of one way.
fn line_of(way: &str) -> String {
    ways_of_the_readme().into_iter().find(|(name, _)| name == way).expect("a way of the README").1
}

#[test]
fn every_way_of_the_readme_is_typed_by_a_test_or_has_a_reason() {
    let ways = ways_of_the_readme();
    let named: Vec<_> = ways.iter().map(|(way, _)| way.as_str()).collect();
    assert_eq!(named, WAYS.map(|(way, _)| way));
    for (way, trial) in WAYS {
        if let Trial::NotHere(reason) = trial {
            println!("{way}: {} is not typed: {reason}", line_of(way));
        }
    }
}

/// The lines fail before the first release, so the README says from which version on they work. This test fails when the version is
/// released and the sentence is still there.
#[test]
fn the_readme_says_from_which_version_on_the_ways_work() {
    let read = |name| fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
    let is_released = !read("CHANGELOG.md").contains("## 0.1.0 (unreleased)");
    let readme = read("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence =
        "There is no release yet: from version 0.1.0 on, all of these ways work. Until then, only the last one does.";
    assert_eq!(readme.contains(sentence), !is_released);
}

/// After each way, the hooks are registered and `sessions` shows the sessions.
const FIRST_MINUTE: &str = "hooks install && hooks doctor && sessions";

#[track_caller]
fn assert_registered(printed: &str) {
    assert!(printed.contains("Installed in ~/.claude/settings.json") && printed.contains("healthy: "), "{printed}");
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn the_line_for_npm_leads_to_registered_hooks() {
    let computer = npm::Computer::new();
    assert_registered(&run(&mut computer.shell(&format!("{} && {FIRST_MINUTE}", line_of("npm")))));
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn the_line_for_a_shell_leads_to_registered_hooks() {
    let computer = install_script::Computer::new();
    let line = line_of("a script");
    let local = line.replace(&format!("{REPOSITORY}/releases"), &computer.url);
    assert_ne!(line, local, "the address of the releases");
    assert_registered(&run(&mut computer.shell(&format!("{local} && {FIRST_MINUTE}"))));
}

/// The executables are built already, so cargo does nothing here. `.ci/run` types the real command in two steps.
#[test]
#[ignore = "needs git"]
fn the_lines_for_the_source_lead_to_registered_hooks() {
    let installation = Installation::new();
    let repository = installation.path("repository");
    // The repository has the files as they are now, whether they are committed or not.
    let copy = r#"cd "$0" && git ls-files -z --cached --others --exclude-standard -- README.md Cargo.toml | xargs -0 cp --parents -t "$1"
        cd "$1" && git init --quiet && git add . && git -c user.name=test -c user.email=test commit --quiet -m test"#;
    fs::create_dir(&repository).unwrap();
    run(Command::new("bash").args(["-euc", copy, ROOT]).arg(&repository));
    installation.write_script("bin/cargo", "mkdir -p target && ln -sfn \"$BUILT\" target/release");
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let block = readme.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let first = block.lines().next().unwrap();
    assert!(first.starts_with("cargo build --release && target/release/hooks install "), "{first}");
    assert!(block.lines().nth(1).unwrap().starts_with("cargo test --workspace "), "{block}");
    let line = format!("{}\n{first}\nhooks doctor && sessions", line_of("the source"));
    let mut shell = Command::new("sh");
    let home = installation.path("");
    let search = format!("{0}/bin:{0}/.local/bin:/usr/bin:/bin", home.display());
    shell.args(["-euc", &line]).current_dir(&home).env_clear().env("HOME", &home).env("PATH", search);
    shell.env("SHELL", "/bin/sh").env("BUILT", installation.built("hooks").parent().unwrap());
    shell.env("CLAUDE_PID", std::process::id().to_string());
    // Git loads this repository in the place of the one on the network.
    shell.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_VALUE_0", REPOSITORY);
    shell.env("GIT_CONFIG_KEY_0", format!("url.file://{}.insteadOf", repository.display()));
    assert_registered(&run(&mut shell));
}
