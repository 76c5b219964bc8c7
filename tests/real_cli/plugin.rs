//! The plugin in the real CLI: what the CLI's own checks say of it, and what happens if all goes wrong around it.

use std::process::Output;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use session_signals_testing::sample_size::sample_size;

use super::cli_home::{add_plugin, create_cli_home};
use super::cli_slots::CliSlot;
use super::expected_state::ExpectedState::{Waiting, Working};
use super::scenario_run::ScenarioRun;
use super::scenario_step::UserAction::{CreateFile, Press, Prompt, Start};
use super::scenario_step::VisibleSign::{Nothing, Text};
use super::scenario_step::{ScenarioStep, step};
use super::scripted_user::WITHOUT_REGISTRY;
use super::session_scenario::{FIRST_WITH_REGISTRY, QUESTIONS, TURNS, UNREPORTED};
use super::{becomes_true, claude_command, isolated_command, newest_version, signals_alone};
use crate::sandbox::{Sandbox, write_script};

/// Where the plugin is in a home directory.
const PLUGIN: &str = ".claude/skills/session-signals";

/// Where the executable is that the module starts.
const EXECUTABLE: &str = ".claude/hooks/session-signals/hook-mod";

/// Makes a home directory with the hooks and the plugin.
fn create_home_with_plugin(version: &str) -> Sandbox {
    let sandbox = create_cli_home(version);
    add_plugin(&sandbox);
    sandbox
}

/// Runs the CLI in the project's directory, with these variables, and waits for its end.
fn run_claude(sandbox: &Sandbox, arguments: &str, variables: &[(&str, &str)]) -> Output {
    let command = format!("exec {} {arguments}", claude_command(newest_version()));
    let mut claude = isolated_command(sandbox.home(), &sandbox.home().join("bin"), &["sh", "-c", &command]);
    claude.envs(variables.iter().copied()).current_dir(sandbox.home().join("project")).output().unwrap()
}

/// Runs the steps with the CLI, and fails if `sessions` is ever wrong. `unreported` are the situations in which it must be wrong.
fn check_sessions(
    sandbox: Arc<Sandbox>,
    version: &'static str,
    name: &str,
    steps: &[ScenarioStep],
    unreported: &[&'static str],
) {
    let known: Vec<_> = steps.iter().map(|step| step.situation).filter(|name| unreported.contains(name)).collect();
    let mut run = ScenarioRun::new(sandbox, None, version, name).with_unreported(known);
    for step in steps {
        run.run_step(step);
    }
    run.finish();
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_cli_accepts_the_plugin_and_its_tests_pass() {
    let sandbox = create_home_with_plugin(newest_version());
    for arguments in ["plugin validate --profile directory", "plugin test"] {
        let output = run_claude(&sandbox, &format!("{arguments} ~/{PLUGIN}"), &[]);
        let text = String::from_utf8_lossy(&output.stdout);
        println!("{text}");
        assert!(output.status.success(), "{arguments}: {text}{}", String::from_utf8_lossy(&output.stderr));
        // These events change how tools run if they are hooked.
        assert!(!text.contains("tool.call") && !text.contains("tool.run"), "{text}");
    }
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn an_executable_that_is_missing_hangs_or_fails_disturbs_nothing() {
    thread::scope(|scope| {
        for (name, script) in
            [("missing", None), ("hanging", Some("exec sleep 1000")), ("failing", Some("echo no; exit 2"))]
        {
            scope.spawn(move || {
                let _slot = CliSlot::take();
                let sandbox = create_home_with_plugin(newest_version());
                fs::remove_file(sandbox.home().join(EXECUTABLE)).unwrap();
                if let Some(script) = script {
                    write_script(&sandbox.home().join(EXECUTABLE), &format!(": >~/hook-mod.ran; {script}"));
                }
                let printed = run_claude(&sandbox, "-p hi", &[]);
                assert_eq!(printed.stdout, b"ok\n", "{name}: {printed:?}");
                assert_eq!(printed.stderr, b"", "{name}: {printed:?}");
                // The module tells of a blocked prompt. The tests of the plugin show that the CLI does not wait for that. Here the
                // limit is that of a busy machine.
                let begun = Instant::now();
                run_claude(&sandbox, "-p block", &[]);
                println!("{name}: a blocked prompt takes {:?}", begun.elapsed());
                assert!(begun.elapsed() < Duration::from_secs(60), "{name}");
                check_sessions(Arc::new(sandbox), newest_version(), name, TURNS, &[]);
            });
        }
    });
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_variable_turns_the_module_off() {
    let sandbox = create_home_with_plugin(newest_version());
    fs::remove_file(sandbox.home().join(EXECUTABLE)).unwrap();
    write_script(&sandbox.home().join(EXECUTABLE), ": >~/hook-mod.ran");
    run_claude(&sandbox, "-p block", &[("SESSION_SIGNALS_MOD", "off")]);
    assert!(!sandbox.home().join("hook-mod.ran").exists());
    run_claude(&sandbox, "-p block", &[]);
    // The CLI does not wait for the executable.
    assert!(becomes_true(|| sandbox.home().join("hook-mod.ran").exists()));
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn two_sessions_in_one_home_do_not_disturb_each_other() {
    let sandbox = Arc::new(create_home_with_plugin(newest_version()));
    let wrong = thread::scope(|scope| {
        let sandbox = &sandbox;
        let run = |name, steps: &'static [ScenarioStep]| {
            let _slot = CliSlot::take();
            signals_alone::run_steps(sandbox, newest_version(), name, steps)
        };
        let runs =
            [("turns", TURNS), ("questions", QUESTIONS)].map(|(name, steps)| scope.spawn(move || run(name, steps)));
        runs.into_iter().flat_map(|run| run.join().unwrap().wrong).collect::<Vec<_>>()
    });
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// What happens while our hooks start late. The CLI does not wait for them if another hook has blocked the prompt.
#[rustfmt::skip]
const WHILE_HOOKS_ARE_LATE: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("another hook blocked the prompt", &[Prompt("block")], Waiting, Text("Blocked by another hook")),
    step("another hook blocked Stop, and the turn goes on", &[CreateFile("goes-on"), Prompt("hi")], Working, Nothing),
    step("its turn is over", &[CreateFile("longer")], Waiting, Text("held longer")),
    step("a turn begins after an error", &[Prompt("fail 400"), Prompt("hold next")], Working, Nothing),
    step("its turn is over", &[CreateFile("next")], Waiting, Text("held next")),
    step("Esc before any output", &[Prompt("hold never"), Press("Escape")], Waiting, Nothing),
];

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_signals_are_right_if_our_hooks_start_late() {
    let _slot = CliSlot::take();
    let sandbox = create_home_with_plugin(newest_version());
    for name in ["hook-user-prompt-submit", "hook-stop"] {
        let hook = sandbox.home().join(".claude/hooks/session-signals").join(name);
        let real = hook.with_extension("real");
        fs::rename(&hook, &real).unwrap();
        // After Esc the CLI sends SIGTERM and waits. A hook that is at work blocks this signal.
        write_script(&hook, &format!("trap '' TERM; sleep 0.6; exec {}", real.display()));
    }
    signals_alone::run_steps(&Arc::new(sandbox), newest_version(), "late", WHILE_HOOKS_ARE_LATE).check(&[]);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn older_clis_ignore_the_plugin() {
    thread::scope(|scope| {
        for (version, unreported) in [(FIRST_WITH_REGISTRY, &[][..]), (WITHOUT_REGISTRY, UNREPORTED)] {
            scope.spawn(move || {
                let _slot = CliSlot::take();
                let sandbox = create_home_with_plugin(version);
                fs::remove_file(sandbox.home().join(EXECUTABLE)).unwrap();
                let ran = sandbox.home().join("hook-mod.ran");
                write_script(&sandbox.home().join(EXECUTABLE), &format!(": >{}", ran.display()));
                let sandbox = Arc::new(sandbox);
                check_sessions(Arc::clone(&sandbox), version, "older", TURNS, unreported);
                assert!(!ran.exists());
            });
        }
    });
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn thousands_of_rows_in_a_turn_start_nothing() {
    let sandbox = create_home_with_plugin(newest_version());
    // Without the other hooks, which take more time than the CLI itself.
    fs::remove_file(sandbox.home().join(".claude/settings.json")).unwrap();
    fs::remove_file(sandbox.home().join(EXECUTABLE)).unwrap();
    write_script(&sandbox.home().join(EXECUTABLE), ": >~/hook-mod.ran");
    fs::write(sandbox.home().join("project/f"), "x").unwrap();
    // Each call is one row, and its result is another one.
    let answer = vec!["read f"; sample_size(20, 50, 500)].join(" ~ ");
    let printed = run_claude(&sandbox, &format!("-p '{}'", vec![answer; 10].join(" ~> ")), &[]);
    assert_eq!(printed.stdout, b"done\n", "{printed:?}");
    assert!(!sandbox.home().join("hook-mod.ran").exists());
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn a_fork_leaves_the_signals_of_its_origin_alone() {
    let sandbox = create_home_with_plugin(newest_version());
    run_claude(&sandbox, "-p hi", &[]);
    let origin = sandbox.list_signal_dir();
    let [name] = &origin[..] else { panic!("{origin:?}") };
    let (session, _) = name.split_once('.').unwrap();
    let before = fs::read_to_string(sandbox.signal_path(session, "ended")).unwrap();
    // A hook blocks the prompt of the fork, so the module has something to tell.
    for prompt in ["hi", "block"] {
        run_claude(&sandbox, &format!("-p --resume {session} --fork-session '{prompt}'"), &[]);
    }
    let signals = sandbox.describe_all_signals();
    assert!(signals.len() >= 2 && signals.values().all(|state| state == "ended"), "{signals:?}");
    assert_eq!(fs::read_to_string(sandbox.signal_path(session, "ended")).unwrap(), before);
}
