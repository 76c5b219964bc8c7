//! Every system call of every hook's work, killed on entering it and failing in every way a disk fails:
//! what is on disk afterwards is whole, old or new, and a hook that is told of an error leaves nothing half done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::release::hook;
use crate::sandbox::{Outcome, Sandbox, executable_for, payload};
use crate::strace;

const ERRORS: [&str; 6] = ["ENOSPC", "EIO", "EINTR", "EROFS", "EMFILE", "EDQUOT"];

/// Two calls of a tool, and one of a subagent's.
const A: &str = r#""tool_name":"Bash","tool_input":{"command":"a"}"#;
const B: &str = r#""tool_name":"Bash","tool_input":{"command":"b"}"#;
const AGENTS: &str = r#""agent_id":"x","tool_name":"Bash","tool_input":{}"#;

/// What happened before, and the event whose hook meets the fault: names and members.
type Event = (&'static str, &'static str);
#[rustfmt::skip]
const SCENARIOS: [(&[Event], Event); 11] = [
    (&[],                                                     ("UserPromptSubmit", "")),
    (&[("Stop", "")],                                         ("UserPromptSubmit", "")),
    (&[("UserPromptSubmit", ""), ("PermissionRequest", A)],   ("SessionStart", r#""source":"resume""#)),
    (&[("SessionEnd", "")],                                   ("SessionStart", r#""source":"resume""#)),
    (&[("UserPromptSubmit", ""), ("PermissionRequest", A)],   ("PermissionRequest", B)),
    (&[("PermissionRequest", A), ("PermissionRequest", B)],   ("PostToolUse", A)),
    (&[("PermissionRequest", A), ("Stop", ""), ("PermissionRequest", A)], ("PostToolUse", A)),
    (&[("PermissionRequest", A), ("PermissionRequest", AGENTS)], ("SubagentStop", r#""agent_id":"x""#)),
    (&[("Stop", "")],                                         ("PreCompact", "")),
    (&[("UserPromptSubmit", ""), ("PermissionRequest", A)],   ("Stop", "")),
    (&[("UserPromptSubmit", ""), ("PermissionRequest", A)],   ("SessionEnd", "")),
];

/// The spool's files, by name.
type Files = BTreeMap<String, String>;

/// One event before its background, and what comes of it when nothing fails.
struct Scenario {
    hook: &'static str,
    input: String,
    before: Files,
    after: BTreeMap<String, Value>,
    /// The calls made, in order.
    calls: Vec<String>,
}

/// A fault, and what a run with it is held to.
struct Case<'a> {
    scenario: &'a Scenario,
    /// For `strace -e inject=`.
    fault: String,
    killed: bool,
    /// Nothing can be written any more, be it on stderr.
    mute: bool,
}

impl Scenario {
    fn new(before: &[Event], (event, members): Event) -> Self {
        let sandbox = Sandbox::new();
        for (event, members) in before {
            sandbox.fire("s", event, members).succeeds();
        }
        let before = files(&sandbox);
        let hook = executable_for(event).unwrap();
        let input = payload("s", event, members);
        let mut scenario = Self { hook, input, before, after: BTreeMap::new(), calls: Vec::new() };
        let run = scenario.run(&sandbox, &[]);
        run.outcome.succeeds();
        scenario.calls = run.trace.names().into_iter().map(str::to_owned).collect();
        scenario.after = files(&sandbox).iter().map(|(name, text)| (name.clone(), lasting(text).unwrap())).collect();
        scenario
    }

    fn run(&self, sandbox: &Sandbox, options: &[&str]) -> strace::Run {
        strace::run(sandbox, &hook(self.hook), &self.input, options)
    }

    /// A home directory as it was before the event.
    fn background(&self) -> Sandbox {
        let sandbox = Sandbox::new();
        if !self.before.is_empty() {
            fs_err::create_dir_all(sandbox.spool()).unwrap();
        }
        for (name, text) in &self.before {
            fs_err::write(sandbox.spool().join(name), text).unwrap();
        }
        sandbox
    }

    /// Every call, killed and failing in every way: once, and from then on.
    fn cases(&self) -> Vec<Case<'_>> {
        let mut cases = Vec::new();
        let mut seen = BTreeMap::new();
        for name in &self.calls {
            let nth = seen.entry(name).and_modify(|n| *n += 1).or_insert(1);
            let mut case = |fault, killed, mute| cases.push(Case { scenario: self, fault, killed, mute });
            case(format!("{name}:signal=KILL:when={nth}"), true, false);
            for error in ERRORS {
                case(format!("{name}:error={error}:when={nth}"), false, false);
                // A process that can never exit is nothing that a kernel makes.
                if name != "exit_group" {
                    case(format!("{name}:error={error}:when={nth}+"), false, name == "write");
                }
            }
        }
        cases
    }

    /// What of the contract a run broke.
    fn violations(&self, sandbox: &Sandbox, outcome: &Outcome, killed: bool, mute: bool) -> Vec<String> {
        let mut violations = Vec::new();
        let mut check = |holds: bool, what: String| violations.extend((!holds).then_some(what));
        let lines = outcome.stderr.matches('\n').count();
        let told = lines == 1 && outcome.stderr.starts_with(&format!("{}: ", self.hook)) || mute && lines == 0;
        let ended = match outcome.code {
            None => killed,
            Some(0) => outcome.stderr.is_empty(),
            Some(1) => told,
            Some(_) => false,
        };
        check(ended && outcome.stdout.is_empty(), format!("{outcome:?}"));
        let left = files(sandbox);
        let (temporary, signals): (Files, Files) = left.into_iter().partition(|(name, _)| name.starts_with('.'));
        check(temporary.is_empty() || killed, format!("left: {temporary:?}"));
        for (name, text) in &signals {
            let is_old = self.before.get(name) == Some(text);
            let is_new = self.after.contains_key(name) && lasting(text).as_ref() == self.after.get(name);
            check(is_old || is_new, format!("{name} is neither old nor new: {text:?}"));
        }
        let stood = !self.before.is_empty() && !self.after.is_empty();
        check(!stood || !signals.is_empty(), "the session's state is lost".to_owned());
        if outcome.code == Some(0) {
            let names: Vec<_> = signals.keys().collect();
            let is_done = names == self.after.keys().collect::<Vec<_>>();
            check(is_done, format!("exit code 0, but {names:?} stand"));
        }
        violations
    }
}

impl Case<'_> {
    fn violations(&self) -> Vec<String> {
        let sandbox = self.scenario.background();
        let run = self.scenario.run(&sandbox, &["-e", &format!("inject={}", self.fault)]);
        let mut violations = self.scenario.violations(&sandbox, &run.outcome, self.killed, self.mute);
        if !run.trace.shows_fault() {
            violations.push("the fault did not come to pass".to_owned());
        }
        let told = |what| format!("{} after {:?}, {}: {what}", self.scenario.hook, self.scenario.before.keys(), self.fault);
        violations.into_iter().map(told).collect()
    }
}

fn files(sandbox: &Sandbox) -> Files {
    let text = |name: &String| fs_err::read_to_string(sandbox.spool().join(name)).unwrap();
    sandbox.files().into_iter().map(|name| (name.clone(), text(&name))).collect()
}

/// A signal without what differs from run to run, or may be left out where the system does not say it.
/// `None` where it is not one line of JSON.
fn lasting(text: &str) -> Option<Value> {
    let mut signal: Value = serde_json::from_str(text.strip_suffix('\n').filter(|line| !line.contains('\n'))?).ok()?;
    let passing = |object: &mut Value| {
        let members = object.as_object_mut()?;
        for name in ["working_since", "pending_since", "stopped_at", "ended_at"] {
            members.remove(name);
        }
        for (name, known) in [("claude_pid", Value::is_u64), ("claude_start", Value::is_u64), ("claude_host", Value::is_string)] {
            members.remove(name).is_none_or(|value| known(&value)).then_some(())?;
        }
        Some(())
    };
    for call in signal.get_mut("pending").and_then(Value::as_array_mut).into_iter().flatten() {
        passing(call)?;
    }
    passing(&mut signal)?;
    Some(signal)
}

/// Does `work` with every item, on as many threads as there are CPUs; everything that it says.
fn all<T: Sync>(items: &[T], work: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let thread = || {
        let items = std::iter::from_fn(|| items.get(next.fetch_add(1, Ordering::Relaxed)));
        items.flat_map(&work).collect::<Vec<_>>()
    };
    let count = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(thread)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

fn scenarios() -> Vec<Scenario> {
    SCENARIOS.into_iter().map(|(before, event)| Scenario::new(before, event)).collect()
}

#[test]
#[ignore = "needs strace"]
fn every_system_call_killed_and_failing() {
    let scenarios = scenarios();
    let cases: Vec<_> = scenarios.iter().flat_map(Scenario::cases).collect();
    let violations = all(&cases, Case::violations);
    println!("{} cases, {} violations", cases.len(), violations.len());
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
