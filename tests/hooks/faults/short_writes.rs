//! Writes that write fewer bytes than asked.
//!
//! strace can only pretend that a write was short, so these tests use `RLIMIT_FSIZE`: the kernel cuts the write that reaches the
//! limit, and the next write fails with EFBIG, as on a full disk with ENOSPC.

use crate::hooks::faults::run_all;
use crate::hooks::faults::scenario::{Fault, Scenario, scenarios};
use crate::release::hook;
use crate::sandbox::{Sandbox, run_with_input};

/// Runs the scenario's hook with this limit for the size of any file, in bytes. Returns what is wrong afterwards.
fn run_limited(scenario: &Scenario, sandbox: &Sandbox, limit: usize, signal: &str) -> Vec<String> {
    let mut command = sandbox.command("sh");
    let script = format!("{signal}; exec prlimit --fsize={limit} \"$0\"");
    let outcome = run_with_input(command.args(["-c", &script]).arg(hook(scenario.hook)), &*scenario.input);
    let describe = |violation| {
        format!("{} after {:?}, {limit} bytes, {signal}: {violation}", scenario.hook, scenario.before.keys())
    };
    let mut violations = scenario.violations(sandbox, &outcome, Fault::default());
    // The PID and the start time may have fewer digits than in the scenario, so the signal may be a few bytes shorter.
    if outcome.code == Some(0) && limit < scenario.shortest_possible() {
        violations.push("the limit was not reached".to_owned());
    }
    violations.into_iter().map(describe).collect()
}

// The kernel also sends a signal at the limit. When the hook is started, the signal either ends the process or is ignored. The hook
// blocks it.
const DEADLY: &str = "trap - XFSZ";
const IGNORED: &str = "trap '' XFSZ";

#[test]
#[ignore = "takes seconds"]
fn a_file_size_limit_at_any_byte() {
    let scenarios = scenarios();
    let mut cases = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| !scenario.unlocked) {
        let len = scenario.shortest_new();
        let limits = (0..len).step_by(1 + len / 100);
        cases.extend(limits.flat_map(|limit| [(scenario, limit, DEADLY), (scenario, limit, IGNORED)]));
    }
    let run = |(scenario, limit, signal): &(&Scenario, usize, &str)| {
        run_limited(scenario, &scenario.sandbox_before(), *limit, signal)
    };
    let violations = run_all(&cases, run);
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// If the system reports that one byte was written, the hook writes the rest. (strace writes nothing, so the file lacks that byte.)
#[test]
#[ignore = "needs strace"]
fn a_short_write_is_continued() {
    for scenario in scenarios().iter().filter(|scenario| scenario.calls.iter().any(|call| call == "write")) {
        let sandbox = scenario.sandbox_before();
        let run = scenario.run(&sandbox, &["-e", "inject=write:retval=1:when=1"]);
        run.outcome.assert_success();
        let lengths = run.trace.calls().filter(|call| call.starts_with("write("));
        let lengths: Vec<usize> = lengths.map(requested_len).collect();
        assert_eq!(lengths[1], lengths[0] - 1, "{}: {lengths:?}", scenario.hook);
    }
}

/// A full device may write 0 bytes. That is an error and must not cause an endless loop.
#[test]
#[ignore = "needs strace"]
fn a_write_of_nothing_is_an_error() {
    for scenario in scenarios().iter().filter(|scenario| scenario.calls.iter().any(|call| call == "write")) {
        let sandbox = scenario.sandbox_before();
        let run = scenario.run(&sandbox, &["-e", "inject=write:retval=0:when=1"]);
        run.outcome.assert_failure("write ");
        assert_eq!(scenario.violations(&sandbox, &run.outcome, Fault::default()), Vec::<String>::new());
    }
}

/// Returns COUNT of `write(descriptor, "…"..., COUNT) = …`.
fn requested_len(call: &str) -> usize {
    let arguments = call.rsplit_once(") ").unwrap().0;
    arguments.rsplit(", ").next().unwrap().parse().unwrap()
}
