//! The programs that the bench of the hooks compares: the hooks, the floor, and the scripts.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home_directory::HomeDirectory;
use crate::payload_command::with_payload;
use crate::scenario::Scenario;

/// The hook that the targets are about.
pub const HOOK: &str = "hook-session-end";
/// The program that makes the same system calls as [`HOOK`] and decides nothing.
pub const FLOOR: &str = "floor (C, no libc)";
/// The script that the hook replaces.
pub const BASH: &str = "bash + jq";

/// A program and the run that is measured.
pub struct Candidate {
    pub name: &'static str,
    /// The executable and its arguments.
    pub program: Vec<PathBuf>,
    pub scenario: Scenario,
    /// Whether it is a script. Scripts take tens of milliseconds, so they run in few rounds.
    pub is_script: bool,
}

/// Returns every candidate whose tools this machine has. Prints which ones it has to leave out.
pub fn find_candidates(home: &HomeDirectory) -> Vec<Candidate> {
    let end = || Scenario::from_recording("SessionEnd", &["working"], &["ended"]);
    let mut candidates = hooks();
    let floor = compile_floor(home, &end(), "floor", &[]).map(|program| (FLOOR, program, end()));
    let unchanged = || Scenario { after: &["working"], ..end() };
    let nothing = compile_floor(home, &end(), "nothing", &["-DNOTHING"])
        .map(|program| ("nothing (C, no libc)", program, unchanged()));
    for (name, program, scenario) in [floor, nothing].into_iter().flatten() {
        candidates.push(Candidate { name, program: vec![program], scenario, is_script: false });
    }
    for (name, find_interpreter, needs, script) in [
        (BASH, ["bash", "-c", "type -P bash"], Some("jq"), "session-end.sh"),
        ("python", ["python3", "-c", "import sys; print(sys.executable)"], None, "session-end.py"),
        ("node", ["node", "-p", "process.execPath"], None, "session-end.mjs"),
    ] {
        // The interpreter itself is needed: the command on the PATH may be a script that looks for it.
        let interpreter =
            output_of(&find_interpreter).filter(|_| needs.is_none_or(|tool| output_of(&[tool, "--version"]).is_some()));
        match interpreter {
            Some(interpreter) => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(script);
                let program = vec![interpreter.trim().into(), script];
                candidates.push(Candidate { name, program, scenario: end(), is_script: true });
            }
            None => println!("skipped: {name} is not installed"),
        }
    }
    candidates
}

/// Returns each hook, with an event that makes it publish a signal, clear signals, or both.
fn hooks() -> Vec<Candidate> {
    let hook = |name, executable: &str, event, before, after| {
        let scenario = Scenario::from_recording(event, before, after);
        Candidate { name, program: vec![executable.into()], scenario, is_script: false }
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

/// Compiles `floor.c` for this home directory, session and process. Returns `None`, and prints it, if there is no `cc`.
fn compile_floor(home: &HomeDirectory, scenario: &Scenario, name: &str, more: &[&str]) -> Option<PathBuf> {
    let define = |name: &str, value: &str| format!("-D{name}=\"{value}\"");
    // The program is on the same file system as the hooks, wherever the home directory is.
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
    compiler.arg(define("SIGNAL_DIR", home.signal_dir().to_str()?)).arg(define("SESSION", &scenario.session));
    compiler.arg(define("PARENT", &std::process::id().to_string()));
    compiler.arg(format!("-DLENGTH={}", published_length(home, scenario)));
    compiler.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/floor.c"));
    let is_compiled = compiler.status().is_ok_and(|status| status.success());
    if !is_compiled {
        println!("skipped: cc does not compile the {name}");
    }
    is_compiled.then_some(program)
}

/// Returns the length, in bytes, of the signal that the hook publishes.
fn published_length(home: &HomeDirectory, scenario: &Scenario) -> u64 {
    scenario.prepare(home);
    let hook = [env!("CARGO_BIN_EXE_hook-session-end").into()];
    with_payload(&hook, &scenario.payload, home).status().unwrap();
    fs_err::metadata(home.signal_path(&scenario.session, "ended")).unwrap().len()
}

/// Returns what a command prints. `None` if it cannot be run or fails.
fn output_of(command: &[&str]) -> Option<String> {
    let output = Command::new(command[0]).args(&command[1..]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
