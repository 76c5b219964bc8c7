//! Bad input: the hook writes one line to stderr, exits with 1, and changes nothing.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use crate::sandbox::{Sandbox, executable_path, payload, run_until_read, run_with_input};

/// Asserts that the hook refuses the input with this message, and changes nothing in the signal directory.
#[track_caller]
fn assert_refuses(hook: &str, input: impl Into<Vec<u8>>, message: &str) {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let before = fs_err::read(sandbox.signal_path("s", "working")).unwrap();
    sandbox.run_executable(hook, input).assert_failure(message);
    assert_eq!(sandbox.list_signal_dir(), ["s.working.json"]);
    assert_eq!(fs_err::read(sandbox.signal_path("s", "working")).unwrap(), before);
}

#[test]
fn input_that_is_not_a_json_object() {
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
        assert_refuses("hook-stop", input, message);
    }
    assert_refuses("hook-stop", *b"{\"session_id\":\"s\",\"a\":\"\xff\"}", "invalid UTF-8 at byte 24");
    assert_refuses("hook-stop", *b"{\"session_id\":\"s\",\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8 at byte 25");
}

#[test]
fn json_that_is_nested_too_deeply() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("\"a\":{}1{}", open.repeat(10_000), close.repeat(10_000));
        assert_refuses("hook-stop", payload("s", "Stop", &deep), "JSON nested too deeply");
        let fine = format!("\"a\":{}1{}", open.repeat(124), close.repeat(124));
        Sandbox::new().run_executable("hook-stop", payload("s", "Stop", &fine)).assert_success();
    }
}

#[test]
fn a_session_id_that_is_not_safe_in_a_file_name() {
    let missing = r#"{"hook_event_name":"Stop"}"#;
    assert_refuses("hook-stop", missing, "no session_id");
    let wrong = "session_id is not a string of 1 to 128 letters, digits, _ and -";
    let long = format!("\"{}\"", "x".repeat(300));
    for id in ["17", "null", "[]", "\"\"", "\"..\"", "\"a/b\"", "\"a\\u0000b\"", "\"a.b\"", "\"ä\"", "\"a\\n\"", &long]
    {
        assert_refuses("hook-stop", format!(r#"{{"session_id":{id},"hook_event_name":"Stop"}}"#), wrong);
    }
    let longest = "x".repeat(128);
    let sandbox = Sandbox::new();
    sandbox.run_hook(&longest, "Stop", "").assert_success();
    sandbox.run_executable("hook-stop", r#"{"session_id":"\u0061\u002D","hook_event_name":"Stop"}"#).assert_success();
    assert_eq!(sandbox.describe_all_signals().into_keys().collect::<Vec<_>>(), ["a-".to_owned(), longest]);
}

#[test]
fn an_event_that_another_executable_handles() {
    for (hook, event) in
        [("hook-stop", "SessionEnd"), ("hook-session-end", "Stop"), ("hook-compact", "stop"), ("hook-stop", "")]
    {
        assert_refuses(hook, payload("s", event, ""), "hook_event_name is not an event of this hook");
    }
    assert_refuses("hook-stop", r#"{"session_id":"s"}"#, "no hook_event_name");
}

#[test]
fn a_configuration_directory_that_cannot_be_used() {
    let sandbox = Sandbox::new();
    let mut without_home = sandbox.command(executable_path("hook-stop"));
    run_with_input(without_home.env_remove("HOME"), payload("s", "Stop", ""))
        .assert_failure("neither CLAUDE_CONFIG_DIR nor HOME is set");
    let mut nonexistent = sandbox.command(executable_path("hook-stop"));
    run_with_input(nonexistent.env("HOME", "/nonexistent"), payload("s", "Stop", ""))
        .assert_failure("hook-stop: create /nonexistent/.claude: No such file");
    let mut too_long = sandbox.command(executable_path("hook-stop"));
    run_with_input(too_long.env("HOME", "/x".repeat(2048)), payload("s", "Stop", ""))
        .assert_failure("longer than 4095 bytes");
    let file = sandbox.home().join("file");
    fs_err::write(&file, "").unwrap();
    let mut on_file = sandbox.command(executable_path("hook-stop"));
    run_with_input(on_file.env("CLAUDE_CONFIG_DIR", &file), payload("s", "Stop", "")).assert_failure("Not a directory");
    assert_eq!(fs_err::read_dir(sandbox.home()).unwrap().count(), 1);
}

#[test]
fn a_signal_directory_that_is_a_file_or_writable_by_others() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.signal_dir(), "mine").unwrap();
    let open = format!("hook-stop: open {}: Not a directory", sandbox.signal_dir().display());
    sandbox.run_hook("s", "Stop", "").assert_failure(&open);
    assert_eq!(fs_err::read(sandbox.signal_dir()).unwrap(), b"mine");
    fs_err::remove_file(sandbox.signal_dir()).unwrap();
    fs_err::create_dir(sandbox.signal_dir()).unwrap();
    for mode in [0o777, 0o770, 0o702, 0o1777] {
        fs_err::set_permissions(sandbox.signal_dir(), PermissionsExt::from_mode(mode)).unwrap();
        sandbox.run_hook("s", "Stop", "").assert_failure("others may write to it");
    }
    assert_eq!(sandbox.list_signal_dir(), [""; 0]);
    fs_err::set_permissions(sandbox.signal_dir(), PermissionsExt::from_mode(0o755)).unwrap();
    sandbox.run_hook("s", "Stop", "").assert_success();
}

#[test]
fn something_else_than_a_file_under_a_signals_name() {
    for kind in ["working", "stop", "ended", "permission"] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("t", "Stop", "").assert_success();
        let (planted, target) = (sandbox.signal_path("s", kind), sandbox.home().join("target"));
        fs_err::write(&target, "mine").unwrap();
        let assert_refused = || {
            sandbox
                .run_hook("s", "Stop", "")
                .assert_failure(&format!("{}: it is not a regular file", planted.display()));
        };
        symlink(&target, &planted).unwrap();
        assert_refused();
        assert_eq!(fs_err::read(&target).unwrap(), b"mine");
        fs_err::remove_file(&planted).unwrap();
        fs_err::create_dir(&planted).unwrap();
        assert_refused();
        fs_err::remove_dir(&planted).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&planted).status().unwrap().success());
        assert_refused();
        assert_eq!(sandbox.list_signal_dir().len(), 2);
    }
}

#[test]
fn a_stdin_that_stays_open() {
    let sandbox = Sandbox::new();
    // The hook must end although the test's end of the pipe stays open.
    let run_with_open_stdin = |input: &str| {
        use std::io::Write as _;
        let mut child = std::process::Command::new(executable_path("hook-stop"))
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
    assert_eq!(run_with_open_stdin(&payload("s", "Stop", "")), (Some(0), String::new()));
    assert_eq!(sandbox.describe_signals("s"), "stop");
    let late = "hook-stop: read stdin: no complete JSON object within 1 s\n";
    assert_eq!(run_with_open_stdin(""), (Some(1), late.to_owned()));
    assert_eq!(run_with_open_stdin(r#"{"session_id":"s","#), (Some(1), late.to_owned()));
}

#[test]
fn an_object_larger_than_64_mib() {
    let fill = |len: usize| payload("s", "Stop", &format!(r#""x":"{}""#, "y".repeat(len)));
    assert_refuses("hook-stop", fill(64 << 20), "the JSON object is larger than 64 MiB");
    let sandbox = Sandbox::new();
    let text = (64 << 20) - fill(0).len();
    let large = fill(text);
    sandbox.run_executable("hook-stop", large).assert_success();
    assert_eq!(sandbox.read_signal("s", "stop")["x"].as_str().map(str::len), Some(text));
}

#[test]
fn other_signals_are_cleared_if_the_list_of_calls_is_too_large() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let list = fs_err::File::create(sandbox.signal_path("s", "permission")).unwrap();
    list.file().set_len((256 << 20) + 1).unwrap();
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_failure("it is larger than 256 MiB");
    sandbox.run_hook("s", "PostToolUse", r#""tool_name":"Bash""#).assert_failure("it is larger than 256 MiB");
    assert_eq!(sandbox.list_signal_dir(), ["s.permission.json", "s.working.json"]);
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
fn a_list_of_calls_does_not_become_too_large_to_read() {
    let sandbox = Sandbox::new();
    let call = |number: u32| format!(r#""tool_name":"Write","tool_input":"{number}{}""#, "x".repeat(60 << 20));
    for number in 0..2 {
        sandbox.run_hook("s", "PermissionRequest", &call(number)).assert_success();
    }
    sandbox.run_hook("s", "PermissionRequest", &call(2)).assert_failure("s.permission.json: its list of calls is full");
    assert_eq!(sandbox.describe_signals("s"), "permission(Write,Write)");
}

#[test]
fn a_tools_output_of_50_mb_needs_no_memory() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let response = |len: usize| {
        let members =
            format!(r#""tool_name":"Bash","tool_input":{{}},"tool_response":{{"stdout":"{}"}}"#, "y".repeat(len));
        let input = sandbox.home().join("input");
        fs_err::write(&input, payload("s", "PostToolUse", &members)).unwrap();
        let script = format!("exec {} <{}", executable_path("hook-post-tool-use").display(), input.display());
        // `ulimit -v` makes the hook fail if it needs more memory than that.
        let script = format!("ulimit -v {}; {script}", limit_in_kib());
        run_until_read(|| run_with_input(sandbox.command("sh").arg("-c").arg(&script), "")).assert_success();
    };
    response(50 << 20);
}

/// Returns a limit far below 50 MB. The threads of std reserve more address space than they use.
fn limit_in_kib() -> u32 {
    if cfg!(freestanding) { 2 * 1024 } else { 200 * 1024 }
}

#[test]
fn a_file_size_limit_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let mut limited = sandbox.command("sh");
    limited.args(["-c", "ulimit -f 0; exec \"$0\""]).arg(executable_path("hook-stop"));
    run_with_input(&mut limited, payload("s", "Stop", "")).assert_failure("File too large");
    assert_eq!(sandbox.list_signal_dir(), ["s.working.json"]);
}

#[test]
fn a_hook_survives_if_nobody_reads_standard_error() {
    let sandbox = Sandbox::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut hook = std::process::Command::new(executable_path("hook-stop"));
    let mut hook = hook.env_clear().env("HOME", sandbox.home()).stdin(Stdio::piped()).stderr(writer).spawn().unwrap();
    drop(hook.stdin.take());
    // There would be no exit code if SIGPIPE had ended the hook.
    assert_eq!(hook.wait().unwrap().code(), Some(1));
}
