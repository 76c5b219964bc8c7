//! Three hooks: one without the lock is stopped twice on its way, and each time another one does all of its work.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use session_signals::aside::Remnant;
use session_signals::spool::{PATIENCE, Spool};
use session_signals::text::Text;

use crate::faults::all;
use crate::release::hook;
use crate::sandbox::{Sandbox, executable_for, payload};
use crate::strace::{self, Run, Trace};

/// Of the cases, one in so many is run; all where this variable is set: half a minute.
const SAMPLE: usize = 3;
const ALL: &str = "RACES_ALL";

/// The events that are stopped, and what is left of the call that waited before, and of their own.
const EVENTS: [(&str, &str, &[&str]); 5] = [
    ("PostToolUse", "x", &[]),
    ("PermissionRequest", "w", &["x", "w"]),
    ("UserPromptSubmit", "", &[]),
    ("Stop", "", &[]),
    ("SessionEnd", "", &[]),
];

fn call(name: &str) -> String {
    format!(r#""tool_name":"Bash","tool_input":{{"command":"{name}"}}"#)
}

/// The commands that wait.
fn waiting(sandbox: &Sandbox) -> BTreeSet<String> {
    if !sandbox.signal("s", "permission").exists() {
        return BTreeSet::new();
    }
    let signal = sandbox.read("s", "permission");
    let calls = signal["pending"].as_array().unwrap().iter();
    calls.map(|call| call["tool_input"]["command"].as_str().unwrap().to_owned()).collect()
}

/// A session with one call that waits.
fn background() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    sandbox.fire("s", "PermissionRequest", &call("x")).succeeds();
    sandbox
}

fn run(sandbox: &Sandbox, log: &Path, (event, name): (&str, &str), options: &[String]) -> Run {
    let options: Vec<&str> = options.iter().flat_map(|option| ["-e", option]).collect();
    strace::run_logged(sandbox, log, &hook(executable_for(event).unwrap()), &payload("s", event, &call(name)), &options)
}

const UNLOCKED: &str = "inject=flock:error=ENOLCK";

/// A pair of calls of the hook, each with its name and its number among those of its name.
type Stops = [(String, usize); 2];

/// Every two calls that it makes once it has tried to lock.
fn stops(event: (&str, &str)) -> Vec<Stops> {
    let sandbox = background();
    let run = run(&sandbox, &sandbox.home().join("log"), event, &[UNLOCKED.to_owned()]);
    let names = run.trace.names();
    let locked = names.iter().position(|name| *name == "flock").unwrap();
    let calls: Vec<_> = (locked + 1..names.len() - 2)
        .map(|at| (names[at].to_owned(), names[..=at].iter().filter(|name| **name == names[at]).count()))
        .collect();
    let pairs = (0..calls.len()).flat_map(|first| (first + 1..calls.len()).map(move |second| (first, second)));
    pairs.map(|(first, second)| [calls[first].clone(), calls[second].clone()]).collect()
}

/// For strace, which takes one injection for each name.
fn injections([(one, first), (other, second)]: &Stops) -> Vec<String> {
    let stops = if one == other {
        vec![format!("inject={one}:signal=STOP:when={first}..{second}+{}", second - first)]
    } else {
        [(one, first), (other, second)].map(|(name, nth)| format!("inject={name}:signal=STOP:when={nth}")).into()
    };
    stops.into_iter().chain([UNLOCKED.to_owned()]).collect()
}

/// What is wrong after this event was stopped at these calls, two requests came meanwhile, and it went on, or was killed.
fn violations(event: (&str, &str), left: &[&str], stops: &Stops, killed: bool) -> Vec<String> {
    let sandbox = background();
    let log = sandbox.home().join("log");
    let signal = |name: &str, process: &str| {
        sandbox.command("sh").args(["-c", "kill \"-$0\" \"$1\"", name, process]).assert().success();
    };
    let stopped = thread::scope(|scope| {
        let injections = injections(stops);
        let (sandbox, log) = (&sandbox, log.as_path());
        let first = scope.spawn(move || run(sandbox, log, event, &injections));
        for (number, name) in ["y", "z"].into_iter().enumerate() {
            let is_stopped = || log.exists() && Trace::read(log).stops().count() > number;
            while !first.is_finished() && !is_stopped() {
                thread::sleep(Duration::from_millis(1));
            }
            sandbox.fire("s", "PermissionRequest", &call(name)).succeeds();
            if let Some(process) = Trace::read(log).stops().nth(number) {
                signal(if killed && number == 1 { "KILL" } else { "CONT" }, process);
            }
        }
        first.join().unwrap()
    });
    let was_killed = stopped.outcome.code.is_none();
    let mut violations = Vec::new();
    if !was_killed && stopped.outcome.code != Some(0) {
        violations.push(format!("{:?}", stopped.outcome));
    }
    let path = Text::of(&[sandbox.spool().as_os_str().as_bytes()]);
    for name in sandbox.files().iter().filter(|name| name.starts_with('.')) {
        let spool = Spool::at(&path, 1, false, PATIENCE).unwrap().unwrap();
        if !was_killed || spool.recover(name.as_bytes()).is_ok_and(|remnant| remnant == Remnant::Foreign) {
            violations.push(format!("left: {name}"));
        }
    }
    let found = waiting(&sandbox);
    for name in ["y", "z"] {
        if !found.contains(name) {
            violations.push(format!("{name} is lost"));
        }
    }
    let expected: BTreeSet<String> = left.iter().chain(&["y", "z"]).map(|name| (*name).to_owned()).collect();
    // The end of a session clears the whole list, or leaves one to which somebody added a call by then.
    let may_stay = |name: &String| event.0 == "SessionEnd" && name == "x";
    if !was_killed && found.difference(&expected).chain(expected.difference(&found)).any(|name| !may_stay(name)) {
        violations.push(format!("{found:?} wait"));
    }
    let told = |what| format!("{event:?} stopped at {stops:?}, killed: {was_killed}: {what}; {:?}", sandbox.files());
    violations.into_iter().map(told).collect()
}

#[test]
#[ignore = "needs strace"]
fn no_request_is_lost_among_three() {
    let every = if std::env::var_os(ALL).is_some() { 1 } else { SAMPLE };
    let mut cases = Vec::new();
    for (event, name, left) in EVENTS {
        for stops in stops((event, name)) {
            cases.extend([false, true].map(|killed| ((event, name), left, stops.clone(), killed)));
        }
    }
    let cases: Vec<_> = cases.into_iter().step_by(every).collect();
    let violations = all(&cases, |(event, left, stops, killed)| violations(*event, left, stops, *killed));
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
