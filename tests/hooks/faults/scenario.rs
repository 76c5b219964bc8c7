//! One event before its background: what may stand on disk when something failed on the way.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::DirBuilderExt as _;

use serde_json::Value;
use session_signals_protocol::store::{LOCK_TIMEOUT_MS, SignalStore};
use session_signals_protocol::temporary_name::Leftover;
use session_signals_protocol::text::Text;

use crate::release::hook;
use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_for_event, payload};
use crate::strace;

/// The kernel gives no larger one.
const MAX_PID: u64 = 1 << 22;

/// Two calls of a tool, and one of a subagent's.
const A: &str = r#""tool_name":"Bash","tool_input":{"command":"a"}"#;
const B: &str = r#""tool_name":"Bash","tool_input":{"command":"b"}"#;
const AGENTS: &str = r#""agent_id":"x","tool_name":"Bash","tool_input":{}"#;

/// What happened before, and the event whose hook meets the fault: names and members.
type Event = (&'static str, &'static str);
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

/// The spool's files, by name.
pub type Files = BTreeMap<String, String>;

/// One event before its background, and what comes of it when nothing fails.
pub struct Scenario {
    pub hook: &'static str,
    pub input: String,
    pub before: Files,
    /// Without what differs from run to run.
    after: BTreeMap<String, Value>,
    /// The calls made, in order.
    pub calls: Vec<String>,
    new_lengths: Vec<usize>,
    /// The lock is not to be had: the hook does its work with more care.
    pub unlocked: bool,
}

impl Scenario {
    fn new(before: &[Event], (event, members): Event, unlocked: bool) -> Self {
        let sandbox = Sandbox::new();
        let mut dead = ClaudeProcess::start(&sandbox);
        for (event, members) in before {
            dead.run_hook("s", event, members).assert_success();
        }
        let before = files(&sandbox);
        let hook = executable_for_event(event).unwrap();
        let input = payload("s", event, &members.replace("LONG", &"x".repeat(10_000)));
        let mut scenario =
            Self { hook, input, before, after: BTreeMap::new(), calls: Vec::new(), new_lengths: Vec::new(), unlocked };
        let run = scenario.run(&sandbox, &[]);
        run.outcome.assert_success();
        scenario.calls = run.trace.names().into_iter().map(str::to_owned).collect();
        let after = files(&sandbox);
        let is_new = |(name, text): &(&String, &String)| scenario.before.get(*name) != Some(*text);
        scenario.new_lengths = after.iter().filter(is_new).map(|(_, text)| text.len()).collect();
        scenario.after = after.iter().map(|(name, text)| (name.clone(), lasting(text).unwrap())).collect();
        scenario
    }

    pub fn run(&self, sandbox: &Sandbox, options: &[&str]) -> strace::Run {
        let unlocked: &[&str] = if self.unlocked { &["-e", "inject=flock:error=ENOLCK"] } else { &[] };
        strace::run(sandbox, &hook(self.hook), &self.input, &[unlocked, options].concat())
    }

    /// A home directory as it was before the event.
    pub fn background(&self) -> Sandbox {
        let sandbox = Sandbox::new();
        if !self.before.is_empty() {
            DirBuilder::new().recursive(true).mode(0o700).create(sandbox.signal_dir()).unwrap();
        }
        for (name, text) in &self.before {
            fs_err::write(sandbox.signal_dir().join(name), text).unwrap();
        }
        sandbox
    }

    /// The length of the shortest signal that is new: 0 where none is.
    pub fn shortest_new(&self) -> usize {
        self.new_lengths.iter().copied().min().unwrap_or_default()
    }

    /// What of the contract a run broke.
    ///
    /// What a hook left behind that was killed, or that could not delete or tell apart what it had moved aside, is brought
    /// back first, as `hooks doctor --fix` does.
    pub fn violations(&self, sandbox: &Sandbox, outcome: &Outcome, fault: Fault) -> Vec<String> {
        let Fault { killed, mute, helpless } = fault;
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
        if killed || helpless {
            for name in sandbox.list_signal_dir().iter().filter(|name| name.starts_with('.')) {
                let recovered = open(sandbox).recover_leftover(name.as_bytes());
                check(recovered.is_ok_and(|remnant| remnant != Leftover::Foreign), format!("{name} is not recovered"));
            }
        }
        let left = files(sandbox);
        let (temporary, signals): (Files, Files) = left.into_iter().partition(|(name, _)| name.starts_with('.'));
        check(temporary.is_empty(), format!("left: {temporary:?}"));
        for (name, text) in &signals {
            let is_old = self.before.get(name) == Some(text);
            let is_new = self.after.contains_key(name) && lasting(text).as_ref() == self.after.get(name);
            check(is_old || is_new, format!("{name} is neither old nor new: {text:?}"));
        }
        let stood = !self.before.is_empty() && !self.after.is_empty();
        check(!stood || !signals.is_empty(), "the session's state is lost".to_owned());
        if outcome.code == Some(0) {
            let done = signals.iter().map(|(name, text)| Some((name.clone(), lasting(text)?))).collect::<Option<_>>();
            check(done.as_ref() == Some(&self.after), format!("exit code 0, but {:?} stand", signals.keys()));
        }
        violations
    }
}

/// The sandbox's spool, locked.
fn open(sandbox: &Sandbox) -> SignalStore {
    let path = Text::concat(&[sandbox.signal_dir().as_os_str().as_bytes()]);
    let spool = SignalStore::open_at(&path, 1, false, LOCK_TIMEOUT_MS).unwrap().unwrap();
    assert!(spool.is_locked);
    spool
}

fn files(sandbox: &Sandbox) -> Files {
    let text = |name: &String| fs_err::read_to_string(sandbox.signal_dir().join(name)).unwrap();
    sandbox.list_signal_dir().into_iter().map(|name| (name.clone(), text(&name))).collect()
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
        members.remove("claude_pid").is_none_or(|pid| pid.as_u64().is_some_and(|pid| pid <= MAX_PID)).then_some(())?;
        members.remove("claude_start").is_none_or(|value| value.is_u64()).then_some(())?;
        members.remove("claude_host").is_none_or(|value| value.is_string()).then_some(())
    };
    for call in signal.get_mut("pending").and_then(Value::as_array_mut).into_iter().flatten() {
        passing(call)?;
    }
    passing(&mut signal)?;
    Some(signal)
}

/// What was done to a run.
#[derive(Clone, Copy, Default)]
pub struct Fault {
    /// It was killed.
    pub killed: bool,
    /// Nothing can be written any more, be it on stderr.
    pub mute: bool,
    /// Something cannot be deleted, or nothing can be looked at any more.
    pub helpless: bool,
}

/// All of them, and two with something to delete once more without the lock.
pub fn scenarios() -> Vec<Scenario> {
    let locked = SCENARIOS.into_iter().map(|(before, event)| Scenario::new(before, event, false));
    let deletes = |scenario: &Scenario| scenario.calls.iter().any(|call| call == "unlinkat");
    let mut scenarios: Vec<_> = locked.collect();
    let unlocked = SCENARIOS.into_iter().zip(&scenarios).filter(|(_, locked)| deletes(locked)).take(2);
    let unlocked = unlocked.map(|((before, event), _)| Scenario::new(before, event, true)).collect::<Vec<_>>();
    scenarios.extend(unlocked);
    scenarios
}
