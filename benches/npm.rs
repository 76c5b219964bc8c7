//! How long does it take from nothing to registered hooks, with npm?
//!
//! The real npm installs the packages from a registry on loopback, so the time of a network is not in it. It needs node, npm and jq.

mod verdict;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fs_err as fs;

use verdict::verdict;

/// The limit for the installation of the packages and the registration of the hooks.
const TARGET: Duration = Duration::from_secs(10);
/// How often both are done, each time in an empty home.
const RUNS: usize = 5;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SYSTEM: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };

fn main() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    // The archive is that of a release, with the executables of this build.
    let built = path("target").join(SYSTEM);
    fs::create_dir_all(&built).expect("a directory");
    let executables = Path::new(env!("CARGO_BIN_EXE_hooks")).parent().expect("a directory");
    std::os::unix::fs::symlink(executables, built.join("release")).expect("a link");
    let mut archive = Command::new(format!("{ROOT}/.ci/archive"));
    run(archive.arg(SYSTEM).arg(path("archives")).env("CARGO_TARGET_DIR", path("target")));
    run(Command::new(format!("{ROOT}/packaging/npm/pack")).arg(path("archives")).arg(path("packages")));

    let mut registry = Command::new("node");
    registry.arg(format!("{ROOT}/tests/packages/registry.mjs")).arg(path("packages")).stdout(Stdio::piped());
    let mut registry = registry.spawn().expect("node");
    let mut port = String::new();
    BufReader::new(registry.stdout.take().expect("a pipe")).read_line(&mut port).expect("a port");

    let mut times: Vec<_> = (0..RUNS)
        .map(|number| {
            let home = path(&format!("home-{number}"));
            fs::create_dir(&home).expect("a home");
            let begin = Instant::now();
            run(&mut shell(&home, &port, "npm install --silent -g session-signals"));
            let installed = begin.elapsed();
            run(&mut shell(&home, &port, "hooks install"));
            assert!(home.join(".claude/settings.json").exists(), "nothing is registered");
            (begin.elapsed(), installed)
        })
        .collect();
    registry.kill().expect("the registry");
    registry.wait().expect("the registry");
    times.sort();
    let (median, worst) = (times[RUNS / 2], times[RUNS - 1]);
    println!("\n| from nothing | median | worst of {RUNS} |\n| --- | ---: | ---: |");
    println!("| to the installed package | {:.2?} | {:.2?} |", median.1, worst.1);
    println!("| to the registered hooks | {:.2?} | {:.2?} |\n", median.0, worst.0);
    let text = format!("registered with npm after {:.2?} (target: under {TARGET:?})", median.0);
    println!("{}", verdict(median.0 < TARGET, &text));
}

/// Returns a shell in a home, with an npm that installs into it.
fn shell(home: &Path, port: &str, script: &str) -> Command {
    let search = format!("{}/prefix/bin:/usr/local/bin:/usr/bin:/bin", home.display());
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(home).env_clear().env("HOME", home).env("PATH", search);
    shell.env("npm_config_registry", format!("http://127.0.0.1:{}/", port.trim()));
    shell.env("npm_config_prefix", home.join("prefix")).env("npm_config_update_notifier", "false");
    shell
}

/// Runs a command that must succeed, and returns what it prints.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("a command");
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
