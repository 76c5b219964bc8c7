//! Who takes part: the hooks, the floor, the scripts.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::home::{Home, Scenario};

/// The one that the targets are about.
pub const HOOK: &str = "hook-session-end";
/// The same system calls, nothing decided.
pub const FLOOR: &str = "floor (C, no libc)";
/// The script that the hook replaces.
pub const BASH: &str = "bash + jq";

/// A program and what it is to do.
pub struct Contender {
    pub name: &'static str,
    /// The executable and its arguments.
    pub command: Vec<PathBuf>,
    pub scenario: Scenario,
    /// Takes tens of milliseconds, so takes part in few rounds.
    pub is_script: bool,
}

/// Everyone that this machine has what they need for; says who is missing.
pub fn all(home: &Home) -> Vec<Contender> {
    let end = || scenario("SessionEnd", &["working"], &["ended"]);
    let mut all = hooks();
    let floor = compile(home, &end(), "floor", &[]).map(|program| (FLOOR, program, end()));
    let idle = || Scenario { after: &["working"], ..end() };
    let nothing =
        compile(home, &end(), "nothing", &["-DNOTHING"]).map(|program| ("nothing (C, no libc)", program, idle()));
    for (name, program, scenario) in [floor, nothing].into_iter().flatten() {
        all.push(Contender { name, command: vec![program], scenario, is_script: false });
    }
    for (name, interpreter, needs, script) in [
        (BASH, ["bash", "-c", "type -P bash"], Some("jq"), "session-end.sh"),
        ("python", ["python3", "-c", "import sys; print(sys.executable)"], None, "session-end.py"),
        ("node", ["node", "-p", "process.execPath"], None, "session-end.mjs"),
    ] {
        // The interpreter itself: what is on the PATH may be a script that looks for it.
        let found = output(&interpreter).filter(|_| needs.is_none_or(|tool| output(&[tool, "--version"]).is_some()));
        match found {
            Some(found) => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(script);
                let command = vec![found.trim().into(), script];
                all.push(Contender { name, command, scenario: end(), is_script: true });
            }
            None => println!("skipped: {name} is not installed"),
        }
    }
    all
}

/// Each hook with an event that makes it publish, clear, or both.
fn hooks() -> Vec<Contender> {
    let hook = |name, executable: &str, event, before, after| {
        let scenario = scenario(event, before, after);
        Contender { name, command: vec![executable.into()], scenario, is_script: false }
    };
    macro_rules! hook {
        ($name:literal, $event:literal, $before:expr, $after:expr) => {
            hook($name, env!(concat!("CARGO_BIN_EXE_", $name)), $event, &$before, &$after)
        };
    }
    vec![
        hook!("hook-session-end", "SessionEnd", ["working"], ["ended"]),
        hook!("hook-session-start", "SessionStart", ["ended"], ["stop"]),
        hook!("hook-user-prompt-submit", "UserPromptSubmit", ["stop"], ["working"]),
        hook!("hook-permission-request", "PermissionRequest", ["working"], ["permission", "working"]),
        hook!("hook-post-tool-use", "PostToolUse", ["permission", "working"], ["working"]),
        hook!("hook-subagent-stop", "SubagentStop", ["permission", "working"], ["working"]),
        hook!("hook-compact", "PreCompact", ["stop"], ["working"]),
        hook!("hook-stop", "Stop", ["working"], ["stop"]),
    ]
}

/// The first recorded payload of an event.
fn scenario(event: &str, before: &'static [&'static str], after: &'static [&'static str]) -> Scenario {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/claude-2.1.329");
    let of_event = |line: &(Value, String)| line.0["hook_event_name"] == event;
    for name in ["interactive", "compact", "agent"] {
        let recording = fs_err::read_to_string(fixtures.join(name).with_extension("jsonl")).unwrap();
        let mut lines = recording.lines().map(|line| (serde_json::from_str(line).unwrap(), line.to_owned()));
        if let Some((value, payload)) = lines.find(of_event) {
            let session = value["session_id"].as_str().unwrap().to_owned();
            return Scenario { session, payload, before, after };
        }
    }
    panic!("{event} is not recorded")
}

/// Compiles `floor.c` for this home, session and process.
fn compile(home: &Home, scenario: &Scenario, name: &str, more: &[&str]) -> Option<PathBuf> {
    let define = |name: &str, value: &str| format!("-D{name}=\"{value}\"");
    // On the same file system as the hooks, whatever the home is on.
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let arguments = [
        "-O2",
        "-nostdlib",
        "-static",
        "-fno-pie",
        "-no-pie",
        "-fno-stack-protector",
        "-fno-asynchronous-unwind-tables",
        "-Wl,--build-id=none",
        "-Wl,-z,noexecstack",
        "-Wl,-z,norelro",
    ];
    let mut compiler = Command::new("cc");
    compiler.args(arguments).args(more).arg("-o").arg(&program);
    compiler.arg(define("SPOOL", home.spool().to_str()?)).arg(define("SESSION", &scenario.session));
    compiler.arg(define("PARENT", &std::process::id().to_string()));
    compiler.arg(format!("-DLENGTH={}", published_length(home, scenario)));
    compiler.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/floor.c"));
    let success = compiler.status().is_ok_and(|status| status.success());
    if !success {
        println!("skipped: cc does not compile the {name}");
    }
    success.then_some(program)
}

/// How long a signal the hook publishes.
fn published_length(home: &Home, scenario: &Scenario) -> u64 {
    home.prepare(scenario);
    crate::timing::spawn(&[env!("CARGO_BIN_EXE_hook-session-end").into()], &scenario.payload, home).wait().unwrap();
    fs_err::metadata(home.signal(&scenario.session, "ended")).unwrap().len()
}

/// What a command prints, if it can be run.
fn output(command: &[&str]) -> Option<String> {
    let output = Command::new(command[0]).args(&command[1..]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
