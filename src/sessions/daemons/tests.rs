//! Tests of the parts that run no process. The integration tests in `tests/daemons` run the real executables.

use std::time::Duration;

use super::config;
use super::daemon_log::DaemonLog;
use super::restart::{NextRun, RestartAttempts, RestartPolicy};

const SHORT_RUN: Duration = Duration::from_secs(1);

#[test]
fn the_delay_doubles_until_the_daemon_is_given_up() {
    let mut attempts = RestartAttempts::default();
    let mut end_run = || attempts.plan_next_run(RestartPolicy::Always, true, SHORT_RUN);
    let after = |milliseconds| NextRun::After(Duration::from_millis(milliseconds));
    assert_eq!([(); 5].map(|()| end_run()), [after(500), after(1000), after(2000), after(4000), NextRun::GiveUp]);
}

#[test]
fn a_long_run_resets_the_count() {
    let mut attempts = RestartAttempts::default();
    for _ in 0..4 {
        attempts.plan_next_run(RestartPolicy::OnFailure, false, SHORT_RUN);
    }
    let after_long_run = attempts.plan_next_run(RestartPolicy::OnFailure, false, Duration::from_secs(60));
    assert_eq!(after_long_run, NextRun::After(Duration::from_millis(500)));
    let after_short_run = attempts.plan_next_run(RestartPolicy::OnFailure, false, SHORT_RUN);
    assert_eq!(after_short_run, NextRun::After(Duration::from_secs(1)));
}

#[test]
fn the_policy_decides_whether_a_daemon_is_restarted() {
    let restarts =
        |policy, is_clean| RestartAttempts::default().plan_next_run(policy, is_clean, SHORT_RUN) != NextRun::None;
    let policies = [RestartPolicy::Never, RestartPolicy::OnFailure, RestartPolicy::Always];
    let after_clean_and_failed = policies.map(|policy| (restarts(policy, true), restarts(policy, false)));
    assert_eq!(after_clean_and_failed, [(false, false), (false, true), (true, true)]);
}

#[test]
fn an_error_in_a_config_names_the_place_and_the_reason() {
    let parse =
        |text: &str| config::parse_config(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
    let cases = [
        (r#"{"daemons":[]}"#, ""),
        (
            "{\n  \"daemons\": [{\"name\": \"a\", \"comand\": \"b\"}]\n}",
            "line 2, column 36: daemons[0].comand: unknown field `comand`",
        ),
        (r#"{"daemons":[{"name":"a"}]}"#, "daemons[0]: missing field `command`"),
        (r#"{"daemons":[{"name":"a b","command":"b"}]}"#, "daemons[0].name: \"a b\" is not a name of 1 to 64"),
        (r#"{"daemons":[{"name":"a","command":5}]}"#, "daemons[0].command: invalid type: integer `5`"),
        (r#"{"daemons":[{"name":"a","command":""}]}"#, "daemons[0].command: the command is empty"),
        (r#"{"daemons":[{"name":"a","command":"b","args":["c",1]}]}"#, "daemons[0].args[1]: invalid type"),
        (r#"{"daemons":[{"name":"a","command":"b","env":{"A=":""}}]}"#, "daemons[0].env: \"A=\" or its value is not"),
        (
            r#"{"daemons":[{"name":"a","command":"b","env":{"CLAUDE_SESSION_ID":"x"}}]}"#,
            "CLAUDE_SESSION_ID is set by `sessions daemons`",
        ),
        (r#"{"daemons":[{"name":"a","command":"b","restart":"sometimes"}]}"#, "daemons[0].restart: unknown variant"),
        (r#"{"daemons":[{"name":"a","command":"b"},{"name":"a","command":"c"}]}"#, "two daemons have the name \"a\""),
        (r#"{"daemons":[]} x"#, "line 1, column 16: trailing characters"),
        (r#"{"daemons":[],"more":1}"#, "more: unknown field `more`"),
        ("", "line 1, column 0: EOF"),
    ];
    for (text, expected) in cases {
        let message = parse(text);
        assert!(message.contains(expected) && (expected.is_empty() == message.is_empty()), "{text}: {message}");
    }
}

#[test]
fn a_log_goes_on_after_its_file_or_its_directory_was_deleted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.s.log");
    let mut log = DaemonLog::open_at(path.clone());
    let half = "x".repeat(512 << 10);
    log.append(half.as_bytes());
    std::fs::remove_file(&path).unwrap();
    log.append(b"after the file was deleted\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "after the file was deleted\n");
    // A log that could not be opened once is opened with the next output.
    log.append(half.as_bytes());
    std::fs::remove_dir_all(directory.path()).unwrap();
    log.append(b"lost\n");
    std::fs::create_dir(directory.path()).unwrap();
    log.append(b"found\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "found\n");
}
