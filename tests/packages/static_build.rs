//! The executables of a release: they are static, and the same source gives the same bytes in every directory.

use std::path::Path;
use std::process::Command;

use fs_err as fs;
use session_signals_protocol::{HOOKS, Hook};
use tempfile::TempDir;

use super::checkout::Checkout;
use crate::sandbox::copy_executable;

fn hook_names() -> impl Iterator<Item = &'static str> {
    HOOKS.into_iter().chain([Hook::Mod]).map(Hook::executable)
}

/// Builds twice, in two directories. Fails if the executables differ, or if one has a path of this computer in it.
fn build_twice(options: &[&str], names: &[&str]) -> (Checkout, std::path::PathBuf) {
    let (one, other) = (Checkout::new(), Checkout::new());
    let (first, second) = (one.build(options), other.build(options));
    for name in names {
        assert_eq!(fs::read(first.join(name)).unwrap(), fs::read(second.join(name)).unwrap(), "{name}");
        assert!(!one.names_a_directory(&first.join(name)), "{name} has a path of this computer in it");
    }
    (one, first)
}

/// Runs a program in a directory that holds nothing else. Returns what it prints.
fn run_in_an_empty_root(program: &Path, argument: &str) -> String {
    let root = TempDir::new().unwrap();
    copy_executable(program, &root.path().join("program"));
    let mut enter = Command::new("unshare");
    enter.args(["--map-root-user", "chroot"]).arg(root.path()).args(["/program", argument]);
    let output = enter.output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", program.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs the musl target of Rust and git"]
fn hooks_for_musl_keep_their_size_and_are_the_same_from_two_directories() {
    let names: Vec<_> = hook_names().collect();
    let (_checkout, built) = build_twice(&["--no-default-features"], &names);
    for name in names {
        let len = fs::metadata(built.join(name)).unwrap().len();
        assert!(len <= 32 * 1024, "{name}: {len} bytes");
    }
}

#[test]
#[ignore = "needs the musl target of Rust and git, and builds everything twice, which takes many minutes"]
fn a_release_is_the_same_from_two_directories_and_runs_in_an_empty_root() {
    let names: Vec<_> = hook_names().chain(["hooks", "sessions", "LICENCES-OF-PACKAGES.txt"]).collect();
    let (_checkout, built) = build_twice(&[], &names);
    for program in ["hooks", "sessions"] {
        let printed = run_in_an_empty_root(&built.join(program), "--version");
        assert!(printed.contains(env!("CARGO_PKG_VERSION")), "{printed}");
    }
    let licences = fs::read_to_string(built.join("LICENCES-OF-PACKAGES.txt")).unwrap();
    for package in ["serde ", "axum ", "the C library musl", "the standard library of Rust"] {
        assert!(licences.lines().any(|line| line.contains(package)), "{package}");
    }
}
