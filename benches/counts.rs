//! Counts what does not change from run to run: instructions, resident memory, system calls.

use std::path::PathBuf;
use std::time::Duration;

use crate::candidates::{Candidate, FLOOR, HOOK};
use crate::home_directory::HomeDirectory;
use crate::payload_command::with_payload;

/// Prints the counts of every candidate.
///
/// Panics if the hook and the floor make different system calls, because then the floor is no lower limit for the hook.
pub fn print_counts(candidates: &[Candidate], home: &HomeDirectory) {
    println!("\n| instructions | resident | of it its own | |\n| ---: | ---: | ---: | --- |");
    for candidate in candidates {
        let count = if candidate.is_script { None } else { count_instructions(candidate, home) };
        let count = count.unwrap_or_else(|| "-".to_owned());
        let (resident, private) = measure_memory(candidate, home).unwrap_or_else(|| ("-".to_owned(), "-".to_owned()));
        println!("| {count} | {resident} | {private} | {} |", candidate.name);
    }
    println!(
        "\nThe instructions are those outside of the kernel. The memory of a script is that of its interpreter when the script ends."
    );
    for tool in ["valgrind", "strace"] {
        if !is_installed(tool) {
            println!("skipped: {tool} is not installed");
        }
    }
    let trace = |name| {
        candidates.iter().find(|candidate| candidate.name == name).and_then(|found| trace_system_calls(found, home))
    };
    if let (Some(hook), Some(floor)) = (trace(HOOK), trace(FLOOR)) {
        let first = hook.iter().zip(&floor).find(|(hook, floor)| hook != floor);
        assert!(first.is_none(), "floor.c makes other system calls than the hook; first (hook's, floor's): {first:#?}");
        assert_eq!(hook.len(), floor.len(), "floor.c makes more or fewer system calls than the hook");
        println!("The hook and the floor make the same {} system calls.", hook.len());
    }
}

/// Returns the number of instructions, as callgrind counts them.
fn count_instructions(candidate: &Candidate, home: &HomeDirectory) -> Option<String> {
    let log = home.path().join("callgrind");
    let flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null"].map(PathBuf::from);
    let log_flag = PathBuf::from(format!("--log-file={}", log.display()));
    run_under(candidate, home, "valgrind", flags.into_iter().chain([log_flag]))?;
    let log = fs_err::read_to_string(log).ok()?;
    Some(log.split_once("Collected :")?.1.split_whitespace().next()?.to_owned())
}

/// Returns the system calls with their arguments, without what differs from process to process.
fn trace_system_calls(candidate: &Candidate, home: &HomeDirectory) -> Option<Vec<String>> {
    let log = home.path().join("strace");
    let flags = ["-D", "-s", "0", "-o"].map(PathBuf::from);
    run_under(candidate, home, "strace", flags.into_iter().chain([log.clone()]))?;
    // With -D, strace ends after the candidate.
    std::thread::sleep(Duration::from_millis(100));
    let log = fs_err::read_to_string(log).ok()?;
    Some(log.lines().filter(|line| !line.starts_with("execve(")).map(hide_numbers).collect())
}

/// Replaces long numbers by `#`: times, addresses and random names differ from run to run.
fn hide_numbers(line: &str) -> String {
    let is_number = |part: &str| part.len() > 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x');
    let parts = line.split_inclusive(|character: char| !character.is_ascii_alphanumeric());
    parts
        .map(|part| {
            let word = part.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if is_number(word) { part.replacen(word, "#", 1) } else { part.to_owned() }
        })
        .collect()
}

/// Returns the resident memory at the end, in all and without the pages of files. strace delays the exit of the
/// process, so that there is time to read it.
fn measure_memory(candidate: &Candidate, home: &HomeDirectory) -> Option<(String, String)> {
    if !is_installed("strace") {
        return None;
    }
    candidate.scenario.prepare(home);
    let flags = ["strace", "-D", "-q", "-o", "/dev/null", "-e", "trace=exit_group", "-e"];
    let flags = flags.into_iter().chain(["inject=exit_group:delay_enter=200000"]).map(PathBuf::from);
    let program: Vec<_> = flags.chain(candidate.program.iter().cloned()).collect();
    let mut process = with_payload(&program, &candidate.scenario.payload, home).spawn().unwrap();
    let rollup = PathBuf::from(format!("/proc/{}/smaps_rollup", process.id()));
    let mut last = None;
    while process.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&rollup).unwrap_or_default();
        let sum = |name: &str| {
            let lines = text.lines().filter(|line| line.starts_with(name));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>()
        };
        if let resident @ 1.. = sum("Rss:") {
            last = Some((format!("{resident} KiB"), format!("{} KiB", sum("Anonymous:"))));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    last
}

/// Runs a candidate under a tool. `None` if the tool is not installed, or if the run fails.
fn run_under(
    candidate: &Candidate,
    home: &HomeDirectory,
    tool: &str,
    flags: impl Iterator<Item = PathBuf>,
) -> Option<()> {
    if !is_installed(tool) {
        return None;
    }
    candidate.scenario.prepare(home);
    let program: Vec<_> = [tool.into()].into_iter().chain(flags).chain(candidate.program.iter().cloned()).collect();
    with_payload(&program, &candidate.scenario.payload, home).status().ok()?.success().then_some(())
}

fn is_installed(tool: &str) -> bool {
    std::process::Command::new(tool).arg("--version").output().is_ok()
}
