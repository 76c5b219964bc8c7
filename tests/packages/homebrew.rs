//! The Homebrew formula, as it is made from the archives of a release. Homebrew itself does not run here.

use std::path::Path;
use std::process::Command;

use fs_err as fs;
use tempfile::TempDir;

use super::release::run;

#[test]
#[ignore = "needs ruby"]
fn the_formula_is_ruby_and_has_the_checksum_of_each_archive() {
    let archives = TempDir::new().unwrap();
    let targets =
        ["aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-musl", "x86_64-unknown-linux-musl"];
    let name = |target| format!("session-signals-{}-{target}.tar.gz", env!("CARGO_PKG_VERSION"));
    for (target, digit) in targets.into_iter().zip(1..) {
        let sum = digit.to_string().repeat(64);
        fs::write(archives.path().join(name(target) + ".sha256"), format!("{sum}  {}\n", name(target))).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/homebrew-formula");
    let formula = run(Command::new(script).arg(archives.path()));
    for (target, digit) in targets.into_iter().zip(1..) {
        let (_, after) = formula.split_once(&format!("/{}\"", name(target))).expect("the address of the archive");
        let sum = after.split("sha256 \"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(sum, digit.to_string().repeat(64), "{target}");
    }
    assert!(!formula.contains('@'), "{formula}");
    // Homebrew runs nothing when it removes the formula, so the formula says before what stays.
    assert!(formula.contains("Run `hooks uninstall` before you uninstall this formula."), "{formula}");
    let file = archives.path().join("session-signals.rb");
    fs::write(&file, formula).unwrap();
    assert_eq!(run(Command::new("ruby").arg("-wc").arg(&file)), "Syntax OK\n");
}
