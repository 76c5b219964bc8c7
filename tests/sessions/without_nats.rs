//! An executable that was built without the client of NATS.

use crate::sandbox::{Sandbox, executable_path, run_with_input};

#[test]
fn the_missing_client_is_named() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(executable_path("sessions"));
    let outcome = run_with_input(command.args(["serve", "--port", "0", "--publish", "tls://nats.example.org"]), "");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.starts_with("sessions: this executable was built without the client of NATS"),
        "{outcome:?}"
    );
    // The sessions of this machine are listed all the same.
    let missing = "sessions: this executable was built without the client of NATS";
    for (arguments, code, stdout) in
        [(&["--json"][..], 3, "[]\n"), (&["line"], 3, "\n"), (&["events", "--json"], 1, "")]
    {
        let mut command = sandbox.command(executable_path("sessions"));
        let outcome = run_with_input(command.args(arguments).args(["--from", "tls://nats.example.org"]), "");
        assert_eq!((outcome.code, &*outcome.stdout), (Some(code), stdout), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.starts_with(missing) && outcome.stderr.lines().count() == 1, "{outcome:?}");
    }
}
