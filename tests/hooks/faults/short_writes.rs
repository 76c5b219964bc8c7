//! Writes that take less than they were given.
//!
//! strace can only claim that a write was short, so the kernel makes them: `RLIMIT_FSIZE` cuts the write that
//! reaches the limit, at any byte, and fails the next one with EFBIG, as a full disk does with ENOSPC.

use crate::hooks::faults::all;
use crate::hooks::faults::scenario::{Fault, Scenario, scenarios};
use crate::release::hook;
use crate::sandbox::{Sandbox, run_with_input};

/// The scenario's hook, with room for `limit` bytes in any file.
fn run_limited(scenario: &Scenario, sandbox: &Sandbox, limit: usize, signal: &str) -> Vec<String> {
    let mut command = sandbox.command("sh");
    let script = format!("{signal}; exec prlimit --fsize={limit} \"$0\"");
    let outcome = run_with_input(command.args(["-c", &script]).arg(hook(scenario.hook)), &*scenario.input);
    let told = |what| format!("{} after {:?}, {limit} bytes, {signal}: {what}", scenario.hook, scenario.before.keys());
    let mut violations = scenario.violations(sandbox, &outcome, Fault::default());
    if outcome.code == Some(0) {
        violations.push("the limit was not reached".to_owned());
    }
    violations.into_iter().map(told).collect()
}

/// What was to become of the signal that the kernel sends besides the error, when the hook was started: it ends the
/// process, or it is ignored. A hook sees to it that it does nothing.
const DEADLY: &str = "trap - XFSZ";
const IGNORED: &str = "trap '' XFSZ";

#[test]
#[ignore = "takes seconds"]
fn a_signal_cut_anywhere() {
    let scenarios = scenarios();
    let mut cases = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| !scenario.unlocked) {
        let len = scenario.shortest_new();
        let limits = (0..len).step_by(1 + len / 100);
        cases.extend(limits.flat_map(|limit| [(scenario, limit, DEADLY), (scenario, limit, IGNORED)]));
    }
    let run = |(scenario, limit, signal): &(&Scenario, usize, &str)| {
        run_limited(scenario, &scenario.background(), *limit, signal)
    };
    let violations = all(&cases, run);
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Told that one byte was written, a hook goes on with the rest. (Nothing was: the file lacks that byte.)
#[test]
#[ignore = "needs strace"]
fn a_short_write_is_gone_on_with() {
    for scenario in scenarios().iter().filter(|scenario| scenario.calls.iter().any(|call| call == "write")) {
        let sandbox = scenario.background();
        let run = scenario.run(&sandbox, &["-e", "inject=write:retval=1:when=1"]);
        run.outcome.assert_success();
        let lengths = run.trace.calls().filter(|call| call.starts_with("write("));
        let lengths: Vec<usize> = lengths.map(asked).collect();
        assert_eq!(lengths[1], lengths[0] - 1, "{}: {lengths:?}", scenario.hook);
    }
}

/// A device may say that it is full by writing nothing: an error, and no endless loop.
#[test]
#[ignore = "needs strace"]
fn a_write_of_nothing_is_an_error() {
    for scenario in scenarios().iter().filter(|scenario| scenario.calls.iter().any(|call| call == "write")) {
        let sandbox = scenario.background();
        let run = scenario.run(&sandbox, &["-e", "inject=write:retval=0:when=1"]);
        run.outcome.assert_failure("write ");
        assert_eq!(scenario.violations(&sandbox, &run.outcome, Fault::default()), Vec::<String>::new());
    }
}

/// How many bytes `write(descriptor, "…"..., COUNT) = …` was to write.
fn asked(call: &str) -> usize {
    let arguments = call.rsplit_once(") ").unwrap().0;
    arguments.rsplit(", ").next().unwrap().parse().unwrap()
}
