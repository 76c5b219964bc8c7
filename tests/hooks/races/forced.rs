//! Two hooks, one of which is delayed or stopped at a chosen system call.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::hooks::faults::run_all;
use crate::release::hook;
use crate::sandbox::{Sandbox, executable_for_event, payload};
use crate::strace::{self, Run, Trace};

/// An event for each kind of signal.
const EVENTS: [(&str, &str); 4] =
    [("UserPromptSubmit", "working"), ("PermissionRequest", "permission"), ("Stop", "stop"), ("SessionEnd", "ended")];

type Event = (&'static str, &'static str);

/// Returns every pair of events, in both orders.
fn pairs() -> impl Iterator<Item = (Event, Event)> {
    EVENTS.into_iter().flat_map(|first| EVENTS.into_iter().map(move |second| (first, second)))
}

fn run(sandbox: &Sandbox, log: &Path, (event, kind): Event, options: &[&str]) -> Run {
    let tool = format!(r#""tool_name":"{}{kind}""#, log.file_name().unwrap().display());
    strace::run_logged(sandbox, log, &hook(executable_for_event(event).unwrap()), &payload("s", event, &tool), options)
}

/// Returns what is wrong with the signals that two hooks left. The later hook published `later` at `time`.
fn violation(sandbox: &Sandbox, earlier: &str, later: &str, time: &str) -> Option<String> {
    let state = sandbox.describe_signals("s");
    let has = |kind: &str| state.split(' ').any(|shown| shown.starts_with(kind));
    let states = ["working", "stop", "ended"].into_iter().filter(|kind| has(kind)).count();
    // A reader of the files takes the first one of these that is stored.
    let seen = ["ended", "permission", "stop", "working"].into_iter().find(|kind| has(kind));
    let stamp = |member| sandbox.read_signal("s", later)[member] == *time;
    let is_true = match (earlier, later) {
        // The request may be stored or not, because the end of a session does not check what waited.
        ("ended", "permission") => seen == Some("ended") || seen == Some("permission"),
        ("permission", "permission") => state.matches(',').count() == 1,
        (_, "working") => state == "working" && stamp("working_since"),
        (_, "stop") => state == "stop" && stamp("stopped_at"),
        (_, "ended") => state == "ended" && stamp("ended_at"),
        _ => seen == Some(later),
    };
    let whole = sandbox.list_signal_dir().iter().all(|name| !name.starts_with('.'));
    (states > 1 || !is_true || !whole).then(|| format!("{state:?}, {:?}", sandbox.list_signal_dir()))
}

/// Where a hook is delayed: before it takes the lock, and at each step while it holds the lock.
const DELAYED: [&str; 7] = [
    "openat:delay_enter=50000:when=1",
    "flock:delay_enter=50000",
    "clock_gettime:delay_enter=50000:when=2",
    "statx:delay_enter=50000:when=2",
    "openat:delay_enter=50000:when=3",
    "renameat:delay_enter=50000",
    "unlinkat:delay_enter=50000",
];

#[test]
#[ignore = "needs strace"]
fn two_hooks_of_which_one_is_delayed() {
    let delays = || DELAYED.into_iter().flat_map(|delay| [[Some(delay), None], [None, Some(delay)]]);
    let cases: Vec<_> = pairs().flat_map(|pair| delays().map(move |delay| (pair, delay))).collect();
    let violations = run_all(&cases, |((first, second), delays)| {
        let sandbox = Sandbox::new();
        // Each event then has a signal to delete.
        sandbox.run_hook("s", "Stop", "").assert_success();
        let (one, other) = (sandbox.home().join("first"), sandbox.home().join("second"));
        let inject = delays.map(|delay| delay.map(|delay| format!("inject={delay}")));
        let options = |n: usize| inject[n].as_ref().map_or(Vec::new(), |inject| vec!["-e", inject]);
        let runs = thread::scope(|scope| {
            let first = scope.spawn(|| run(&sandbox, &one, *first, &options(0)));
            let second = run(&sandbox, &other, *second, &options(1));
            [first.join().unwrap(), second]
        });
        for run in &runs {
            run.outcome.assert_success();
        }
        let [first, second] = [(first.1, runs[0].trace.time()), (second.1, runs[1].trace.time())];
        let (earlier, later) = if first.1 < second.1 { (first, second) } else { (second, first) };
        let violation = violation(&sandbox, earlier.0, later.0, &later.1);
        violation.map(|what| format!("{earlier:?}, {later:?}, {delays:?}: {what}")).into_iter().collect()
    });
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// Stops a hook at a call while it holds the lock, runs another hook, and lets the first one continue. Returns what is wrong.
fn violations_if_stopped(first: Event, second: Event, stop: &str) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let (one, other) = (sandbox.home().join("first"), sandbox.home().join("second"));
    let (older, newer) = thread::scope(|scope| {
        let inject = format!("inject={stop}");
        let (sandbox, log) = (&sandbox, one.as_path());
        let older = scope.spawn(move || run(sandbox, log, first, &["-e", &inject]));
        while !older.is_finished() && (!one.exists() || Trace::read(&one).stopped().is_none()) {
            thread::sleep(Duration::from_millis(1));
        }
        let newer = run(sandbox, &other, second, &[]);
        if let Some(process) = Trace::read(&one).stopped() {
            sandbox.command("sh").args(["-c", "kill -CONT \"$0\"", process]).assert().success();
        }
        (older.join().unwrap(), newer)
    });
    older.outcome.assert_success();
    newer.outcome.assert_success();
    let mut violations: Vec<_> = violation(&sandbox, first.1, second.1, &newer.trace.time()).into_iter().collect();
    if older.trace.stopped().is_none() {
        violations.push("the first hook was not stopped".to_owned());
    }
    if newer.trace.slept() > 200 {
        violations.push(format!("the second hook waited {} ms", newer.trace.slept()));
    }
    violations.into_iter().map(|what| format!("{}, stopped at {stop}, then {}: {what}", first.1, second.1)).collect()
}

/// Returns the calls that a hook makes while it holds the lock, each with its number among the calls of its name.
fn calls_under_lock(event: Event) -> Vec<String> {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let run = run(&sandbox, &sandbox.home().join("log"), event, &[]);
    let names = run.trace.names();
    let locked = names.iter().position(|name| *name == "flock").unwrap();
    let unlocked = names.len() - 2;
    let nth = |at: usize| names[..=at].iter().filter(|name| **name == names[at]).count();
    (locked..unlocked).map(|at| format!("{}:signal=STOP:when={}", names[at], nth(at))).collect()
}

#[test]
#[ignore = "needs strace"]
fn a_hook_stopped_while_it_holds_the_lock() {
    let mut cases = Vec::new();
    for (first, second) in pairs() {
        cases.extend(calls_under_lock(first).into_iter().map(|stop| (first, second, stop)));
    }
    let violations = run_all(&cases, |(first, second, stop)| violations_if_stopped(*first, *second, stop));
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
