//! An executable that was built without the client of NATS.

use crate::sandbox::{Sandbox, executable_path, run_with_input};
use crate::serve::server::{Server, serve_command};

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

#[test]
fn a_service_serves_on_and_names_the_missing_client() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    for (option, effect) in [("--publish", "not published"), ("--from", "other machines are not shown")] {
        let mut command = serve_command(&sandbox, 0);
        command.args([option, "tls://nats.example.org", "--keep-serving"]);
        let server = Server::spawn(&sandbox, command);
        server.wait_for_state("s", "waiting stop");
        let log = format!("sessions: {effect}: this executable was built without the client of NATS");
        assert!(server.log().starts_with(&log) && server.log().lines().count() == 1, "{}", server.log());
    }
}
