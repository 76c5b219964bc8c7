//! The executables: their size, how they are linked, and which system calls they make.

use session_signals_protocol::{HOOKS, Hook};

use crate::release::hook;
use crate::sandbox::{Sandbox, executable_for_event, executable_path, payload};
use crate::strace;

const MAX_LEN: usize = 32 * 1024;

// Constants of ELF: see elf(5).
const LOAD: u64 = 1;
const DYNAMIC: u64 = 2;
const INTERPRETER: u64 = 3;
const STACK: u64 = 0x6474_e551;
const EXECUTABLE: u64 = 1;
const WRITABLE: u64 = 2;

/// Reads a little-endian number of `len` bytes.
fn number(bytes: &[u8], at: u64, len: u64) -> u64 {
    let range = usize::try_from(at).unwrap()..usize::try_from(at + len).unwrap();
    bytes[range].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Returns the type and the flags of every program header.
fn segments(elf: &[u8]) -> Vec<(u64, u64)> {
    let (first, size, count) = (number(elf, 32, 8), number(elf, 54, 2), number(elf, 56, 2));
    (0..count).map(|n| first + n * size).map(|at| (number(elf, at, 4), number(elf, at + 4, 4))).collect()
}

/// Returns the type of every section header.
fn sections(elf: &[u8]) -> Vec<u64> {
    let (first, size, count) = (number(elf, 40, 8), number(elf, 58, 2), number(elf, 60, 2));
    (0..count).map(|n| number(elf, first + n * size + 4, 4)).collect()
}

#[test]
fn each_hook_is_a_static_executable_of_at_most_32_kib() {
    for name in HOOKS.into_iter().chain([Hook::Mod]).map(Hook::executable) {
        let elf = fs_err::read(hook(name)).unwrap();
        assert!(elf.len() <= MAX_LEN, "{name}: {} bytes", elf.len());
        assert_eq!(&elf[..6], b"\x7fELF\x02\x01", "{name}: 64 bits, little-endian");
        assert_eq!(number(&elf, 16, 2), 2, "{name}: ET_EXEC, at a fixed address");
        let tested = fs_err::read(executable_path(name)).unwrap();
        assert_eq!(number(&elf, 18, 2), number(&tested, 18, 2), "{name}: the machine of the tests");
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

// The system calls of a hook, step by step.
/// Reads the clock and the payload, and blocks two signals, so that a broken pipe and a file that is too large are errors.
const INPUT: &str = "clock_gettime rt_sigprocmask mmap ppoll read";
/// Opens, checks and locks the signal directory.
const SIGNAL_DIR: &str = "openat statx geteuid flock";
/// Makes the directories, and then opens the signal directory again.
const NEW_SIGNAL_DIR: &str = "openat mkdirat mkdirat openat statx geteuid flock";
/// Finds no signal directory.
const NO_SIGNAL_DIR: &str = "openat";
/// Looks up the stored signals: one call for each kind, and the clock.
const STORED: &str = "statx statx statx statx clock_gettime";
/// Reads a signal.
const READ_SIGNAL: &str = "statx mmap openat read close";
/// Identifies the CLI process and the machine.
const IDENTITY: &str = "getppid openat read read close uname statx";
/// Publishes a signal of which no other version is stored.
const PUBLISH: &str = "openat write utimensat close renameat2";
/// Publishes a list of calls. The CLI process is identified while the list is written.
const PUBLISH_LIST: &str = "openat getppid openat read read close uname statx write utimensat close renameat2";
/// Replaces a list of calls. The old list is checked before it is deleted.
const REPLACE_LIST: &str =
    "openat getppid openat read read close uname statx write utimensat close renameat2 statx unlinkat";
/// Moves a signal to a temporary name, checks it and deletes it.
const CLEAR: &str = "renameat statx unlinkat";
/// Looks up what other hooks have stored in the meantime.
const CHECK: &str = STORED;
const END: &str = "close exit_group";
const EXIT: &str = "exit_group";

/// The usual work of every hook: the events before, the event, and its system calls.
#[rustfmt::skip]
const USUAL: [(&[&str], &str, &[&str]); 14] = [
    (&["UserPromptSubmit"], "SessionStart",       &[INPUT, SIGNAL_DIR, STORED, IDENTITY, READ_SIGNAL, PUBLISH, CLEAR, CHECK, END]),
    (&["Stop"],             "UserPromptSubmit",   &[INPUT, SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "PermissionRequest",  &[INPUT, SIGNAL_DIR, STORED, PUBLISH_LIST, CHECK, END]),
    (&["PermissionRequest", "Elicitation"], "PermissionRequest", &[INPUT, SIGNAL_DIR, STORED, READ_SIGNAL, CHECK, END]),
    (&["UserPromptSubmit"], "PostToolUse",        &[INPUT, SIGNAL_DIR, STORED, END]),
    (&["PermissionRequest"], "PostToolUse",       &[INPUT, SIGNAL_DIR, STORED, READ_SIGNAL, CLEAR, END]),
    (&["PermissionRequest", "Elicitation"], "PostToolUse", &[INPUT, SIGNAL_DIR, STORED, READ_SIGNAL, REPLACE_LIST, END]),
    (&["UserPromptSubmit"], "SubagentStop",       &[INPUT, SIGNAL_DIR, STORED, END]),
    (&["Stop"],             "PreCompact",         &[INPUT, SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "Stop",               &[INPUT, SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "SessionEnd",         &[INPUT, SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "TurnEnd",            &[INPUT, SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CLEAR, CHECK, END]),
    (&["UserPromptSubmit"], "TurnStart",          &[INPUT, SIGNAL_DIR, STORED, END]),
    (&["PermissionRequest"], "CallAnswered",      &[INPUT, SIGNAL_DIR, STORED, READ_SIGNAL, CLEAR, END]),
];

/// The first event of all. A hook that publishes makes the signal directory; a hook that publishes nothing does not.
#[rustfmt::skip]
const FIRST: [(&[&str], &str, &[&str]); 9] = [
    (&[], "SessionStart",      &[INPUT, NEW_SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CHECK, END]),
    (&[], "UserPromptSubmit",  &[INPUT, NEW_SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CHECK, END]),
    (&[], "PermissionRequest", &[INPUT, NEW_SIGNAL_DIR, STORED, PUBLISH_LIST, CHECK, END]),
    (&[], "PostToolUse",       &[INPUT, NO_SIGNAL_DIR, EXIT]),
    (&[], "SubagentStop",      &[INPUT, NO_SIGNAL_DIR, EXIT]),
    (&[], "PreCompact",        &[INPUT, NEW_SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CHECK, END]),
    (&[], "Stop",              &[INPUT, NEW_SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CHECK, END]),
    (&[], "SessionEnd",        &[INPUT, NEW_SIGNAL_DIR, STORED, IDENTITY, PUBLISH, CHECK, END]),
    (&[], "TurnStart",         &[INPUT, NO_SIGNAL_DIR, EXIT]),
];

#[test]
#[ignore = "needs strace"]
fn each_hook_makes_exactly_these_system_calls() {
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
