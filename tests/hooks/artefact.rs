//! The executables themselves: small, static, and asking the system for nothing but their work.

use session_signals_protocol::{HOOKS, Hook};

use crate::release::hook;
use crate::sandbox::{Sandbox, executable_for_event, payload};
use crate::strace;

const MAX_LEN: usize = 32 * 1024;

// ELF, as elf(5) has it.
const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const INTERPRETER: u64 = 3;
const STACK: u64 = 0x6474_e551;
const EXECUTABLE: u64 = 1;
const WRITABLE: u64 = 2;

/// A little-endian number of `len` bytes.
fn number(bytes: &[u8], at: u64, len: u64) -> u64 {
    let range = usize::try_from(at).unwrap()..usize::try_from(at + len).unwrap();
    bytes[range].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Type and flags of every program header.
fn segments(elf: &[u8]) -> Vec<(u64, u64)> {
    let (first, size, count) = (number(elf, 32, 8), number(elf, 54, 2), number(elf, 56, 2));
    (0..count).map(|n| first + n * size).map(|at| (number(elf, at, 4), number(elf, at + 4, 4))).collect()
}

/// The type of every section header.
fn sections(elf: &[u8]) -> Vec<u64> {
    let (first, size, count) = (number(elf, 40, 8), number(elf, 58, 2), number(elf, 60, 2));
    (0..count).map(|n| number(elf, first + n * size + 4, 4)).collect()
}

#[test]
fn each_is_a_static_elf_of_at_most_32_kib() {
    for name in HOOKS.map(Hook::executable) {
        let elf = fs_err::read(hook(name)).unwrap();
        assert!(elf.len() <= MAX_LEN, "{name}: {} bytes", elf.len());
        assert_eq!(&elf[..6], b"\x7fELF\x02\x01", "{name}: 64 bits, little-endian");
        assert_eq!(number(&elf, 16, 2), 2, "{name}: ET_EXEC, at a fixed address");
        let segments = segments(&elf);
        let has = |kind| segments.iter().any(|segment| segment.0 == kind);
        assert!(has(LOAD) && !has(INTERPRETER) && !has(DYNAMIC), "{name}: {segments:x?}");
        assert!(!sections(&elf).contains(&6), "{name}: a dynamic section");
        let both = EXECUTABLE | WRITABLE;
        assert!(segments.iter().all(|(_, flags)| flags & both != both), "{name}: {segments:x?}");
        // Without this header, the kernel would make the stack executable.
        assert!(has(STACK), "{name}: {segments:x?}");
    }
}

// What a hook asks of the system, step by step.
/// Two signals are blocked: a broken pipe and a file that is too large are errors like others.
const INPUT: &str = "clock_gettime rt_sigprocmask mmap ppoll read";
const SPOOL: &str = "openat statx geteuid flock";
/// The directories are made, and the spool is opened again.
const NEW_SPOOL: &str = "openat mkdirat mkdirat openat statx geteuid flock";
const NO_SPOOL: &str = "openat";
/// What stands: one look for each kind, and the time.
const LOOK: &str = "statx statx statx statx clock_gettime";
const SIGNAL: &str = "statx mmap openat read close";
/// The CLI's process, and the machine.
const WHO: &str = "getppid openat read read close uname statx";
/// In a place where nothing stands.
const PUBLISH: &str = "openat write utimensat close renameat2";
/// The same for calls that wait: who asks for them is found out while they are written.
const ASK: &str = "openat getppid openat read read close uname statx write utimensat close renameat2";
/// In the place of those that stand, which are looked at before they go.
const ASK_AGAIN: &str =
    "openat getppid openat read read close uname statx write utimensat close renameat2 statx unlinkat";
/// Moved aside, looked at, deleted.
const CLEAR: &str = "renameat statx unlinkat";
/// What others did meanwhile.
const CHECK: &str = LOOK;
const END: &str = "close exit_group";
const EXIT: &str = "exit_group";

/// The usual path of every hook: what happened before, the event, its calls.
#[rustfmt::skip]
const USUAL: [(&[&str], &str, &[&str]); 11] = [
    (&["UserPromptSubmit"], "SessionStart",       &[INPUT, SPOOL, LOOK, WHO, SIGNAL, PUBLISH, CLEAR, CHECK, END]),
    (&["Stop"],             "UserPromptSubmit",   &[INPUT, SPOOL, LOOK, WHO, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "PermissionRequest",  &[INPUT, SPOOL, LOOK, ASK, CHECK, END]),
    (&["PermissionRequest", "Elicitation"], "PermissionRequest", &[INPUT, SPOOL, LOOK, SIGNAL, CHECK, END]),
    (&["UserPromptSubmit"], "PostToolUse",        &[INPUT, SPOOL, LOOK, END]),
    (&["PermissionRequest"], "PostToolUse",       &[INPUT, SPOOL, LOOK, SIGNAL, CLEAR, END]),
    (&["PermissionRequest", "Elicitation"], "PostToolUse", &[INPUT, SPOOL, LOOK, SIGNAL, ASK_AGAIN, END]),
    (&["UserPromptSubmit"], "SubagentStop",       &[INPUT, SPOOL, LOOK, END]),
    (&["Stop"],             "PreCompact",         &[INPUT, SPOOL, LOOK, WHO, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "Stop",               &[INPUT, SPOOL, LOOK, WHO, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "SessionEnd",         &[INPUT, SPOOL, LOOK, WHO, PUBLISH, CLEAR, CHECK, END]),
];

/// The first event of all: who publishes makes the spool, who has nothing to publish leaves it.
#[rustfmt::skip]
const FIRST: [(&[&str], &str, &[&str]); 8] = [
    (&[], "SessionStart",      &[INPUT, NEW_SPOOL, LOOK, WHO, PUBLISH, CHECK, END]),
    (&[], "UserPromptSubmit",  &[INPUT, NEW_SPOOL, LOOK, WHO, PUBLISH, CHECK, END]),
    (&[], "PermissionRequest", &[INPUT, NEW_SPOOL, LOOK, ASK, CHECK, END]),
    (&[], "PostToolUse",       &[INPUT, NO_SPOOL, EXIT]),
    (&[], "SubagentStop",      &[INPUT, NO_SPOOL, EXIT]),
    (&[], "PreCompact",        &[INPUT, NEW_SPOOL, LOOK, WHO, PUBLISH, CHECK, END]),
    (&[], "Stop",              &[INPUT, NEW_SPOOL, LOOK, WHO, PUBLISH, CHECK, END]),
    (&[], "SessionEnd",        &[INPUT, NEW_SPOOL, LOOK, WHO, PUBLISH, CHECK, END]),
];

#[test]
#[ignore = "needs strace"]
fn each_makes_only_the_system_calls_of_its_work() {
    for (before, event, expected) in USUAL.into_iter().chain(FIRST) {
        let sandbox = Sandbox::new();
        for event in before {
            sandbox.run_hook("s", event, "").assert_success();
        }
        let name = executable_for_event(event).unwrap();
        let run = strace::run(&sandbox, &hook(name), &payload("s", event, ""), &[]);
        run.outcome.assert_success();
        assert_eq!(run.trace.names().join(" "), expected.join(" "), "{event} after {before:?}");
    }
}
