//! Runs `hooks` under strace, to kill it at each system call that changes a file.

use std::collections::BTreeMap;
use std::process::Output;

use super::installation::Installation;
use super::kill_points::CHANGES;

/// Runs `hooks` under strace, with these options of strace.
pub fn trace(installation: &Installation, options: &[&str], arguments: &[&str]) -> Output {
    let mut strace = installation.command("strace".as_ref());
    strace.arg("-o").arg(installation.path("source-trace")).args(options);
    strace.arg(installation.built("hooks")).args(arguments).output().unwrap()
}

/// Returns the system calls of a run that change files, as strace injects a signal into them.
pub fn list_changes(installation: &Installation, arguments: &[&str]) -> Vec<String> {
    assert!(trace(installation, &[], arguments).status.success());
    let mut counts = BTreeMap::<String, usize>::new();
    let text = installation.read_file("source-trace");
    let calls = text.lines().skip(1).filter_map(|line| line.split_once('('));
    let injections = calls.filter_map(|(name, rest)| {
        let count = counts.entry(name.to_owned()).or_default();
        *count += 1;
        let changes_files = CHANGES.contains(&name) || rest.contains("O_CREAT");
        changes_files.then(|| format!("inject={name}:signal=SIGKILL:when={count}"))
    });
    injections.collect()
}
