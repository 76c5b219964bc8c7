//! Faults at every system call of every hook: the hook is killed there, or the call fails as a full or broken disk makes it fail.
//! Afterwards each file is complete and either old or new, and a hook that reports an error leaves nothing half done.

use std::collections::BTreeMap;

use crate::hooks::faults::scenario::{Fault, Scenario, scenarios};
use crate::sandbox::run_side_by_side;

mod refused_calls;
mod scenario;
mod short_writes;

const ERRORS: [&str; 6] = ["ENOSPC", "EIO", "EINTR", "EROFS", "EMFILE", "EDQUOT"];

/// A scenario with one fault.
struct Case<'a> {
    scenario: &'a Scenario,
    /// The argument for `strace -e inject=`.
    inject: String,
    fault: Fault,
}

impl Case<'_> {
    fn violations(&self) -> Vec<String> {
        let sandbox = self.scenario.sandbox_before();
        let run = self.scenario.run(&sandbox, &["-e", &format!("inject={}", self.inject)]);
        let mut violations = self.scenario.violations(&sandbox, &run.outcome, self.fault);
        if !run.trace.shows_fault() {
            violations.push("the fault did not happen".to_owned());
        }
        let describe = |violation| {
            format!("{} after {:?}, {}: {violation}", self.scenario.hook, self.scenario.before.keys(), self.inject)
        };
        violations.into_iter().map(describe).collect()
    }
}

/// Returns the faults at every call: killed there, and failing with each error, once and from then on.
fn cases(scenario: &Scenario) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    let mut seen = BTreeMap::new();
    for name in scenario.calls.iter().filter(|name| !(scenario.unlocked && *name == "flock")) {
        let nth = seen.entry(name).and_modify(|n| *n += 1).or_insert(1);
        let mut case = |inject, fault| cases.push(Case { scenario, inject, fault });
        case(format!("{name}:signal=KILL:when={nth}"), Fault { killed: true, ..Fault::default() });
        for error in ERRORS {
            let cannot_clean_up = name == "unlinkat";
            case(format!("{name}:error={error}:when={nth}"), Fault { cannot_clean_up, ..Fault::default() });
            // No kernel makes a process that can never exit.
            if name != "exit_group" {
                let cannot_clean_up = name == "unlinkat" || name == "statx";
                let fault = Fault { cannot_write: name == "write", cannot_clean_up, ..Fault::default() };
                case(format!("{name}:error={error}:when={nth}+"), fault);
            }
        }
    }
    cases
}

/// Calls `work` for every item, on as many threads as there are CPUs. Returns all results.
pub fn run_all<T: Sync>(items: &[T], work: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let count = std::thread::available_parallelism().map_or(2, usize::from);
    run_side_by_side(count, items, work).concat()
}

#[test]
#[ignore = "needs strace"]
fn every_system_call_is_killed_and_fails() {
    let scenarios = scenarios();
    let cases: Vec<_> = scenarios.iter().flat_map(cases).collect();
    let violations = run_all(&cases, Case::violations);
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
