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

#[test]
fn an_option_that_would_have_no_effect_is_refused() {
    let sandbox = Sandbox::new();
    for (arguments, missing) in [
        (&["--credentials", "/x"][..], "--from <URL>"),
        (&["--ssh", "box", "--credentials", "/x"], "--from <URL>"),
        (&["line", "--credentials", "/x"], "--from <URL>"),
        (&["wait", "--timeout", "0s", "--credentials", "/x"], "--from <URL>"),
        (&["events", "--json", "--credentials", "/x"], "--from <URL>"),
        (&["next", "--credentials", "/x"], "--from <URL>"),
        (&["notify", "--notify", "exec:true", "--credentials", "/x"], "--from <URL>"),
        (&["serve", "--credentials", "/x"], "<--from <URL>|--publish <URL>>"),
        (&["serve", "--keep-serving"], "<--from <URL>|--publish <URL>>"),
        (&["serve", "--ssh", "box", "--keep-serving"], "<--from <URL>|--publish <URL>>"),
        (&["serve", "--from", "nats://localhost", "--host", "box"], "--publish <URL>"),
        (&["serve", "--publish-text", "full"], "--publish <URL>"),
        (&["serve", "--from", "nats://localhost", "--publish-text", "none"], "--publish <URL>"),
        (&["serve", "--after", "3s"], "--notify <TARGET>"),
        (&["serve", "--notify-text", "none"], "--notify <TARGET>"),
        (&["--watch", "--verbose"], "'--watch' cannot be used with '--verbose'"),
    ] {
        // A server that takes the options would not end.
        let mut command = sandbox.command("timeout");
        let outcome = run_with_input(command.arg("5").arg(executable_path("sessions")).args(arguments), "");
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(missing), "{arguments:?}: {}", outcome.stderr);
    }
    // What they need is there, or has a value without being given.
    for arguments in [
        &["serve", "--check", "--publish", "nats://localhost", "--host", "box", "--publish-text", "full"][..],
        &["serve", "--check", "--from", "nats://localhost", "--publish", "nats://localhost", "--host", "box"],
        &["serve", "--check", "--from", "nats://localhost", "--keep-serving"],
        &["serve", "--check", "--notify", "desktop", "--after", "3s", "--notify-text", "none"],
    ] {
        let outcome = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
        assert!(outcome.code != Some(2), "{arguments:?}: {}", outcome.stderr);
    }
    let outcome = run_with_input(sandbox.command(executable_path("sessions")).args(["notify", "--after", "soon"]), "");
    assert!(outcome.stderr.contains("expected number"), "{}", outcome.stderr);
}
