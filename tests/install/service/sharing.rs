//! What the service shares with other machines.

use fs_err as fs;

use super::{START, UNIT, take_calls, with_systemctl};
use crate::install::installation::Installation;

/// What follows the arguments of a service that shares something.
const KEEP_SERVING: &str = r#" "--keep-serving""#;

/// Writes credentials that only the user can read, and returns their path.
fn write_credentials(installation: &Installation, name: &str) -> String {
    let path = installation.path(name);
    fs::write(&path, "box:secret").unwrap();
    set_mode(&path, 0o600);
    path.display().to_string()
}

fn set_mode(path: impl AsRef<std::path::Path>, mode: u32) {
    fs::set_permissions(path.as_ref(), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn the_service_publishes_until_it_is_told_not_to() {
    let installation = with_systemctl();
    let file = write_credentials(&installation, "my $credentials");
    let open = write_credentials(&installation, "open");
    set_mode(&open, 0o644);
    let line =
        |end: &str| format!("\nExecStart=\"{}\" serve{end}\n", installation.executable_path("sessions").display());
    let published = format!(
        r#" "--credentials" "{}" "--publish" "tls://a.example,tls://b.example" "--host" "box"{KEEP_SERVING}"#,
        file.replace('$', "$$")
    );
    let publish = ["--publish", "tls://a.example,tls://b.example", "--host", "box", "--credentials"];
    installation.run_successfully(&[&["install", "--service"], &publish[..], &[&file]].concat());
    let unit = || installation.read_file(UNIT);
    assert!(unit().contains(&line(&published)), "{}", unit());
    // It stays so, also with notices, and doctor finds nothing wrong.
    installation.run_successfully(&["install", "--service", "--notify", "desktop"]);
    assert!(unit().contains(&line(&format!(" --notify desktop{published}"))), "{}", unit());
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.run_successfully(&["install", "--service", "--notify", "none"]);
    assert!(unit().contains(&line(&published)), "{}", unit());
    // What `sessions serve` would refuse is refused, and nothing is changed.
    for (arguments, part) in [
        (&["--publish", "nats://far.example"][..], "use tls://"),
        (&["--publish", "tls://a.example", "--host", "a.b"], "letters, digits"),
        (&["--publish", "tls://a.example", "--credentials", "/nonexistent"], "/nonexistent"),
        (&["--publish", "tls://a.example,tls://b.example", "--credentials", &open], "run `chmod 600` on it"),
    ] {
        let result = installation.run_hooks(&[&["install", "--service"], arguments].concat());
        assert!(result.code == Some(1) && result.stderr.contains(part), "{result:?}");
        assert!(unit().contains(&line(&published)), "{}", unit());
    }
    for arguments in [&["--publish", "tls://me:secret@a.example"][..], &["--publish", "a.example"], &["--host", "box"]]
    {
        assert_eq!(installation.run_hooks(&[&["install", "--service"], arguments].concat()).code, Some(2));
    }
    installation.run_successfully(&["install", "--service", "--publish", "none"]);
    assert!(unit().contains(&line("")), "{}", unit());
}

/// What `sessions serve` would refuse is refused before anything is changed, also where nothing is installed yet.
#[test]
fn options_that_the_service_would_refuse_change_nothing() {
    for installed in [false, true] {
        let installation = with_systemctl();
        if installed {
            installation.run_successfully(&["install"]);
            // This installation has something to do.
            fs::remove_file(installation.executable_path("hook-stop")).unwrap();
        }
        let open = write_credentials(&installation, "open");
        set_mode(&open, 0o644);
        let before = (installation.list_files(), installation.snapshot());
        for (arguments, part) in [
            (&["--publish", "nats://far.example"][..], "use tls://"),
            (&["--publish", "tls://"], "tls://"),
            (&["--publish", "tls://a.example", "--host", "a.b"], "letters, digits"),
            (&["--from", "nats://far.example"], "use tls://"),
            (&["--publish", "tls://a.example", "--credentials", "/nonexistent"], "/nonexistent"),
            (&["--from", "tls://a.example", "--credentials", &open], "run `chmod 600` on it"),
        ] {
            let arguments = [&["install", "--service", "--notify", "desktop"], arguments].concat();
            let result = installation.run_hooks(&arguments);
            assert!(result.code == Some(1) && result.stderr.starts_with("hooks install: "), "{result:?}");
            assert!(result.stderr.contains(part) && result.stdout.is_empty(), "{result:?}");
            assert_eq!((installation.list_files(), installation.snapshot()), before, "{arguments:?}");
            let planned = installation.run_hooks(&[&arguments[..], &["--dry-run"]].concat());
            assert_eq!((planned.code, planned.stdout, planned.stderr), (result.code, result.stdout, result.stderr));
        }
        assert_eq!(take_calls(&installation), [""; 0]);
    }
}

#[test]
fn the_service_shows_other_machines_until_it_is_told_not_to() {
    let installation = with_systemctl();
    let path = &*write_credentials(&installation, "credentials");
    let unit = || installation.read_file(UNIT);
    let install = |arguments: &[&str], expected: &str| {
        installation.run_successfully(&[&["install", "--service"], arguments].concat());
        let keeps = if expected.is_empty() { "" } else { KEEP_SERVING };
        let line = format!(" serve{}{keeps}\n", expected.replace("FILE", path));
        assert!(unit().contains(&line), "{arguments:?}: {}", unit());
    };
    let url = "tls://a.example";
    install(&["--from", url, "--credentials", path], r#" "--credentials" "FILE" "--from" "tls://a.example""#);
    let both = r#" "--credentials" "FILE" "--publish" "tls://a.example" "--host" "box" "--from" "tls://a.example""#;
    install(&["--publish", url, "--host", "box"], both);
    install(&[], both);
    install(&["--from", "none"], r#" "--credentials" "FILE" "--publish" "tls://a.example" "--host" "box""#);
    // The credentials are not for another server.
    let result = installation.run_hooks(&["install", "--service", "--from", "tls://b.example"]);
    assert!(result.code == Some(1) && result.stderr.contains("for another server than tls://b.example"), "{result:?}");
    assert!(result.stderr.contains("First end that with `hooks install --service --publish none`"), "{result:?}");
    install(&["--from", url, "--publish", "none"], r#" "--credentials" "FILE" "--from" "tls://a.example""#);
    // Nobody needs the credentials any more.
    install(&["--from", "none"], "");
    install(&["--publish", "none", "--credentials", path], "");
    install(&["--from", url, "--notify", "desktop"], r#" --notify desktop "--from" "tls://a.example""#);
    let result = installation.run_hooks(&["install", "--service", "--from", "nats://far.example"]);
    assert!(result.code == Some(1) && result.stderr.contains("use tls://"), "{result:?}");
    for arguments in [&["--service", "--credentials", path][..], &["--from", url]] {
        assert_eq!(installation.run_hooks(&[&["install"], arguments].concat()).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn credentials_go_to_no_server_that_the_command_does_not_name() {
    let installation = with_systemctl();
    let [path, other] = ["credentials", "others"].map(|name| write_credentials(&installation, name));
    let run = |arguments: &[&str]| installation.run_hooks(&[&["install", "--service"], arguments].concat());
    let succeeds = |arguments: &[&str]| assert_eq!(run(arguments).code, Some(0), "{arguments:?}");
    let [a, b] = ["tls://a.example", "tls://b.example"];
    // The server may need no credentials, or others.
    for (option, added, credentials, advice) in [
        (["--publish", a], ["--from", b], &[][..], "--service --publish none"),
        (["--from", a], ["--publish", b], &["--credentials", &path], "--service --from none"),
    ] {
        succeeds(&[&option, credentials].concat());
        let unit = installation.read_file(UNIT);
        for asked in [added, [added[0], "none"]] {
            let refused = run(&[&asked[..], &["--credentials", &other]].concat());
            assert!(refused.code == Some(1) && refused.stderr.contains(advice), "{refused:?}");
            assert_eq!(installation.read_file(UNIT), unit);
        }
        // Who names both servers, or the same one, knows to which the file goes.
        for asked in [&[added[0], a][..], &[option, added].concat()] {
            succeeds(&[asked, &["--credentials", &other]].concat());
            assert!(installation.read_file(UNIT).contains(&other), "{asked:?}");
        }
        succeeds(&["--publish", "none", "--from", "none"]);
    }
}

#[test]
fn what_is_published_stays_until_it_is_said_otherwise() {
    let installation = with_systemctl();
    let publish = |arguments: &[&str], expected: &str| {
        installation.run_successfully(&[&["install", "--service", "--publish"], arguments].concat());
        let (unit, keeps) = (installation.read_file(UNIT), if expected.is_empty() { "" } else { KEEP_SERVING });
        assert!(unit.contains(&format!(" serve{expected}{keeps}\n")), "{arguments:?}: {unit}");
    };
    let [a, b] = ["tls://a.example", "tls://b.example"];
    let full = r#" "--publish" "tls://a.example" "--host" "box" "--publish-text" "full""#;
    publish(&[a, "--host", "box", "--publish-text", "full"], full);
    publish(&[a], full);
    publish(&[a, "--from", b], &format!(r#"{full} "--from" "tls://b.example""#));
    publish(&[a, "--from", "none", "--host", "new"], &full.replace("box", "new"));
    publish(&[a, "--publish-text", "none", "--host", "box"], &full.replace("full", "none"));
    // Another server gets no prompts and answers without being asked for.
    publish(&[a, "--publish-text", "full"], full);
    publish(&[b], r#" "--publish" "tls://b.example" "--host" "box""#);
    publish(&["none"], "");
    publish(&[b], r#" "--publish" "tls://b.example""#);
}

#[test]
fn an_installed_service_that_cannot_share_any_more_runs_and_is_named() {
    let installation = with_systemctl();
    let path = write_credentials(&installation, "my $credentials");
    let publish = ["install", "--service", "--publish", "tls://a.example", "--host", "box", "--credentials", &path];
    installation.run_successfully(&publish);
    take_calls(&installation);
    let unit = installation.read_file(UNIT);
    fs::remove_file(&path).unwrap();
    let updated = installation.run_hooks(&["install", "--service"]);
    assert_eq!((updated.code, take_calls(&installation)), (Some(3), START.map(str::to_owned).to_vec()), "{updated:?}");
    assert!(updated.stderr.contains("the service does not do what `--publish` and `--from` ask for: "), "{updated:?}");
    assert!(updated.stderr.contains(&path), "{updated:?}");
    assert_eq!(installation.read_file(UNIT), unit);
    assert_eq!(installation.find_ids(), ["service-not-sharing"]);
    installation.run_successfully(&["install", "--service", "--publish", "none"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}
