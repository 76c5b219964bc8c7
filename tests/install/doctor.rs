//! Every finding of `hooks doctor`, and what --fix makes of it.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::installation::{Installation, json_text, registered_events};
use crate::sandbox::{executable, outcome};

fn installed() -> Installation {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation
}

/// Finds these, mends them all, and is healthy.
#[track_caller]
fn finds_and_mends(installation: &Installation, ids: &[&str]) {
    assert_eq!(installation.find_ids(), ids);
    let said = installation.run_hooks(&["doctor"]).stdout;
    assert!(ids.iter().all(|id| said.contains(&format!("{id}: "))) && said.contains("    --fix "), "{said}");
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    let mended: Vec<String> = checkup["mended"].as_array().unwrap().iter().map(|one| json_text(&one["id"])).collect();
    assert_eq!((code, mended), (0, ids.iter().map(|id| (*id).to_owned()).collect()), "{checkup}");
    assert_eq!(
        installation.run_hooks(&["doctor"]).stdout,
        "healthy: the hooks are installed and work (Claude Code 2.1.329)\n"
    );
}

/// Finds these, and leaves them to their owner.
#[track_caller]
fn finds_and_leaves(installation: &Installation, ids: &[&str]) {
    let before = (installation.list_files(), fs::read(installation.settings_path()).ok());
    assert_eq!(installation.find_ids(), ids);
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    assert_eq!((code, checkup["mended"].as_array().unwrap().len()), (i32::from(!ids.is_empty()), 0), "{checkup}");
    assert_eq!((installation.list_files(), fs::read(installation.settings_path()).ok()), before);
}

fn age(path: &Path, seconds: u64) {
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(SystemTime::now() - Duration::from_secs(seconds))
        .unwrap();
}

#[test]
fn healthy_is_one_line() {
    let installation = installed();
    let done = installation.run_hooks(&["doctor"]);
    assert_eq!(done.code, Some(0));
    assert_eq!(done.stdout, "healthy: the hooks are installed and work (Claude Code 2.1.329)\n");
}

#[test]
fn nothing_installed() {
    finds_and_mends(&Installation::new(), &["not-installed"]);
}

#[test]
fn an_entry_missing() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    settings["hooks"].as_object_mut().unwrap().remove("Stop");
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_mends(&installation, &["entry-missing"]);
    assert!(registered_events(&installation.parse_settings()).contains(&"Stop".to_owned()));
}

#[test]
fn an_entry_twice() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    let group = settings["hooks"]["Stop"][0].clone();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(group);
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_mends(&installation, &["entry-duplicated"]);
}

#[test]
fn an_entry_in_two_scopes() {
    let installation = installed();
    installation.run_successfully(&["install", "--scope", "project"]);
    let settings = installation.read_file("project/.claude/settings.json");
    assert!(installation.run_hooks(&["doctor"]).stdout.contains("each event is signalled twice"));
    // What a team shares is not for one of them to take out.
    finds_and_leaves(&installation, &["entry-in-two-scopes"]);
    assert_eq!(installation.read_file("project/.claude/settings.json"), settings);
    fs::remove_file(installation.path("project/.claude/settings.json")).unwrap();
    installation.run_successfully(&["install", "--scope", "local"]);
    assert!(
        installation.run_hooks(&["doctor"]).stdout.contains("the lines are alike, so Claude Code runs one of the two")
    );
    finds_and_mends(&installation, &["entry-in-two-scopes"]);
    assert!(
        installation.settings_path().exists() && !installation.path("project/.claude/settings.local.json").exists()
    );
}

#[test]
fn a_script_among_other_things_is_left_to_its_owner() {
    let installation = Installation::new();
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    for (line, is_told) in [
        (format!("cd /tmp && bash {}", script.display()), true),
        (format!("( {}; say done )", script.display()), true),
        ("cd /tmp && ./other/stop.sh".to_owned(), false),
        (format!("echo '; {}'", script.display()), false),
    ] {
        let hook = serde_json::json!({ "type": "command", "command": line });
        let settings = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } });
        installation.write_file(".claude/settings.json", &settings.to_string());
        let (code, report) = installation.run_json(&["install"]);
        let told =
            report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains(&format!("`{line}`")));
        assert_eq!((code, told), (0, is_told), "{report}");
        assert_eq!(installation.parse_settings()["hooks"]["Stop"][0]["hooks"][0]["command"], *line);
        finds_and_leaves(&installation, if is_told { &["script-beside"] } else { &[] });
    }
}

#[test]
fn settings_that_install_would_refuse() {
    let installation = Installation::with_settings(r#"{"hooks":{"Stop":{}}}"#);
    finds_and_leaves(&installation, &["settings-unusable"]);
    assert!(
        installation.run_hooks(&["doctor"]).stdout.contains("\"Stop\""),
        "{:?}",
        installation.run_hooks(&["doctor"])
    );
}

#[test]
fn the_settings_of_another_config_dir_are_not_mended() {
    let installation = installed();
    let usual = installation.read_file(".claude/settings.json");
    let hooks = |arguments: &[&str]| {
        let mut command = installation.command(&executable("hooks"));
        command.args(arguments).env("CLAUDE_CONFIG_DIR", installation.path("other")).current_dir(installation.path(""));
        outcome(&mut command, "")
    };
    assert_eq!(hooks(&["install"]).code, Some(0));
    let found = hooks(&["doctor", "--fix"]);
    assert_eq!((found.code, found.stdout.matches(':').count() > 0), (Some(1), true), "{found:?}");
    assert!(found.stdout.starts_with("entry-in-two-scopes: "), "{found:?}");
    assert_eq!(installation.read_file(".claude/settings.json"), usual);
}

#[test]
fn an_entry_of_another_place() {
    let installation = installed();
    let moved = installation
        .read_file(".claude/settings.json")
        .replace("/hooks/session-signals/hook-stop", "/old/session-signals/hook-stop");
    installation.write_file(".claude/settings.json", &moved);
    finds_and_mends(&installation, &["entry-outdated", "executable-gone"]);
}

#[test]
fn what_all_events_suffer_is_said_once() {
    let installation = Installation::with_settings(r#"{"hooks":{}}"#);
    installation.run_successfully(&["install", "--scope", "local"]);
    let file = "project/.claude/settings.local.json";
    let mut settings: serde_json::Value = serde_json::from_str(&installation.read_file(file)).unwrap();
    settings["hooks"].as_object_mut().unwrap().retain(|event, _| event == "Stop");
    installation.write_file(file, &settings.to_string());
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    let said = installation.run_hooks(&["doctor"]).stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert!(lines[0].starts_with("entry-missing: ") && lines[0].contains("SessionStart, UserPromptSubmit, "), "{said}");
    assert!(lines[2].starts_with("executable-gone: ~/.claude/hooks/session-signals/hook-stop "), "{said}");
    installation.run_successfully(&["doctor", "--fix"]);
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    let said = installation.run_hooks(&["doctor"]).stdout;
    let gone =
        "executable-gone: in ~/.claude/hooks/session-signals each of these is registered but not there: hook-compact, ";
    assert!(said.starts_with(gone) && said.lines().count() == 2, "{said}");
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn an_executable_gone() {
    let installation = installed();
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    finds_and_mends(&installation, &["executable-gone"]);
}

#[test]
fn an_executable_that_is_not_executable() {
    let installation = installed();
    fs::set_permissions(installation.executable_path("hook-stop"), PermissionsExt::from_mode(0o644)).unwrap();
    finds_and_mends(&installation, &["executable-not-executable"]);
}

#[test]
fn an_executable_of_another_architecture() {
    let installation = installed();
    let mut bytes = fs::read(installation.executable_path("hook-stop")).unwrap();
    // e_machine: of no computer that runs this.
    bytes[18..20].copy_from_slice(&[0x08, 0x00]);
    fs::write(installation.executable_path("hook-stop"), bytes).unwrap();
    finds_and_mends(&installation, &["executable-foreign"]);
    fs::write(installation.executable_path("hook-stop"), "not one at all").unwrap();
    finds_and_mends(&installation, &["executable-foreign"]);
}

#[test]
fn a_stale_copy() {
    let installation = installed();
    let mut bytes = fs::read(installation.executable_path("hook-stop")).unwrap();
    bytes.extend(b"an older build");
    fs::write(installation.executable_path("hook-stop"), bytes).unwrap();
    finds_and_mends(&installation, &["executable-stale"]);
}

#[test]
fn what_only_looks_like_ours_is_not_run() {
    let installation = installed();
    let trap = installation.write_script("project/session-signals/hook-stop", "touch \"$0.ran\"");
    for members in [r#","args":[]"#, ""] {
        let entry = format!(r#"{{"type":"command","command":"{}"{members}}}"#, trap.display());
        installation
            .write_file("project/.claude/settings.json", &format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{entry}]}}]}}}}"#));
        installation.run_hooks(&["doctor"]);
        installation.run_hooks(&["install", "--scope", "project"]);
        assert!(!installation.path("project/session-signals/hook-stop.ran").exists());
    }
}

#[test]
fn an_executable_that_fails() {
    let installation = Installation::new();
    let build = installation.copy_build("failing");
    build.replace_executable("hook-stop", b"#!/bin/sh\necho out of order >&2\nexit 1\n");
    assert_eq!(build.hooks(&["install"]).code, Some(3));
    let done = build.hooks(&["doctor"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stdout.contains("executable-fails: Stop, StopFailure: ") && done.stdout.contains("out of order"),
        "{done:?}"
    );
    // The same build cannot mend it, and says so.
    let done = build.hooks(&["doctor", "--fix"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    finds_and_mends(&installation, &["executable-stale"]);
}

#[test]
fn executables_that_all_fail_alike_are_one_finding() {
    let installation = Installation::new();
    let build = installation.copy_build("failing");
    for hook in session_signals_protocol::HOOKS {
        build.replace_executable(hook.executable(), b"#!/bin/sh\necho \"${0##*/}: out of order\" >&2\nexit 1\n");
    }
    let done = build.hooks(&["install", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((done.code, report["problems"].as_array().unwrap().len()), (Some(3), 1), "{report}");
    let said = build.hooks(&["doctor"]).stdout;
    assert_eq!(said.matches("executable-fails: ").count(), 1, "{said}");
    let line = said.lines().next().unwrap();
    assert!(
        line.contains("out of order") && line.contains("/hook-session-start, ") && line.contains("StopFailure"),
        "{said}"
    );
}

#[test]
fn the_dashboards_scripts_are_one_finding() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    for (name, event) in [("stop", "Stop"), ("session-end", "SessionEnd"), ("permission-request", "PermissionRequest")]
    {
        installation.write_file(&format!(".claude/hooks/{name}.sh"), "cat > ~/.claude/session-signals/x.stop.json");
        let script =
            serde_json::json!({"hooks": [{"type": "command", "command": format!("~/.claude/hooks/{name}.sh")}]});
        settings["hooks"][event].as_array_mut().unwrap().push(script);
    }
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_mends(&installation, &["script-beside"]);
    for event in ["Stop", "SessionEnd"] {
        let line = serde_json::json!({"hooks": [{"type": "command", "command": "cd /tmp; ~/.claude/hooks/stop.sh"}]});
        settings["hooks"][event] = serde_json::json!([settings["hooks"][event][0].clone(), line]);
    }
    settings["hooks"]["PermissionRequest"].as_array_mut().unwrap().pop();
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_leaves(&installation, &["script-beside"]);
    assert_eq!(installation.run_json(&["install"]).1["warnings"].as_array().unwrap().len(), 1);
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which takes root"]
fn an_executable_mounted_noexec() {
    let installation = installed();
    let folder = installation.path(".claude/hooks/session-signals").display().to_string();
    let hooks = crate::sandbox::executable("hooks").display().to_string();
    let script = format!(
        "cp -a {folder} {folder}.copy && mount -t tmpfs -o noexec none {folder} && cp -a {folder}.copy/. {folder} && exec {hooks} doctor"
    );
    let done = outcome(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.stdout.contains("executable-noexec: in ~/.claude/hooks/session-signals each of these lies on"),
        "{done:?}"
    );
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which takes root"]
fn hooks_disabled_by_an_administrator() {
    let installation = installed();
    let hooks = crate::sandbox::executable("hooks").display().to_string();
    for (file, setting) in
        [("managed-settings.json", "allowManagedHooksOnly"), ("managed-settings.d/10-hooks.json", "disableAllHooks")]
    {
        let script = format!(
            "mount -t tmpfs none /etc && mkdir -p /etc/claude-code/managed-settings.d && \
             echo '{{\"{setting}\": true}}' > /etc/claude-code/{file} && {hooks} install && exec {hooks} doctor"
        );
        let done = outcome(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
        assert_eq!(done.code, Some(1), "{done:?}");
        let warned = format!(
            "{setting} is set by whoever administers this computer in /etc/claude-code/{file}: the hooks will not run"
        );
        assert!(done.stderr.contains(&warned), "{done:?}");
        let expected = format!("hooks-disabled: {setting} is true in /etc/claude-code/{file}: ");
        assert!(done.stdout.contains(&format!("\n{expected}")), "{done:?}");
        assert!(
            done.stdout.contains("whoever administers this computer") && !done.stdout.contains("only you"),
            "{done:?}"
        );
    }
}

#[test]
fn hooks_disabled_in_any_scope() {
    for setting in ["disableAllHooks", "allowManagedHooksOnly"] {
        for file in ["project/.claude/settings.json", "project/.claude/settings.local.json"] {
            let installation = installed();
            installation.write_file(file, &format!("{{\"{setting}\": true}}"));
            finds_and_leaves(&installation, &["hooks-disabled"]);
        }
        let installation = Installation::with_settings(&format!("{{\"{setting}\": true}}"));
        installation.run_successfully(&["install"]);
        finds_and_leaves(&installation, &["hooks-disabled"]);
    }
}

#[test]
fn what_a_team_disables_is_not_one_members_decision() {
    let installation = installed();
    for (file, word) in [
        ("project/.claude/settings.json", "all who share that file decided so"),
        ("project/.claude/settings.local.json", "only you can take back"),
        (".claude/settings.json", "only you can take back"),
    ] {
        let before = fs::read(installation.path(file)).ok();
        let mut settings = if file.starts_with('p') { serde_json::json!({}) } else { installation.parse_settings() };
        settings["disableAllHooks"] = true.into();
        installation.write_file(file, &settings.to_string());
        let said = installation.run_hooks(&["doctor"]).stdout;
        assert!(said.starts_with("hooks-disabled: ") && said.contains(word), "{file} {said}");
        assert_eq!(said.contains("only you"), word.contains("only you"), "{file} {said}");
        match before {
            Some(before) => fs::write(installation.path(file), before).unwrap(),
            None => fs::remove_file(installation.path(file)).unwrap(),
        }
    }
    // In the home directory the project's are the user's own.
    let mut settings = installation.parse_settings();
    settings["disableAllHooks"] = true.into();
    installation.write_file(".claude/settings.json", &settings.to_string());
    let mut hooks = installation.command(&executable("hooks"));
    let said = outcome(hooks.current_dir(installation.path("")).arg("doctor"), "").stdout;
    assert!(said.contains("only you") && said.matches("hooks-disabled").count() == 1, "{said}");
}

#[test]
fn settings_that_cannot_be_used() {
    let installation = installed();
    installation.write_file("project/.claude/settings.json", "{ // mine\n}");
    finds_and_leaves(&installation, &["settings-unusable"]);
}

#[test]
fn in_the_home_directory_the_project_is_the_user() {
    let installation = installed();
    let mut hooks = installation.command(&crate::sandbox::executable("hooks"));
    assert_eq!(outcome(hooks.current_dir(installation.path("")).arg("doctor"), "").code, Some(0));
}

#[test]
fn a_script_beside_its_executable() {
    let installation = installed();
    installation.write_file(".claude/hooks/stop.sh", "cat > ~/.claude/session-signals/x.stop.json");
    let mut settings = installation.parse_settings();
    let script = serde_json::json!({"hooks": [{"type": "command", "command": "~/.claude/hooks/stop.sh"}]});
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(script);
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_mends(&installation, &["script-beside"]);
}

#[test]
fn a_session_that_has_both() {
    let installation = installed();
    let spool = ".claude/session-signals";
    let now = SystemTime::now() - Duration::from_secs(100);
    let signal = |session: &str, kind: &str, seconds: u64| {
        let path = installation.write_file(&format!("{spool}/{session}.{kind}.json"), "{}\n");
        File::options().write(true).open(path).unwrap().set_modified(now + Duration::from_secs(seconds)).unwrap();
    };
    signal("one", "ended", 2);
    signal("one", "working", 1);
    signal("two", "ended", 1);
    signal("two", "working", 2);
    signal("three", "working", 1);
    signal("three", "stop", 1);
    // From before the clock stepped back.
    signal("four", "stop", 1_000_000);
    signal("four", "working", 1);
    // No conflicts.
    signal("five", "working", 1);
    signal("five", "permission", 2);
    fs::set_permissions(installation.path(spool), PermissionsExt::from_mode(0o700)).unwrap();
    let said = installation.run_hooks(&["doctor"]).stdout;
    assert!(said.contains("signal-conflict: one has both ended and working\n"), "{said}");
    assert!(said.contains("signal-conflict: two has both working and ended\n"), "{said}");
    finds_and_mends(&installation, &["signal-conflict"; 4]);
    let mut left: Vec<_> =
        fs::read_dir(installation.path(spool)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    let expected = [
        "five.permission.json",
        "five.working.json",
        "four.working.json",
        "one.ended.json",
        "three.stop.json",
        "two.working.json",
    ];
    assert_eq!(left, expected);
}

#[test]
fn temporary_files_of_the_killed() {
    let installation = installed();
    let old = [
        ".claude/session-signals/.someone.working.1234",
        ".claude/.session-signals.abcdef",
        ".claude/hooks/session-signals/.session-signals.abcdef",
        ".claude/backups/.session-signals.abcdef",
    ];
    for name in old {
        // Beside the settings, what is not empty may be somebody's: see aside.rs.
        age(&installation.write_file(name, if name.starts_with(".claude/.") { "" } else { "half" }), 61);
    }
    // Somebody may still write to it, or it is somebody else's.
    installation.write_file(".claude/session-signals/.someone.working.5678", "half");
    age(&installation.write_file(".claude/.credentials.json", "not ours"), 1000);
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    finds_and_mends(&installation, &["orphan-temporary"; 4]);
    assert!(installation.path(".claude/session-signals/.someone.working.5678").exists());
    assert!(installation.path(".claude/.credentials.json").exists());
}

#[test]
fn a_spool_that_the_hooks_refuse() {
    let installation = installed();
    let spool = installation.path(".claude/session-signals");
    fs::create_dir(&spool).unwrap();
    fs::set_permissions(&spool, PermissionsExt::from_mode(0o770)).unwrap();
    finds_and_mends(&installation, &["spool-open"]);
    // What a script made before, with the umask of most.
    for mode in [0o755, 0o750, 0o711] {
        fs::set_permissions(&spool, PermissionsExt::from_mode(mode)).unwrap();
        finds_and_mends(&installation, &["spool-readable"]);
        assert_eq!(fs::metadata(&spool).unwrap().permissions().mode() & 0o777, 0o700);
    }
    if std::os::unix::fs::chown(&spool, Some(12345), None).is_ok() {
        finds_and_leaves(&installation, &["spool-not-ours"]);
    }
    fs::remove_dir(&spool).unwrap();
    fs::write(&spool, "").unwrap();
    finds_and_leaves(&installation, &["spool-not-a-directory"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_live_session_without_a_signal() {
    let installation = installed();
    let me = std::process::id();
    let account = fs::read_to_string("/proc/self/stat").unwrap();
    let start = account.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let later = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() + 60_000;
    let session = |pid: u32, start: &str, domain: &str, time: u128| {
        let account = serde_json::json!({
            "pid": pid, "sessionId": "someone", "status": "idle", "procStart": start, "pidDomain": format!("linux:abc:{domain}"), "statusUpdatedAt": time
        });
        installation.write_file(&format!(".claude/sessions/{pid}.json"), &account.to_string());
        installation.find_ids()
    };
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    let why = || {
        let said = installation.run_hooks(&["doctor"]).stdout;
        said.lines().find(|line| line.starts_with("session-silent: ")).unwrap().to_owned()
    };
    assert!(why().ends_with("has left no signal: a session older than the hooks has to be started anew"), "{}", why());
    // Where something else keeps it silent, its age is not blamed.
    fs::rename(installation.path(".claude/hooks"), installation.path("away")).unwrap();
    // With the receipts, which say since when.
    fs::create_dir_all(installation.path(".claude/hooks/session-signals")).unwrap();
    fs::copy(
        installation.path("away/session-signals/receipt.settings.json"),
        installation.executable_path("receipt.settings.json"),
    )
    .unwrap();
    assert!(why().ends_with("has left no signal: mend executable-gone first"), "{}", why());
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    fs::rename(installation.path("away"), installation.path(".claude/hooks")).unwrap();
    let settings = installation.read_file(".claude/settings.json");
    installation.write_file(".claude/settings.json", &format!("// mine\n{settings}"));
    assert!(why().ends_with("has left no signal: mend settings-unusable first"), "{}", why());
    // Copied from another home, whose executables they start; but not where one only lacks its timeout.
    let of_alice = settings
        .replace(&format!("{}/", installation.path("").display().to_string().trim_end_matches('/')), "/home/alice/");
    installation.write_file(".claude/settings.json", &of_alice);
    assert!(why().ends_with("has left no signal: mend entry-outdated first"), "{}", why());
    installation.write_file(".claude/settings.json", &settings.replacen(",\n            \"timeout\": 10", "", 1));
    assert_eq!(installation.find_ids(), ["entry-outdated", "session-silent"]);
    assert!(why().ends_with("a session older than the hooks has to be started anew"), "{}", why());
    installation.write_file(".claude/settings.json", &settings);
    // Quiet since the hooks were installed; another process of that number; another computer's.
    assert_eq!(session(me, &start, &domain, 1_000), [""; 0]);
    assert_eq!(session(me, "1", &domain, later), [""; 0]);
    assert_eq!(session(me, &start, "pid:[1]", later), [""; 0]);
    installation.write_file(".claude/sessions/notes.json", "{}");
    installation.write_file(".claude/sessions/17.json", "half");
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    installation.write_file(".claude/session-signals/someone.working.json", "{}");
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn a_pipe_in_the_registry_holds_nobody_up() {
    let installation = installed();
    fs::create_dir_all(installation.path(".claude/sessions")).unwrap();
    let pipe = installation.path(".claude/sessions/1.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let mut hooks = installation.command(&crate::sandbox::executable("hooks"));
    hooks.timeout(Duration::from_secs(30)).arg("doctor").assert().code(0);
}

#[test]
fn a_file_name_sends_nothing_to_the_terminal() {
    let installation = installed();
    for kind in ["working", "ended"] {
        installation.write_file(&format!(".claude/session-signals/\u{1b}[31mred.{kind}.json"), "{}");
    }
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(installation.find_ids(), [""; 0]);
}
