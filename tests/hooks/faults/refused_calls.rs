//! Systems that lack a call or refuse it from the first time on: an old kernel, a filter of system calls, a file system that cannot
//! lock or exchange files. Each row of the table in `docs/install.md` is here.

use std::collections::BTreeSet;

use crate::hooks::faults::run_all;
use crate::hooks::faults::scenario::{Fault, Scenario, scenarios};

/// The calls without which a hook does all of its work. It can do without these because there is another way, or because they only
/// add what is not needed.
const DISPENSABLE: [&str; 8] =
    ["close", "flock", "getppid", "linkat", "nanosleep", "renameat2", "rt_sigprocmask", "uname"];

/// What a kernel that lacks the call answers, and what filters of system calls answer.
const REFUSALS: [&str; 3] = ["ENOSYS", "EPERM", "EACCES"];

/// Returns what is wrong after a run in which the system refuses this call.
fn violations(scenario: &Scenario, name: &str, error: &str) -> Vec<String> {
    let sandbox = scenario.sandbox_before();
    let run = scenario.run(&sandbox, &["-e", &format!("inject={name}:error={error}")]);
    let cannot_clean_up = ["statx", "unlinkat"].contains(&name);
    let fault = Fault { cannot_write: name == "write", cannot_clean_up, ..Fault::default() };
    let mut violations = scenario.violations(&sandbox, &run.outcome, fault);
    if DISPENSABLE.contains(&name) && run.outcome.code != Some(0) {
        violations.push(format!("the hook cannot do without it: {:?}", run.outcome));
    }
    let describe =
        |violation| format!("{} after {:?}, {name}: {error}: {violation}", scenario.hook, scenario.before.keys());
    violations.into_iter().map(describe).collect()
}

#[test]
#[ignore = "needs strace"]
fn a_refused_call_is_done_without_or_reported_in_one_line() {
    let scenarios = scenarios();
    let mut cases = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| !scenario.unlocked) {
        let names: BTreeSet<_> = scenario.calls.iter().filter(|name| *name != "exit_group").collect();
        cases.extend(names.into_iter().flat_map(|name| REFUSALS.map(|error| (scenario, name, error))));
    }
    let violations = run_all(&cases, |(scenario, name, error)| violations(scenario, name, error));
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
