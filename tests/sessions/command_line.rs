//! The help of `sessions` and of its subcommands.

use crate::sandbox::{Sandbox, executable_path, run_with_input};

#[test]
fn every_help_fits_a_screen() {
    let sandbox = Sandbox::new();
    let check = |arguments: &[&str]| {
        let help = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "").stdout;
        assert!(help.contains("Usage: "), "{arguments:?}");
        assert!(help.lines().count() <= 24, "{} lines\n{help}", help.lines().count());
        assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
        help
    };
    let help = check(&["--help"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        check(&[command, "--help"]);
    }
    for command in ["start", "stop", "list"] {
        check(&["daemons", command, "--help"]);
    }
}
