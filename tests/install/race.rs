//! Others write at the same time, and the power goes at any moment.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use fs_err as fs;
use serde_json::{Value, json};

use super::home::{Home, registered};
use crate::sandbox::{executable_path, payload, run_with_input};

const ORIGINAL: &str =
    "{\n\t\"hooks\": { \"Stop\": [ { \"hooks\": [ { \"type\": \"command\", \"command\": \"say done\" } ] } ] }\n}";

/// Another tool, as they come: it reads, changes, looks whether the file is still what it read, and renames.
/// Between its look and its rename it can lose what we wrote; that is not in our hands. What we must never
/// lose is what it wrote.
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
fn twelve_at_once_lose_nothing_of_each_others() {
    let home = &Home::with_settings(ORIGINAL);
    // The others have lost nothing of each other's: they take turns. We do not wait for them, nor they for us.
    let turn = &Mutex::new(());
    thread::scope(|scope| {
        for tool in 0..6 {
            scope.spawn(move || {
                for entry in 0..30 {
                    let command = format!("tool-{tool} {entry}");
                    let group = json!({"hooks": [{"type": "command", "command": command}]});
                    let _mine = turn.lock().unwrap();
                    change(&home.settings(), &home.path(&format!(".claude/tool-{tool}")), |settings| {
                        settings["hooks"]["Stop"].as_array_mut().unwrap().push(group.clone());
                    });
                }
            });
        }
        for us in 0..6 {
            scope.spawn(move || {
                for round in 0..4 {
                    let done = home.hooks(&[if (us + round) % 2 == 0 { "install" } else { "uninstall" }]);
                    // Refused where the others were faster three times in a row.
                    assert!(
                        done.code == Some(0) || done.code == Some(1) && done.stderr.contains("3 times"),
                        "{done:?}"
                    );
                }
            });
        }
    });
    home.succeeds(&["install"]);
    let settings = home.parsed();
    let text = settings.to_string();
    for (tool, entry) in (0..6).flat_map(|tool| (0..30).map(move |entry| (tool, entry))) {
        assert_eq!(text.matches(&format!("\"tool-{tool} {entry}\"")).count(), 1, "tool-{tool} {entry}");
    }
    assert_eq!(registered(&settings).len(), session_signals_protocol::EVENT_RULES.len());
    home.succeeds(&["uninstall"]);
    assert!(!home.read(".claude/settings.json").contains("session-signals"));
}

#[test]
fn twelve_of_our_own_wait_for_each_other() {
    let home = &Home::with_settings(ORIGINAL);
    thread::scope(|scope| {
        for us in 0..12 {
            scope.spawn(move || home.succeeds(&[if us % 2 == 0 { "install" } else { "uninstall" }]));
        }
    });
    home.succeeds(&["install"]);
    assert_eq!(home.findings(), [""; 0]);
    home.succeeds(&["uninstall"]);
    assert_eq!(home.read(".claude/settings.json"), ORIGINAL);
}

#[test]
fn a_file_that_changes_three_times_under_us_is_left_alone() {
    let home = &Home::with_settings(ORIGINAL);
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            for number in 0.. {
                let temporary = home.write(".claude/temporary", &format!("{{\"number\": {number}}}"));
                fs::rename(temporary, home.settings()).unwrap();
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        // It can still be that it holds its breath for a whole round; not always.
        let refused = (0..20).map(|_| home.hooks(&["install"])).find(|done| done.code == Some(1));
        over.store(true, Ordering::Relaxed);
        let said = refused.expect("a refusal").stderr;
        assert!(said.contains("was changed by another program 3 times while we changed it: try again"), "{said}");
    });
    assert!(home.parsed()["number"].is_u64());
    assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
}

#[test]
fn no_hook_is_ever_run_half_copied() {
    let home = &Home::new();
    let builds = ["one", "two"].map(|name| home.build(name));
    let mut other = fs::read(executable_path("hook-stop")).unwrap();
    other.resize(other.len() + (1 << 20), 0);
    builds[1].replace("hook-stop", &other);
    assert_eq!(builds[0].hooks(&["install"]).code, Some(0));
    let over = &AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(move || {
            while !over.load(Ordering::Relaxed) {
                run_with_input(&mut home.command(&home.installed("hook-stop")), payload("someone", "Stop", ""))
                    .assert_success();
            }
        });
        for round in 0..10 {
            let done = builds[(round + 1) % 2].hooks(&["install"]);
            assert_eq!(done.code, Some(0), "{done:?}");
        }
        over.store(true, Ordering::Relaxed);
    });
}

/// Another program writes after our last look, while the rename is held up.
#[test]
#[ignore = "takes strace"]
fn what_is_written_at_the_last_moment_is_not_lost() {
    let home = &Home::with_settings(ORIGINAL);
    thread::scope(|scope| {
        scope.spawn(move || {
            let staged = || home.everything().iter().any(|name| name.starts_with(".claude/.session-signals."));
            while !staged() {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(500));
            change(&home.settings(), &home.path(".claude/tool"), |settings| settings["model"] = "opus".into());
        });
        let mut strace = home.command("strace".as_ref());
        strace.args(["-o", home.path("trace").to_str().unwrap()]);
        strace.args(["-e", "trace=renameat2", "-e", "inject=renameat2:delay_enter=2s:when=1"]);
        strace.arg(executable_path("hooks")).arg("install").assert().success();
    });
    let exchanges = home.read("trace").matches("RENAME_EXCHANGE").count();
    assert_eq!(exchanges, 3, "ours in, theirs back, both in: {}", home.read("trace"));
    assert_eq!(home.parsed()["model"], "opus");
    assert_eq!(registered(&home.parsed()).len(), session_signals_protocol::EVENT_RULES.len());
    assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
}

/// SIGKILL on entry to each system call in turn, of install and of uninstall. Whatever is left, doctor tells the truth
/// of it, and uninstall gives back every byte: a dashboard's script, too.
#[test]
#[ignore = "takes strace and minutes"]
fn killed_anywhere_leaves_the_old_or_the_new_file_whole() {
    thread::scope(|scope| {
        // The last one's file is one that install made: uninstall removes it.
        for (command, was_there) in [("install", true), ("uninstall", true), ("uninstall", false)] {
            scope.spawn(move || killed_anywhere(command, was_there));
        }
    });
}

fn killed_anywhere(command: &str, was_there: bool) {
    let home = Home::new();
    let script = home.write("scripts/stop.sh", "cat >~/.claude/session-signals/$1.stop.json");
    // Of no file the text is empty here.
    let original = if was_there { ORIGINAL.replace("say done", &script.display().to_string()) } else { String::new() };
    let text = || std::fs::read_to_string(home.settings()).unwrap_or_default();
    // With no CLI to ask there is less to wait for.
    fs::remove_file(home.path("bin/claude")).unwrap();
    let hooks = |options: &[&str]| {
        let mut strace = home.command("strace".as_ref());
        strace.env("PATH", home.path("bin")).args(["-o", home.path("trace").to_str().unwrap()]).args(options);
        strace.arg(executable_path("hooks")).arg(command).output().unwrap()
    };
    let strace = ["/usr/bin/strace", "/bin/strace"].into_iter().find(|path| Path::new(path).exists()).expect("strace");
    fs_err::os::unix::fs::symlink(strace, home.path("bin/strace")).unwrap();
    let start = || {
        let _ = fs::remove_dir_all(home.path(".claude"));
        if was_there {
            home.write(".claude/settings.json", &original);
        }
        if command == "uninstall" {
            run_with_input(home.command(&executable_path("hooks")).env("PATH", home.path("bin")).arg("install"), "");
        }
        text()
    };
    let old = start();
    assert!(hooks(&[]).status.success());
    let new = text();
    assert_ne!(old, new);
    // The first is strace's own, which starts us. It counts each system call for itself: the third write,
    // the second rename.
    let mut counts = BTreeMap::<String, usize>::new();
    let trace = home.read("trace");
    let names = trace.lines().skip(1).filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned());
    let calls: Vec<String> = names
        .map(|name| {
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            format!("inject={name}:signal=SIGKILL:when={count}")
        })
        .collect();
    let executables: Vec<_> = session_signals_protocol::EVENT_RULES.iter().map(|rule| rule.hook.executable()).collect();
    let (mut outcomes, mut spared) = ((0, 0), 0);
    for call in &calls {
        start();
        let done = hooks(&["-e", call]);
        if done.status.success() {
            // How often we look whether a child has ended is not the same each time.
            spared += 1;
            continue;
        }
        assert_eq!(done.status.signal(), Some(9), "{call}: {done:?}");
        let left = text();
        assert!(left == old || left == new, "{call}: {left}");
        outcomes = if left == old { (outcomes.0 + 1, outcomes.1) } else { (outcomes.0, outcomes.1 + 1) };
        for name in &executables {
            if let Ok(copy) = fs::read(home.installed(name)) {
                assert!(copy == fs::read(executable_path(name)).unwrap(), "{call}: {name} is not whole");
            }
        }
        // What registers a hook has it there to be run.
        if left.contains("hook-stop") && command == "install" {
            assert!(home.installed("hook-stop").exists(), "{call}");
        }
        // Healthy is what is installed and runs, and nothing else; uninstalling finds the way back.
        let is_installed = (left == new) == (command == "install");
        let untraced = |arguments: &[&str]| {
            run_with_input(home.command(&executable_path("hooks")).env("PATH", home.path("bin")).args(arguments), "")
        };
        let doctor = untraced(&["doctor"]);
        let runs = executables.iter().all(|name| home.installed(name).exists());
        assert_eq!(doctor.code == Some(0), is_installed && runs, "{call}: {doctor:?}");
        if is_installed {
            assert_eq!(untraced(&["uninstall"]).code, Some(0), "{call}");
            assert_eq!(text(), original, "{call}");
        }
        // And the next run makes it as if nothing had been.
        if command == "install" || !is_installed {
            assert!(hooks(&[]).status.success(), "{call}");
            assert_eq!(text(), new, "{call}");
        }
        // Nothing is in the way of what comes then.
        assert_eq!(untraced(&["install"]).code, Some(0), "{call}");
        assert_eq!(untraced(&["uninstall"]).code, Some(0), "{call}");
        assert_eq!(text(), original, "{call}");
        assert!(!home.path(".claude/hooks").exists(), "{call}: {:?}", home.everything());
    }
    let (left_old, left_new) = outcomes;
    println!(
        "{command} (settings before: {was_there}): {} system calls: {left_old} left the old file, {left_new} the new",
        calls.len()
    );
    assert!(left_old > 0 && left_new > 0 && spared * 10 < calls.len(), "{spared} not reached");
}
