//! What the bytes of the system mean.

use super::process_arguments::ProcessArguments;

/// The bytes of a process with this number of arguments, and with these bytes after the path of its executable.
fn bytes(count: i32, rest: &str) -> Vec<u8> {
    [&count.to_ne_bytes()[..], b"/opt/homebrew/bin/claude\0", rest.as_bytes()].concat()
}

#[test]
fn the_arguments_and_the_environment_of_a_process_are_read() {
    let rest =
        "\0\0\0claude\0--resume\0\0last one\0HOME=/Users/x\0EMPTY=\0TMUX=/tmp/tmux-501/default,7,0\0\0ptr_munge=\0";
    let bytes = bytes(4, rest);
    let parsed = ProcessArguments::parse(&bytes).unwrap();
    assert_eq!(parsed.arguments, [&b"claude"[..], b"--resume", b"", b"last one"], "an argument may be empty");
    assert_eq!(parsed.environment, b"HOME=/Users/x\0EMPTY=\0TMUX=/tmp/tmux-501/default,7,0\0");
}

#[test]
fn an_environment_that_the_system_hides_is_empty() {
    for rest in ["sh\0-c\0", "sh\0-c\0\0", "sh\0-c\0\0stack_guard=1\0", "sh\0-c\0CUT=off"] {
        let bytes = bytes(2, rest);
        let parsed = ProcessArguments::parse(&bytes).unwrap();
        assert_eq!((parsed.arguments.len(), parsed.environment), (2, &b""[..]), "{rest:?}");
    }
}

#[test]
fn bytes_that_are_cut_off_or_wrong_have_no_arguments() {
    assert_eq!(ProcessArguments::parse(b""), None);
    assert_eq!(ProcessArguments::parse(b"\x01\0\0"), None);
    assert_eq!(ProcessArguments::parse(b"\x01\0\0\0/bin/sh"), None);
    assert_eq!(ProcessArguments::parse(&bytes(3, "sh\0-c\0")), None);
    assert_eq!(ProcessArguments::parse(&bytes(i32::MAX, "sh\0-c\0")), None);
    let none = ProcessArguments { arguments: Vec::new(), environment: b"" };
    assert_eq!(ProcessArguments::parse(&bytes(-1, "")), Some(none));
}
