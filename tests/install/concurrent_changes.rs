//! Other programs, and other runs of `hooks`, change the settings at the same time.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fs_err as fs;
use serde_json::{Value, json};

use super::installation::{Installation, registered_events};
use super::kill_points::ORIGINAL;
use crate::sandbox::{executable_path, payload, run_with_input};

/// Changes the settings as other tools do: it reads the file, writes another one, compares, and renames. Between its comparison
/// and its rename it can lose what `hooks` wrote; that cannot be prevented. `hooks` must never lose what it wrote.
fn change(path: &Path, temporary: &Path, change: impl Fn(&mut Value)) {
    loop {
        let before = fs::read(path).unwrap();
        let mut settings: Value = serde_json::from_slice(&before).unwrap();
        change(&mut settings);
        fs::write(temporary, serde_json::to_vec_pretty(&settings).unwrap()).unwrap();
        if fs::read(path).unwrap() == before {
            return fs::rename(temporary, path).unwrap();
        }
    }
}

#[test]
fn twelve_programs_at_once_lose_nothing() {
    let installation = &Installation::with_settings(ORIGINAL);
    // The other tools take turns, so that they lose nothing of each other. `hooks` does not wait for them, nor they for `hooks`.
    let turn = &Mutex::new(());
    let has_succeeded = &AtomicBool::new(false);
    thread::scope(|scope| {
        for tool in 0..6 {
            scope.spawn(move || {
                for entry in 0..30 {
                    let command = format!("tool-{tool} {entry}");
                    let group = json!({"hooks": [{"type": "command", "command": command}]});
                    let _mine = turn.lock().unwrap();
                    change(
                        &installation.settings_path(),
                        &installation.path(&format!(".claude/tool-{tool}")),
                        |settings| {
                            settings["hooks"]["Stop"].as_array_mut().unwrap().push(group.clone());
                        },
                    );
                }
            });
        }
        for us in 0..6 {
            scope.spawn(move || {
                for round in 0..4 {
                    let result = installation.run_hooks(&[if (us + round) % 2 == 0 { "install" } else { "uninstall" }]);
                    // `hooks` refuses if another tool was faster three times in a row, or if it waited too long for its turn.
                    let is_refusal = |reason| result.code == Some(1) && result.stderr.contains(reason);
                    let is_success = result.code == Some(0);
                    has_succeeded.fetch_or(is_success, Ordering::Relaxed);
                    assert!(
                        is_success || is_refusal("3 times") || is_refusal("has been running for 30 s"),
                        "{result:?}"
                    );
                }
            });
        }
    });
    // A refusal is an exception: if `hooks` did nothing, the other tools lost nothing either.
    assert!(has_succeeded.load(Ordering::Relaxed), "every run of `hooks` was refused");
    installation.run_successfully(&["install"]);
    let settings = installation.parse_settings();
    let text = settings.to_string();
    for (tool, entry) in (0..6).flat_map(|tool| (0..30).map(move |entry| (tool, entry))) {
        assert_eq!(text.matches(&format!("\"tool-{tool} {entry}\"")).count(), 1, "tool-{tool} {entry}");
    }
    assert_eq!(registered_events(&settings).len(), session_signals_protocol::EVENT_RULES.len());
    installation.run_successfully(&["uninstall"]);
    assert!(!installation.read_file(".claude/settings.json").contains("session-signals"));
}

#[test]
fn six_runs_of_hooks_wait_for_each_other() {
    let installation = &Installation::with_settings(ORIGINAL);
    thread::scope(|scope| {
        for us in 0..6 {
            scope.spawn(move || installation.run_successfully(&[if us % 2 == 0 { "install" } else { "uninstall" }]));
        }
    });
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.read_file(".claude/settings.json"), ORIGINAL);
}

#[test]
fn a_file_that_changes_three_times_is_left_alone() {
    let installation = &Installation::with_settings(ORIGINAL);
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0.. {
                let temporary = installation.write_file(".claude/temporary", &format!("{{\"number\": {number}}}"));
                fs::rename(temporary, installation.settings_path()).unwrap();
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        // The other program may pause long enough for one install, but not for each of them.
        let refused = (0..20).map(|_| installation.run_hooks(&["install"])).find(|result| result.code == Some(1));
        over.store(true, Ordering::Relaxed);
        let output = refused.expect("a refusal").stderr;
        assert!(
            output.contains("was changed by another program 3 times while `hooks` was changing it: try again"),
            "{output}"
        );
    });
    assert!(installation.parse_settings()["number"].is_u64());
    installation.assert_no_temporary_files();
}

#[test]
fn a_hook_is_never_incomplete_while_it_is_replaced() {
    let installation = &Installation::new();
    let builds = ["one", "two"].map(|name| installation.copy_build(name));
    let mut other = fs::read(executable_path("hook-stop")).unwrap();
    other.resize(other.len() + (1 << 20), 0);
    builds[1].replace_executable("hook-stop", &other);
    assert_eq!(builds[0].hooks(&["install"]).code, Some(0));
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                run_with_input(
                    &mut installation.command(&installation.executable_path("hook-stop")),
                    payload("someone", "Stop", ""),
                )
                .assert_success();
            }
        });
        for round in 0..10 {
            let result = builds[(round + 1) % 2].hooks(&["install"]);
            assert_eq!(result.code, Some(0), "{result:?}");
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// Another program writes after the last comparison, while the rename of `hooks` is delayed.
#[test]
#[ignore = "needs strace"]
fn a_change_at_the_last_moment_is_kept() {
    let installation = Installation::with_settings(ORIGINAL);
    let injections = ["trace=renameat2", "inject=renameat2:delay_enter=2s:when=1"];
    let result = installation.run_traced(&injections, "install", || {
        thread::sleep(Duration::from_millis(500));
        change(&installation.settings_path(), &installation.path(".claude/tool"), |settings| {
            settings["model"] = "opus".into();
        });
    });
    assert_eq!(result.code, Some(0), "{result:?}");
    let exchanges = installation.read_file("trace").matches("RENAME_EXCHANGE").count();
    assert_eq!(exchanges, 3, "ours in, theirs back, both in: {}", installation.read_file("trace"));
    assert_eq!(installation.parse_settings()["model"], "opus");
    assert_eq!(registered_events(&installation.parse_settings()).len(), session_signals_protocol::EVENT_RULES.len());
    installation.assert_no_temporary_files();
}
