//! Bad input: one clear line, exit 1, nothing written, old signals untouched, stdout empty.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use crate::sandbox::{Sandbox, executable, outcome, payload};

/// The hook must refuse `input`, and leave the spool as it was.
#[track_caller]
fn refuses(hook: &str, input: impl Into<Vec<u8>>, message: &str) {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let before = fs_err::read(sandbox.signal("s", "working")).unwrap();
    sandbox.run(hook, input).fails(message);
    assert_eq!(sandbox.files(), ["s.working.json"]);
    assert_eq!(fs_err::read(sandbox.signal("s", "working")).unwrap(), before);
}

#[test]
fn what_is_no_json_object() {
    let stop = payload("s", "Stop", "");
    for (input, message) in [
        ("", "hook-stop: read stdin: empty\n"),
        (" \n", "ends inside the JSON object"),
        (&stop[..stop.len() - 1], "ends inside the JSON object"),
        (r#"{"session_id":"s"#, "ends inside the JSON object"),
        ("[]", "not a JSON object"),
        ("\"s\"", "not a JSON object"),
        ("17", "not a JSON object"),
        ("null", "not a JSON object"),
        ("{\"session_id\":\"s\",}", "malformed JSON at byte 19"),
        ("{'session_id':'s'}", "malformed JSON at byte 2"),
        ("{\"a\":01}", "malformed JSON at byte 7"),
        ("{\"a\":\"\t\"}", "malformed JSON at byte 7"),
        ("{\"a\":\"\\x\"}", "malformed JSON at byte 8"),
        ("{\"a\":1]", "malformed JSON at byte 7"),
        ("\u{feff}{}", "malformed JSON at byte 1"),
        ("// a comment\n{}", "malformed JSON at byte 1"),
    ] {
        refuses("hook-stop", input, message);
    }
    refuses("hook-stop", *b"{\"session_id\":\"s\",\"a\":\"\xff\"}", "invalid UTF-8 at byte 24");
    refuses("hook-stop", *b"{\"session_id\":\"s\",\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8 at byte 25");
}

#[test]
fn nesting_without_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("\"a\":{}1{}", open.repeat(10_000), close.repeat(10_000));
        refuses("hook-stop", payload("s", "Stop", &deep), "JSON nested too deeply");
        let fine = format!("\"a\":{}1{}", open.repeat(124), close.repeat(124));
        Sandbox::new().run("hook-stop", payload("s", "Stop", &fine)).succeeds();
    }
}

#[test]
fn a_session_id_that_is_no_file_name() {
    let missing = r#"{"hook_event_name":"Stop"}"#;
    refuses("hook-stop", missing, "no session_id");
    let wrong = "session_id is not a string of 1 to 128 letters, digits, _ and -";
    let long = format!("\"{}\"", "x".repeat(300));
    for id in ["17", "null", "[]", "\"\"", "\"..\"", "\"a/b\"", "\"a\\u0000b\"", "\"a.b\"", "\"ä\"", "\"a\\n\"", &long]
    {
        refuses("hook-stop", format!(r#"{{"session_id":{id},"hook_event_name":"Stop"}}"#), wrong);
    }
    let longest = "x".repeat(128);
    let sandbox = Sandbox::new();
    sandbox.fire(&longest, "Stop", "").succeeds();
    sandbox.run("hook-stop", r#"{"session_id":"\u0061\u002D","hook_event_name":"Stop"}"#).succeeds();
    assert_eq!(sandbox.states().into_keys().collect::<Vec<_>>(), ["a-".to_owned(), longest]);
}

#[test]
fn the_wrong_event_for_the_executable() {
    for (hook, event) in
        [("hook-stop", "SessionEnd"), ("hook-session-end", "Stop"), ("hook-compact", "stop"), ("hook-stop", "")]
    {
        refuses(hook, payload("s", event, ""), "hook_event_name is not an event of this hook");
    }
    refuses("hook-stop", r#"{"session_id":"s"}"#, "no hook_event_name");
}

#[test]
fn no_place_to_write_to() {
    let sandbox = Sandbox::new();
    let mut homeless = sandbox.command(executable("hook-stop"));
    outcome(homeless.env_remove("HOME"), payload("s", "Stop", "")).fails("neither CLAUDE_CONFIG_DIR nor HOME is set");
    let mut lost = sandbox.command(executable("hook-stop"));
    outcome(lost.env("HOME", "/nonexistent"), payload("s", "Stop", ""))
        .fails("hook-stop: create /nonexistent/.claude: No such file");
    let mut endless = sandbox.command(executable("hook-stop"));
    outcome(endless.env("HOME", "/x".repeat(2048)), payload("s", "Stop", "")).fails("longer than 4095 bytes");
    let file = sandbox.home().join("file");
    fs_err::write(&file, "").unwrap();
    let mut on_file = sandbox.command(executable("hook-stop"));
    outcome(on_file.env("CLAUDE_CONFIG_DIR", &file), payload("s", "Stop", "")).fails("Not a directory");
    assert_eq!(fs_err::read_dir(sandbox.home()).unwrap().count(), 1);
}

#[test]
fn a_spool_that_is_no_directory_or_open_to_others() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.spool(), "mine").unwrap();
    let open = format!("hook-stop: open {}: Not a directory", sandbox.spool().display());
    sandbox.fire("s", "Stop", "").fails(&open);
    assert_eq!(fs_err::read(sandbox.spool()).unwrap(), b"mine");
    fs_err::remove_file(sandbox.spool()).unwrap();
    fs_err::create_dir(sandbox.spool()).unwrap();
    for mode in [0o777, 0o770, 0o702, 0o1777] {
        fs_err::set_permissions(sandbox.spool(), PermissionsExt::from_mode(mode)).unwrap();
        sandbox.fire("s", "Stop", "").fails("others may write to it");
    }
    assert_eq!(sandbox.files(), [""; 0]);
    fs_err::set_permissions(sandbox.spool(), PermissionsExt::from_mode(0o755)).unwrap();
    sandbox.fire("s", "Stop", "").succeeds();
}

#[test]
fn something_planted_under_a_signals_name() {
    for kind in ["working", "stop", "ended", "permission"] {
        let sandbox = Sandbox::new();
        sandbox.fire("t", "Stop", "").succeeds();
        let (planted, target) = (sandbox.signal("s", kind), sandbox.home().join("target"));
        fs_err::write(&target, "mine").unwrap();
        let refused =
            || sandbox.fire("s", "Stop", "").fails(&format!("{}: it is not a regular file", planted.display()));
        symlink(&target, &planted).unwrap();
        refused();
        assert_eq!(fs_err::read(&target).unwrap(), b"mine");
        fs_err::remove_file(&planted).unwrap();
        fs_err::create_dir(&planted).unwrap();
        refused();
        fs_err::remove_dir(&planted).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&planted).status().unwrap().success());
        refused();
        assert_eq!(sandbox.files().len(), 2);
    }
}

#[test]
fn a_stdin_that_stays_open() {
    let sandbox = Sandbox::new();
    // What matters is that it ends at all: the test's own end of the pipe stays open.
    let hold = |input: &str| {
        use std::io::Write as _;
        let mut child = std::process::Command::new(executable("hook-stop"))
            .env("HOME", sandbox.home())
            .env_remove("CLAUDE_CONFIG_DIR")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        let status = child.wait().unwrap();
        drop(stdin);
        (status.code(), std::io::read_to_string(child.stderr.unwrap()).unwrap())
    };
    assert_eq!(hold(&payload("s", "Stop", "")), (Some(0), String::new()));
    assert_eq!(sandbox.state("s"), "stop");
    let late = "hook-stop: read stdin: no complete JSON object within 1 s\n";
    assert_eq!(hold(""), (Some(1), late.to_owned()));
    assert_eq!(hold(r#"{"session_id":"s","#), (Some(1), late.to_owned()));
}

#[test]
fn an_object_past_64_mib() {
    let fill = |len: usize| payload("s", "Stop", &format!(r#""x":"{}""#, "y".repeat(len)));
    refuses("hook-stop", fill(64 << 20), "the JSON object is larger than 64 MiB");
    let sandbox = Sandbox::new();
    let text = (64 << 20) - fill(0).len();
    let large = fill(text);
    sandbox.run("hook-stop", large).succeeds();
    assert_eq!(sandbox.read("s", "stop")["x"].as_str().map(str::len), Some(text));
}

#[test]
fn a_list_of_calls_that_is_too_large_keeps_nothing_else_from_being_cleared() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let list = fs_err::File::create(sandbox.signal("s", "permission")).unwrap();
    list.file().set_len((256 << 20) + 1).unwrap();
    sandbox.fire("s", "PermissionRequest", r#""tool_name":"Bash""#).fails("it is larger than 256 MiB");
    sandbox.fire("s", "PostToolUse", r#""tool_name":"Bash""#).fails("it is larger than 256 MiB");
    assert_eq!(sandbox.files(), ["s.permission.json", "s.working.json"]);
    sandbox.fire("s", "Stop", "").succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_list_of_calls_does_not_grow_past_what_can_be_read() {
    let sandbox = Sandbox::new();
    let call = |number: u32| format!(r#""tool_name":"Write","tool_input":"{number}{}""#, "x".repeat(60 << 20));
    for number in 0..2 {
        sandbox.fire("s", "PermissionRequest", &call(number)).succeeds();
    }
    sandbox.fire("s", "PermissionRequest", &call(2)).fails("s.permission.json: its list of calls is full");
    assert_eq!(sandbox.state("s"), "permission(Write,Write)");
}

#[test]
fn output_of_50_mb_takes_no_memory() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let response = |len: usize| {
        let members =
            format!(r#""tool_name":"Bash","tool_input":{{}},"tool_response":{{"stdout":"{}"}}"#, "y".repeat(len));
        let input = sandbox.home().join("input");
        fs_err::write(&input, payload("s", "PostToolUse", &members)).unwrap();
        let script = format!("exec {} <{}", executable("hook-post-tool-use").display(), input.display());
        // Only the kernel knows the peak of a process that has ended; `ulimit -v` makes it matter.
        let mut shell = sandbox.command("sh");
        outcome(shell.arg("-c").arg(format!("ulimit -v {}; {script}", limit_in_kib())), "").succeeds();
    };
    response(50 << 20);
}

/// Far below 50 MB; std's threads reserve more than they use.
fn limit_in_kib() -> u32 {
    if cfg!(freestanding) { 2 * 1024 } else { 200 * 1024 }
}

#[test]
fn a_file_that_may_not_grow_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let mut limited = sandbox.command("sh");
    limited.args(["-c", "ulimit -f 0; exec \"$0\""]).arg(executable("hook-stop"));
    outcome(&mut limited, payload("s", "Stop", "")).fails("File too large");
    assert_eq!(sandbox.files(), ["s.working.json"]);
}

#[test]
fn nobody_who_reads_standard_error_is_no_reason_to_die() {
    let sandbox = Sandbox::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut hook = std::process::Command::new(executable("hook-stop"));
    let mut hook = hook.env_clear().env("HOME", sandbox.home()).stdin(Stdio::piped()).stderr(writer).spawn().unwrap();
    drop(hook.stdin.take());
    // SIGPIPE would leave no code.
    assert_eq!(hook.wait().unwrap().code(), Some(1));
}
