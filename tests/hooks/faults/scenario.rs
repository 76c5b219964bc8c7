//! One event with the signals before it, and what may be stored afterwards if something failed.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;

use serde_json::Value;
use session_signals_protocol::temporary_name::Leftover;

use crate::hooks::steps::open_store;
use crate::release::hook;
use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_for_event, payload};
use crate::strace;

/// The largest PID that the kernel uses.
const MAX_PID: u64 = 1 << 22;

// Two calls of a tool by the main agent, and one by a subagent.
const A: &str = r#""tool_name":"Bash","tool_input":{"command":"a"}"#;
const B: &str = r#""tool_name":"Bash","tool_input":{"command":"b"}"#;
const AGENTS: &str = r#""agent_id":"x","tool_name":"Bash","tool_input":{}"#;

/// The name of an event, and members of its payload.
type Event = (&'static str, &'static str);
/// The events before, and the event at whose hook the fault happens.
#[rustfmt::skip]
const SCENARIOS: [(&[Event], Event); 11] = [
    (&[],                                                     ("UserPromptSubmit", "")),
    (&[("Stop", "")],                                         ("UserPromptSubmit", r#""prompt":"LONG","cwd":"/""#)),
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

/// The contents of the files in the signal directory, by name.
pub type Files = BTreeMap<String, String>;

/// One event, and what its hook does if nothing fails.
pub struct Scenario {
    pub hook: &'static str,
    pub input: String,
    pub before: Files,
    /// The signals afterwards, without the members that differ from run to run.
    after: BTreeMap<String, Value>,
    /// The names of the hook's system calls, in order.
    pub calls: Vec<String>,
    /// The new signals.
    new: Vec<String>,
    /// The hook cannot get the lock.
    pub unlocked: bool,
}

impl Scenario {
    fn new(before: &[Event], (event, members): Event, unlocked: bool) -> Self {
        let sandbox = Sandbox::new();
        let mut cli = ClaudeProcess::start(&sandbox);
        for (event, members) in before {
            cli.run_hook("s", event, members).assert_success();
        }
        let before = files(&sandbox);
        let hook = executable_for_event(event).unwrap();
        let input = payload("s", event, &members.replace("LONG", &"x".repeat(10_000)));
        let mut scenario =
            Self { hook, input, before, after: BTreeMap::new(), calls: Vec::new(), new: Vec::new(), unlocked };
        let run = scenario.run(&sandbox, &[]);
        run.outcome.assert_success();
        scenario.calls = run.trace.names().into_iter().map(str::to_owned).collect();
        let after = files(&sandbox);
        let is_new = |(name, text): &(&String, &String)| scenario.before.get(*name) != Some(*text);
        scenario.new = after.iter().filter(is_new).map(|(_, text)| text.clone()).collect();
        scenario.after = after.iter().map(|(name, text)| (name.clone(), lasting(text).unwrap())).collect();
        scenario
    }

    pub fn run(&self, sandbox: &Sandbox, options: &[&str]) -> strace::Run {
        let unlocked: &[&str] = if self.unlocked { &["-e", "inject=flock:error=ENOLCK"] } else { &[] };
        strace::run(sandbox, &hook(self.hook), &self.input, &[unlocked, options].concat())
    }

    /// Makes a home directory as it was before the event.
    pub fn sandbox_before(&self) -> Sandbox {
        let sandbox = Sandbox::new();
        if !self.before.is_empty() {
            DirBuilder::new().recursive(true).mode(0o700).create(sandbox.signal_dir()).unwrap();
        }
        for (name, text) in &self.before {
            fs_err::write(sandbox.signal_dir().join(name), text).unwrap();
        }
        sandbox
    }

    /// Returns the length of the shortest new signal; 0 if there is none.
    pub fn shortest_new(&self) -> usize {
        self.new.iter().map(String::len).min().unwrap_or_default()
    }

    /// Returns a length that no new signal of any run falls below. The PID of the CLI and its start time have fewer digits in some
    /// runs than in others.
    pub fn shortest_possible(&self) -> usize {
        self.new.iter().map(|text| text.len() - process_digits(text)).min().unwrap_or_default()
    }

    /// Returns what is wrong after a run.
    ///
    /// If the hook was killed, or could not clean up, the temporary files that it left are recovered first, as `hooks doctor --fix`
    /// does.
    pub fn violations(&self, sandbox: &Sandbox, outcome: &Outcome, fault: Fault) -> Vec<String> {
        let Fault { killed, cannot_write, cannot_clean_up } = fault;
        let mut violations = Vec::new();
        let mut check = |holds: bool, what: String| violations.extend((!holds).then_some(what));
        let lines = outcome.stderr.matches('\n').count();
        let reports_error =
            lines == 1 && outcome.stderr.starts_with(&format!("{}: ", self.hook)) || cannot_write && lines == 0;
        let ended_well = match outcome.code {
            None => killed,
            Some(0) => outcome.stderr.is_empty(),
            Some(1) => reports_error,
            Some(_) => false,
        };
        check(ended_well && outcome.stdout.is_empty(), format!("{outcome:?}"));
        if killed || cannot_clean_up {
            for name in sandbox.list_signal_dir().iter().filter(|name| name.starts_with('.')) {
                let recovered = open_store(sandbox).recover_leftover(name.as_bytes());
                check(
                    recovered.is_ok_and(|leftover| leftover != Leftover::Foreign),
                    format!("{name} is not recovered"),
                );
            }
        }
        let found = files(sandbox);
        let (temporary, signals): (Files, Files) = found.into_iter().partition(|(name, _)| name.starts_with('.'));
        check(temporary.is_empty(), format!("left: {temporary:?}"));
        for (name, text) in &signals {
            let is_old = self.before.get(name) == Some(text);
            let is_new = self.after.contains_key(name) && lasting(text).as_ref() == self.after.get(name);
            check(is_old || is_new, format!("{name} is neither old nor new: {text:?}"));
        }
        let keeps_state = !self.before.is_empty() && !self.after.is_empty();
        check(!keeps_state || !signals.is_empty(), "the session's state is lost".to_owned());
        if outcome.code == Some(0) {
            let lasting_signals =
                signals.iter().map(|(name, text)| Some((name.clone(), lasting(text)?))).collect::<Option<_>>();
            check(
                lasting_signals.as_ref() == Some(&self.after),
                format!("exit code 0, but the signals are {:?}", signals.keys()),
            );
        }
        violations
    }
}

fn files(sandbox: &Sandbox) -> Files {
    let text = |name: &String| fs_err::read_to_string(sandbox.signal_dir().join(name)).unwrap();
    sandbox.list_signal_dir().into_iter().map(|name| (name.clone(), text(&name))).collect()
}

/// Returns a signal without the members that differ from run to run, or that are left out if the system does not know them. `None`
/// if it is not one line of JSON.
fn lasting(text: &str) -> Option<Value> {
    let mut signal: Value = serde_json::from_str(text.strip_suffix('\n').filter(|line| !line.contains('\n'))?).ok()?;
    let remove_changing = |object: &mut Value| {
        let members = object.as_object_mut()?;
        for name in ["working_since", "pending_since", "stopped_at", "ended_at"] {
            members.remove(name);
        }
        members.remove("claude_pid").is_none_or(|pid| pid.as_u64().is_some_and(|pid| pid <= MAX_PID)).then_some(())?;
        members.remove("claude_start").is_none_or(|value| value.is_u64()).then_some(())?;
        members.remove("claude_host").is_none_or(|value| value.is_string()).then_some(())
    };
    for call in signal.get_mut("pending").and_then(Value::as_array_mut).into_iter().flatten() {
        remove_changing(call)?;
    }
    remove_changing(&mut signal)?;
    Some(signal)
}

/// Returns how many digits the PID and the start time in a signal have together.
fn process_digits(text: &str) -> usize {
    let signal: Value = serde_json::from_str(text).unwrap();
    ["claude_pid", "claude_start"]
        .iter()
        .filter_map(|name| signal[name].as_u64())
        .map(|number| number.to_string().len())
        .sum()
}

/// What happens to a hook.
#[derive(Clone, Copy, Default)]
pub struct Fault {
    /// It is killed.
    pub killed: bool,
    /// It can write nothing any more, not even to stderr.
    pub cannot_write: bool,
    /// It cannot delete a file, or cannot look at files any more.
    pub cannot_clean_up: bool,
}

/// Returns all scenarios, and two of those that delete something a second time without the lock.
pub fn scenarios() -> Vec<Scenario> {
    let locked = SCENARIOS.into_iter().map(|(before, event)| Scenario::new(before, event, false));
    let deletes = |scenario: &Scenario| scenario.calls.iter().any(|call| call == "unlinkat");
    let mut scenarios: Vec<_> = locked.collect();
    let unlocked = SCENARIOS.into_iter().zip(&scenarios).filter(|(_, locked)| deletes(locked)).take(2);
    let unlocked = unlocked.map(|((before, event), _)| Scenario::new(before, event, true)).collect::<Vec<_>>();
    scenarios.extend(unlocked);
    scenarios
}
