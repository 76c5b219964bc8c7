//! Tests of the pure parts. The processes themselves are tested in the integration crate.

use std::time::Duration;

use super::config;
use super::daemon_log::DaemonLog;
use super::restart::{NextRun, RestartAttempts, RestartPolicy};

const SHORT: Duration = Duration::from_secs(1);

#[test]
fn pauses_double_until_it_is_enough() {
    let mut attempts = RestartAttempts::default();
    let mut ended = || attempts.plan_next_run(RestartPolicy::Always, true, SHORT);
    let again = |milliseconds| NextRun::Again(Duration::from_millis(milliseconds));
    assert_eq!([(); 5].map(|()| ended()), [again(500), again(1000), again(2000), again(4000), NextRun::GiveUp]);
}

#[test]
fn a_long_run_begins_the_count_anew() {
    let mut attempts = RestartAttempts::default();
    for _ in 0..4 {
        attempts.plan_next_run(RestartPolicy::OnFailure, false, SHORT);
    }
    let long = attempts.plan_next_run(RestartPolicy::OnFailure, false, Duration::from_secs(60));
    assert_eq!(long, NextRun::Again(Duration::from_millis(500)));
    assert_eq!(attempts.plan_next_run(RestartPolicy::OnFailure, false, SHORT), NextRun::Again(Duration::from_secs(1)));
}

#[test]
fn who_is_started_again() {
    let next = |restart, clean| RestartAttempts::default().plan_next_run(restart, clean, SHORT) == NextRun::Rest;
    let rests = [RestartPolicy::Never, RestartPolicy::OnFailure, RestartPolicy::Always]
        .map(|one| (next(one, true), next(one, false)));
    assert_eq!(rests, [(true, true), (true, false), (false, false)]);
}

#[test]
fn what_is_wrong_with_a_config() {
    let said =
        |text: &str| config::parse_config(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
    let cases = [
        (r#"{"daemons":[]}"#, ""),
        (
            "{\n  \"daemons\": [{\"name\": \"a\", \"comand\": \"b\"}]\n}",
            "line 2, column 36: daemons[0].comand: unknown field `comand`",
        ),
        (r#"{"daemons":[{"name":"a"}]}"#, "daemons[0]: missing field `command`"),
        (r#"{"daemons":[{"name":"a b","command":"b"}]}"#, "daemons[0].name: \"a b\" is no name"),
        (r#"{"daemons":[{"name":"a","command":5}]}"#, "daemons[0].command: invalid type: integer `5`"),
        (r#"{"daemons":[{"name":"a","command":""}]}"#, "daemons[0].command: it is empty"),
        (r#"{"daemons":[{"name":"a","command":"b","args":["c",1]}]}"#, "daemons[0].args[1]: invalid type"),
        (r#"{"daemons":[{"name":"a","command":"b","env":{"A=":""}}]}"#, "daemons[0].env: \"A=\" cannot be"),
        (
            r#"{"daemons":[{"name":"a","command":"b","env":{"CLAUDE_SESSION_ID":"x"}}]}"#,
            "CLAUDE_SESSION_ID is not for you",
        ),
        (r#"{"daemons":[{"name":"a","command":"b","restart":"sometimes"}]}"#, "daemons[0].restart: unknown variant"),
        (r#"{"daemons":[{"name":"a","command":"b"},{"name":"a","command":"c"}]}"#, "two daemons have the name \"a\""),
        (r#"{"daemons":[]} x"#, "line 1, column 16: trailing characters"),
        (r#"{"daemons":[],"more":1}"#, "more: unknown field `more`"),
        ("", "line 1, column 0: EOF"),
    ];
    for (text, expected) in cases {
        let said = said(text);
        assert!(said.contains(expected) && (expected.is_empty() == said.is_empty()), "{text}: {said}");
    }
}

#[test]
fn a_log_that_was_deleted_begins_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.s.log");
    let mut log = DaemonLog::open_at(path.clone());
    let half = "x".repeat(512 << 10);
    log.append(half.as_bytes());
    std::fs::remove_file(&path).unwrap();
    log.append(b"after it was deleted\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "after it was deleted\n");
    // Nor does one stay shut that could not be opened for a while.
    log.append(half.as_bytes());
    std::fs::remove_dir_all(directory.path()).unwrap();
    log.append(b"lost\n");
    std::fs::create_dir(directory.path()).unwrap();
    log.append(b"found\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "found\n");
}
