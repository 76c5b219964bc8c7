//! What does not drift: instructions, resident memory, system calls.

use std::path::PathBuf;
use std::time::Duration;

use crate::contenders::{Contender, FLOOR, HOOK};
use crate::home::Home;
use crate::timing::spawn;

/// Counts for every contender that is one process, and whether hook and floor make the same system calls.
pub fn print(contenders: &[Contender], home: &Home) {
    println!("\n| instructions | resident | of it its own | |\n| ---: | ---: | ---: | --- |");
    for one in contenders {
        let count = if one.is_script { None } else { instructions(one, home) };
        let count = count.unwrap_or_else(|| "-".to_owned());
        let (resident, private) = memory(one, home).unwrap_or_else(|| ("-".to_owned(), "-".to_owned()));
        println!("| {count} | {resident} | {private} | {} |", one.name);
    }
    println!("\nInstructions are those outside the kernel; a script's memory is its interpreter's, when it ends.");
    for (tool, _) in [("valgrind", "instructions"), ("strace", "memory")] {
        if std::process::Command::new(tool).arg("--version").output().is_err() {
            println!("skipped: {tool} is not installed");
        }
    }
    let trace = |name| contenders.iter().find(|one| one.name == name).and_then(|one| system_calls(one, home));
    if let (Some(hook), Some(floor)) = (trace(HOOK), trace(FLOOR)) {
        // Else it is no floor.
        let first = hook.iter().zip(&floor).find(|(hook, floor)| hook != floor);
        assert!(first.is_none(), "floor.c makes other system calls than the hook; first (hook's, floor's): {first:#?}");
        assert_eq!(hook.len(), floor.len(), "floor.c makes more or fewer system calls than the hook");
        println!("Hook and floor make the same {} system calls.", hook.len());
    }
}

/// Instructions under callgrind.
fn instructions(contender: &Contender, home: &Home) -> Option<String> {
    let log = home.path().join("callgrind");
    let flags = ["--tool=callgrind", "--callgrind-out-file=/dev/null"].map(PathBuf::from);
    let log_flag = PathBuf::from(format!("--log-file={}", log.display()));
    run_under(contender, home, "valgrind", flags.into_iter().chain([log_flag]))?;
    let log = fs_err::read_to_string(log).ok()?;
    Some(log.split_once("Collected :")?.1.split_whitespace().next()?.to_owned())
}

/// The system calls with their arguments, without what differs from process to process.
fn system_calls(contender: &Contender, home: &Home) -> Option<Vec<String>> {
    let log = home.path().join("strace");
    let flags = ["-D", "-s", "0", "-o"].map(PathBuf::from);
    run_under(contender, home, "strace", flags.into_iter().chain([log.clone()]))?;
    // With -D it is strace that ends last.
    std::thread::sleep(Duration::from_millis(100));
    let log = fs_err::read_to_string(log).ok()?;
    Some(log.lines().filter(|line| !line.starts_with("execve(")).map(neutral).collect())
}

/// Long numbers (times, addresses, random names) say nothing.
fn neutral(line: &str) -> String {
    let is_number = |part: &str| part.len() > 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x');
    let parts = line.split_inclusive(|character: char| !character.is_ascii_alphanumeric());
    parts
        .map(|part| {
            let word = part.trim_end_matches(|character: char| !character.is_ascii_alphanumeric());
            if is_number(word) { part.replacen(word, "#", 1) } else { part.to_owned() }
        })
        .collect()
}

/// Resident memory at the end, in all and without the pages of files: strace holds the process before it exits.
fn memory(contender: &Contender, home: &Home) -> Option<(String, String)> {
    home.prepare(&contender.scenario);
    let flags = ["strace", "-D", "-q", "-o", "/dev/null", "-e", "trace=exit_group", "-e"];
    let flags = flags.into_iter().chain(["inject=exit_group:delay_enter=200000"]).map(PathBuf::from);
    let command: Vec<_> = flags.chain(contender.command.iter().cloned()).collect();
    std::process::Command::new("strace").arg("--version").output().ok()?;
    let mut process = spawn(&command, &contender.scenario.payload, home);
    let rollup = PathBuf::from(format!("/proc/{}/smaps_rollup", process.id()));
    let mut last = None;
    while process.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&rollup).unwrap_or_default();
        let sum = |names: &[&str]| {
            let lines = text.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>()
        };
        if let all @ 1.. = sum(&["Rss:"]) {
            last = Some((format!("{all} KiB"), format!("{} KiB", sum(&["Anonymous:"]))));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    last
}

/// Runs a contender under a tool; `None` where there is no such tool.
fn run_under(contender: &Contender, home: &Home, tool: &str, flags: impl Iterator<Item = PathBuf>) -> Option<()> {
    std::process::Command::new(tool).arg("--version").output().ok()?;
    home.prepare(&contender.scenario);
    let command: Vec<_> = [tool.into()].into_iter().chain(flags).chain(contender.command.iter().cloned()).collect();
    spawn(&command, &contender.scenario.payload, home).wait().ok()?.success().then_some(())
}
