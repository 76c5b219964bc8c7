//! `hooks` is killed while it writes or removes links, completions and man pages.

use std::os::unix::process::ExitStatusExt;

use fs_err as fs;
use session_signals_testing::sample_size::sample_size;

use super::WORKERS;
use super::installation::Installation;
use super::traced_run::{list_changes, trace};
use crate::sandbox::run_side_by_side;

/// Makes a home in which the folders hold something of somebody else.
fn new_home() -> Installation {
    let installation = Installation::new().with_small_build();
    installation.write_file(".local/bin/other", "mine\n");
    installation.write_file(".local/share/man/man1/other.1", "mine\n");
    installation
}

/// Returns the snapshot without what a kill may leave beside the settings. `interrupted_runs.rs` tests that.
fn snapshot(installation: &Installation) -> Vec<(String, String)> {
    let mut snapshot = installation.snapshot();
    snapshot.retain(|(name, _)| !name.starts_with(".claude/.session-signals."));
    snapshot
}

/// One of this many system calls is run if `SESSION_SIGNALS_SAMPLES` asks for few.
const SAMPLE: usize = 7;

/// SIGKILL on entry to each system call that changes a file. Nothing of somebody else changes, the same command completes its work,
/// and uninstall leaves the home as it was.
#[test]
#[ignore = "needs strace"]
fn a_kill_at_any_system_call_leaves_nothing_behind() {
    const ALL: &[&str] = &["install", "--completions"];
    for (arguments, before) in [
        (ALL, None),
        (&["install", "--bin-dir", "../elsewhere/bin", "--no-completions"], Some(ALL)),
        (&["install", "--no-links"], Some(ALL)),
        (&["uninstall"], Some(ALL)),
    ] {
        let start = || {
            let installation = new_home();
            let untouched = snapshot(&installation);
            if let Some(arguments) = before {
                installation.run_successfully(arguments);
            }
            (installation, untouched)
        };
        let (installation, _) = start();
        let calls: Vec<String> =
            list_changes(&installation, arguments).into_iter().step_by(sample_size(SAMPLE, 1, 1)).collect();
        let complete = snapshot(&installation);
        let names = |snapshot: &[(String, String)]| snapshot.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let killed = run_side_by_side(WORKERS, &calls, |call| {
            let (installation, untouched) = start();
            let result = trace(&installation, &["-e", call], arguments);
            if result.status.success() {
                return 0;
            }
            assert_eq!(result.status.signal(), Some(9), "{call}: {result:?}");
            let left = snapshot(&installation);
            for (name, _) in left.iter().filter(|(name, _)| name.starts_with(".local") || name.starts_with("elsewhere"))
            {
                let path = installation.path(name);
                // A link leads to a program, and what a shell or `man` reads is whole. A program is there before its link.
                let is_temporary = name.contains("/.session-signals.");
                assert!(is_temporary || path.exists() || *arguments == ["uninstall"], "{call}: {name} leads nowhere");
                assert!(is_temporary || !path.is_file() || fs::metadata(&path).unwrap().len() > 0, "{call}: {name}");
            }
            // Half of the homes are completed first.
            if call.len() % 2 == 0 && *arguments != ["uninstall"] {
                installation.run_successfully(arguments);
                let (mut now, mut wanted) = (names(&snapshot(&installation)), names(&complete));
                for list in [&mut now, &mut wanted] {
                    list.retain(|name| !name.contains("/.session-signals.") && !name.starts_with(".claude/session"));
                }
                assert_eq!(now, wanted, "{call}");
            }
            installation.run_successfully(&["uninstall"]);
            assert_eq!(snapshot(&installation), untouched, "{call}");
            1
        });
        let count: usize = killed.iter().sum();
        println!("{arguments:?}: killed at {count} of {} system calls", calls.len());
        assert!(count * 10 > calls.len() * 9, "{arguments:?}: {count} of {}", calls.len());
    }
}
