//! Every finding of `hooks doctor`, and what --fix makes of it.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::home::{Home, registered, text};
use crate::sandbox::{executable_path, run_with_input};

fn installed() -> Home {
    let home = Home::new();
    home.succeeds(&["install"]);
    assert_eq!(home.findings(), [""; 0]);
    home
}

/// Finds these, mends them all, and is healthy.
#[track_caller]
fn finds_and_mends(home: &Home, ids: &[&str]) {
    assert_eq!(home.findings(), ids);
    let said = home.hooks(&["doctor"]).stdout;
    assert!(ids.iter().all(|id| said.contains(&format!("{id}: "))) && said.contains("    --fix "), "{said}");
    let (code, checkup) = home.json(&["doctor", "--fix"]);
    let mended: Vec<String> = checkup["mended"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
    assert_eq!((code, mended), (0, ids.iter().map(|id| (*id).to_owned()).collect()), "{checkup}");
    assert_eq!(home.hooks(&["doctor"]).stdout, "healthy: the hooks are installed and work (Claude Code 2.1.329)\n");
}

/// Finds these, and leaves them to their owner.
#[track_caller]
fn finds_and_leaves(home: &Home, ids: &[&str]) {
    let before = (home.everything(), fs::read(home.settings()).ok());
    assert_eq!(home.findings(), ids);
    let (code, checkup) = home.json(&["doctor", "--fix"]);
    assert_eq!((code, checkup["mended"].as_array().unwrap().len()), (i32::from(!ids.is_empty()), 0), "{checkup}");
    assert_eq!((home.everything(), fs::read(home.settings()).ok()), before);
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
    let home = installed();
    let done = home.hooks(&["doctor"]);
    assert_eq!(done.code, Some(0));
    assert_eq!(done.stdout, "healthy: the hooks are installed and work (Claude Code 2.1.329)\n");
}

#[test]
fn nothing_installed() {
    finds_and_mends(&Home::new(), &["not-installed"]);
}

#[test]
fn an_entry_missing() {
    let home = installed();
    let mut settings = home.parsed();
    settings["hooks"].as_object_mut().unwrap().remove("Stop");
    home.write(".claude/settings.json", &settings.to_string());
    finds_and_mends(&home, &["entry-missing"]);
    assert!(registered(&home.parsed()).contains(&"Stop".to_owned()));
}

#[test]
fn an_entry_twice() {
    let home = installed();
    let mut settings = home.parsed();
    let group = settings["hooks"]["Stop"][0].clone();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(group);
    home.write(".claude/settings.json", &settings.to_string());
    finds_and_mends(&home, &["entry-duplicated"]);
}

#[test]
fn an_entry_in_two_scopes() {
    let home = installed();
    home.succeeds(&["install", "--scope", "project"]);
    let settings = home.read("project/.claude/settings.json");
    assert!(home.hooks(&["doctor"]).stdout.contains("each event is signalled twice"));
    // What a team shares is not for one of them to take out.
    finds_and_leaves(&home, &["entry-in-two-scopes"]);
    assert_eq!(home.read("project/.claude/settings.json"), settings);
    fs::remove_file(home.path("project/.claude/settings.json")).unwrap();
    home.succeeds(&["install", "--scope", "local"]);
    assert!(home.hooks(&["doctor"]).stdout.contains("the lines are alike, so Claude Code runs one of the two"));
    finds_and_mends(&home, &["entry-in-two-scopes"]);
    assert!(home.settings().exists() && !home.path("project/.claude/settings.local.json").exists());
}

#[test]
fn a_script_among_other_things_is_left_to_its_owner() {
    let home = Home::new();
    let script = home.write("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    for (line, is_told) in [
        (format!("cd /tmp && bash {}", script.display()), true),
        (format!("( {}; say done )", script.display()), true),
        ("cd /tmp && ./other/stop.sh".to_owned(), false),
        (format!("echo '; {}'", script.display()), false),
    ] {
        let hook = serde_json::json!({ "type": "command", "command": line });
        let settings = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } });
        home.write(".claude/settings.json", &settings.to_string());
        let (code, report) = home.json(&["install"]);
        let told = report["warnings"].as_array().unwrap().iter().any(|one| text(one).contains(&format!("`{line}`")));
        assert_eq!((code, told), (0, is_told), "{report}");
        assert_eq!(home.parsed()["hooks"]["Stop"][0]["hooks"][0]["command"], *line);
        finds_and_leaves(&home, if is_told { &["script-beside"] } else { &[] });
    }
}

#[test]
fn settings_that_install_would_refuse() {
    let home = Home::with_settings(r#"{"hooks":{"Stop":{}}}"#);
    finds_and_leaves(&home, &["settings-unusable"]);
    assert!(home.hooks(&["doctor"]).stdout.contains("\"Stop\""), "{:?}", home.hooks(&["doctor"]));
}

#[test]
fn the_settings_of_another_config_dir_are_not_mended() {
    let home = installed();
    let usual = home.read(".claude/settings.json");
    let hooks = |arguments: &[&str]| {
        let mut command = home.command(&executable_path("hooks"));
        command.args(arguments).env("CLAUDE_CONFIG_DIR", home.path("other")).current_dir(home.path(""));
        run_with_input(&mut command, "")
    };
    assert_eq!(hooks(&["install"]).code, Some(0));
    let found = hooks(&["doctor", "--fix"]);
    assert_eq!((found.code, found.stdout.matches(':').count() > 0), (Some(1), true), "{found:?}");
    assert!(found.stdout.starts_with("entry-in-two-scopes: "), "{found:?}");
    assert_eq!(home.read(".claude/settings.json"), usual);
}

#[test]
fn an_entry_of_another_place() {
    let home = installed();
    let moved = home
        .read(".claude/settings.json")
        .replace("/hooks/session-signals/hook-stop", "/old/session-signals/hook-stop");
    home.write(".claude/settings.json", &moved);
    finds_and_mends(&home, &["entry-outdated", "executable-gone"]);
}

#[test]
fn what_all_events_suffer_is_said_once() {
    let home = Home::with_settings(r#"{"hooks":{}}"#);
    home.succeeds(&["install", "--scope", "local"]);
    let file = "project/.claude/settings.local.json";
    let mut settings: serde_json::Value = serde_json::from_str(&home.read(file)).unwrap();
    settings["hooks"].as_object_mut().unwrap().retain(|event, _| event == "Stop");
    home.write(file, &settings.to_string());
    fs::remove_dir_all(home.path(".claude/hooks")).unwrap();
    let said = home.hooks(&["doctor"]).stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 4, "{said}");
    assert!(lines[0].starts_with("entry-missing: ") && lines[0].contains("SessionStart, UserPromptSubmit, "), "{said}");
    assert!(lines[2].starts_with("executable-gone: ~/.claude/hooks/session-signals/hook-stop "), "{said}");
    home.succeeds(&["doctor", "--fix"]);
    fs::remove_dir_all(home.path(".claude/hooks")).unwrap();
    let said = home.hooks(&["doctor"]).stdout;
    let gone =
        "executable-gone: in ~/.claude/hooks/session-signals each of these is registered but not there: hook-compact, ";
    assert!(said.starts_with(gone) && said.lines().count() == 2, "{said}");
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn an_executable_gone() {
    let home = installed();
    fs::remove_file(home.installed("hook-stop")).unwrap();
    finds_and_mends(&home, &["executable-gone"]);
}

#[test]
fn an_executable_that_is_not_executable() {
    let home = installed();
    fs::set_permissions(home.installed("hook-stop"), PermissionsExt::from_mode(0o644)).unwrap();
    finds_and_mends(&home, &["executable-not-executable"]);
}

#[test]
fn an_executable_of_another_architecture() {
    let home = installed();
    let mut bytes = fs::read(home.installed("hook-stop")).unwrap();
    // e_machine: of no computer that runs this.
    bytes[18..20].copy_from_slice(&[0x08, 0x00]);
    fs::write(home.installed("hook-stop"), bytes).unwrap();
    finds_and_mends(&home, &["executable-foreign"]);
    fs::write(home.installed("hook-stop"), "not one at all").unwrap();
    finds_and_mends(&home, &["executable-foreign"]);
}

#[test]
fn a_stale_copy() {
    let home = installed();
    let mut bytes = fs::read(home.installed("hook-stop")).unwrap();
    bytes.extend(b"an older build");
    fs::write(home.installed("hook-stop"), bytes).unwrap();
    finds_and_mends(&home, &["executable-stale"]);
}

#[test]
fn what_only_looks_like_ours_is_not_run() {
    let home = installed();
    let trap = home.script("project/session-signals/hook-stop", "touch \"$0.ran\"");
    for members in [r#","args":[]"#, ""] {
        let entry = format!(r#"{{"type":"command","command":"{}"{members}}}"#, trap.display());
        home.write("project/.claude/settings.json", &format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{entry}]}}]}}}}"#));
        home.hooks(&["doctor"]);
        home.hooks(&["install", "--scope", "project"]);
        assert!(!home.path("project/session-signals/hook-stop.ran").exists());
    }
}

#[test]
fn an_executable_that_fails() {
    let home = Home::new();
    let build = home.build("failing");
    build.replace("hook-stop", b"#!/bin/sh\necho out of order >&2\nexit 1\n");
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
    finds_and_mends(&home, &["executable-stale"]);
}

#[test]
fn executables_that_all_fail_alike_are_one_finding() {
    let home = Home::new();
    let build = home.build("failing");
    for hook in session_signals_protocol::HOOKS {
        build.replace(hook.executable(), b"#!/bin/sh\necho \"${0##*/}: out of order\" >&2\nexit 1\n");
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
    let home = installed();
    let mut settings = home.parsed();
    for (name, event) in [("stop", "Stop"), ("session-end", "SessionEnd"), ("permission-request", "PermissionRequest")]
    {
        home.write(&format!(".claude/hooks/{name}.sh"), "cat > ~/.claude/session-signals/x.stop.json");
        let script =
            serde_json::json!({"hooks": [{"type": "command", "command": format!("~/.claude/hooks/{name}.sh")}]});
        settings["hooks"][event].as_array_mut().unwrap().push(script);
    }
    home.write(".claude/settings.json", &settings.to_string());
    finds_and_mends(&home, &["script-beside"]);
    for event in ["Stop", "SessionEnd"] {
        let line = serde_json::json!({"hooks": [{"type": "command", "command": "cd /tmp; ~/.claude/hooks/stop.sh"}]});
        settings["hooks"][event] = serde_json::json!([settings["hooks"][event][0].clone(), line]);
    }
    settings["hooks"]["PermissionRequest"].as_array_mut().unwrap().pop();
    home.write(".claude/settings.json", &settings.to_string());
    finds_and_leaves(&home, &["script-beside"]);
    assert_eq!(home.json(&["install"]).1["warnings"].as_array().unwrap().len(), 1);
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which takes root"]
fn an_executable_mounted_noexec() {
    let home = installed();
    let folder = home.path(".claude/hooks/session-signals").display().to_string();
    let hooks = crate::sandbox::executable_path("hooks").display().to_string();
    let script = format!(
        "cp -a {folder} {folder}.copy && mount -t tmpfs -o noexec none {folder} && cp -a {folder}.copy/. {folder} && exec {hooks} doctor"
    );
    let done = run_with_input(home.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.stdout.contains("executable-noexec: in ~/.claude/hooks/session-signals each of these lies on"),
        "{done:?}"
    );
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which takes root"]
fn hooks_disabled_by_an_administrator() {
    let home = installed();
    let hooks = crate::sandbox::executable_path("hooks").display().to_string();
    for (file, setting) in
        [("managed-settings.json", "allowManagedHooksOnly"), ("managed-settings.d/10-hooks.json", "disableAllHooks")]
    {
        let script = format!(
            "mount -t tmpfs none /etc && mkdir -p /etc/claude-code/managed-settings.d && \
             echo '{{\"{setting}\": true}}' > /etc/claude-code/{file} && {hooks} install && exec {hooks} doctor"
        );
        let done = run_with_input(home.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
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
            let home = installed();
            home.write(file, &format!("{{\"{setting}\": true}}"));
            finds_and_leaves(&home, &["hooks-disabled"]);
        }
        let home = Home::with_settings(&format!("{{\"{setting}\": true}}"));
        home.succeeds(&["install"]);
        finds_and_leaves(&home, &["hooks-disabled"]);
    }
}

#[test]
fn what_a_team_disables_is_not_one_members_decision() {
    let home = installed();
    for (file, word) in [
        ("project/.claude/settings.json", "all who share that file decided so"),
        ("project/.claude/settings.local.json", "only you can take back"),
        (".claude/settings.json", "only you can take back"),
    ] {
        let before = fs::read(home.path(file)).ok();
        let mut settings = if file.starts_with('p') { serde_json::json!({}) } else { home.parsed() };
        settings["disableAllHooks"] = true.into();
        home.write(file, &settings.to_string());
        let said = home.hooks(&["doctor"]).stdout;
        assert!(said.starts_with("hooks-disabled: ") && said.contains(word), "{file} {said}");
        assert_eq!(said.contains("only you"), word.contains("only you"), "{file} {said}");
        match before {
            Some(before) => fs::write(home.path(file), before).unwrap(),
            None => fs::remove_file(home.path(file)).unwrap(),
        }
    }
    // In the home directory the project's are the user's own.
    let mut settings = home.parsed();
    settings["disableAllHooks"] = true.into();
    home.write(".claude/settings.json", &settings.to_string());
    let mut hooks = home.command(&executable_path("hooks"));
    let said = run_with_input(hooks.current_dir(home.path("")).arg("doctor"), "").stdout;
    assert!(said.contains("only you") && said.matches("hooks-disabled").count() == 1, "{said}");
}

#[test]
fn settings_that_cannot_be_used() {
    let home = installed();
    home.write("project/.claude/settings.json", "{ // mine\n}");
    finds_and_leaves(&home, &["settings-unusable"]);
}

#[test]
fn in_the_home_directory_the_project_is_the_user() {
    let home = installed();
    let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
    assert_eq!(run_with_input(hooks.current_dir(home.path("")).arg("doctor"), "").code, Some(0));
}

#[test]
fn a_script_beside_its_executable() {
    let home = installed();
    home.write(".claude/hooks/stop.sh", "cat > ~/.claude/session-signals/x.stop.json");
    let mut settings = home.parsed();
    let script = serde_json::json!({"hooks": [{"type": "command", "command": "~/.claude/hooks/stop.sh"}]});
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(script);
    home.write(".claude/settings.json", &settings.to_string());
    finds_and_mends(&home, &["script-beside"]);
}

#[test]
fn a_session_that_has_both() {
    let home = installed();
    let spool = ".claude/session-signals";
    let now = SystemTime::now() - Duration::from_secs(100);
    let signal = |session: &str, kind: &str, seconds: u64| {
        let path = home.write(&format!("{spool}/{session}.{kind}.json"), "{}\n");
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
    fs::set_permissions(home.path(spool), PermissionsExt::from_mode(0o700)).unwrap();
    let said = home.hooks(&["doctor"]).stdout;
    assert!(said.contains("signal-conflict: one has both ended and working\n"), "{said}");
    assert!(said.contains("signal-conflict: two has both working and ended\n"), "{said}");
    finds_and_mends(&home, &["signal-conflict"; 4]);
    let mut left: Vec<_> = fs::read_dir(home.path(spool)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
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
    let home = installed();
    let old = [
        ".claude/session-signals/.someone.working.1234",
        ".claude/.session-signals.abcdef",
        ".claude/hooks/session-signals/.session-signals.abcdef",
        ".claude/backups/.session-signals.abcdef",
    ];
    for name in old {
        // Beside the settings, what is not empty may be somebody's: see aside.rs.
        age(&home.write(name, if name.starts_with(".claude/.") { "" } else { "half" }), 61);
    }
    // Somebody may still write to it, or it is somebody else's.
    home.write(".claude/session-signals/.someone.working.5678", "half");
    age(&home.write(".claude/.credentials.json", "not ours"), 1000);
    fs::set_permissions(home.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    finds_and_mends(&home, &["orphan-temporary"; 4]);
    assert!(home.path(".claude/session-signals/.someone.working.5678").exists());
    assert!(home.path(".claude/.credentials.json").exists());
}

#[test]
fn a_spool_that_the_hooks_refuse() {
    let home = installed();
    let spool = home.path(".claude/session-signals");
    fs::create_dir(&spool).unwrap();
    fs::set_permissions(&spool, PermissionsExt::from_mode(0o770)).unwrap();
    finds_and_mends(&home, &["spool-open"]);
    // What a script made before, with the umask of most.
    for mode in [0o755, 0o750, 0o711] {
        fs::set_permissions(&spool, PermissionsExt::from_mode(mode)).unwrap();
        finds_and_mends(&home, &["spool-readable"]);
        assert_eq!(fs::metadata(&spool).unwrap().permissions().mode() & 0o777, 0o700);
    }
    if std::os::unix::fs::chown(&spool, Some(12345), None).is_ok() {
        finds_and_leaves(&home, &["spool-not-ours"]);
    }
    fs::remove_dir(&spool).unwrap();
    fs::write(&spool, "").unwrap();
    finds_and_leaves(&home, &["spool-not-a-directory"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_live_session_without_a_signal() {
    let home = installed();
    let me = std::process::id();
    let account = fs::read_to_string("/proc/self/stat").unwrap();
    let start = account.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().to_owned();
    let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let later = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() + 60_000;
    let session = |pid: u32, start: &str, domain: &str, time: u128| {
        let account = serde_json::json!({
            "pid": pid, "sessionId": "someone", "status": "idle", "procStart": start, "pidDomain": format!("linux:abc:{domain}"), "statusUpdatedAt": time
        });
        home.write(&format!(".claude/sessions/{pid}.json"), &account.to_string());
        home.findings()
    };
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    let why = || {
        let said = home.hooks(&["doctor"]).stdout;
        said.lines().find(|line| line.starts_with("session-silent: ")).unwrap().to_owned()
    };
    assert!(why().ends_with("has left no signal: a session older than the hooks has to be started anew"), "{}", why());
    // Where something else keeps it silent, its age is not blamed.
    fs::rename(home.path(".claude/hooks"), home.path("away")).unwrap();
    // With the receipts, which say since when.
    fs::create_dir_all(home.path(".claude/hooks/session-signals")).unwrap();
    fs::copy(home.path("away/session-signals/receipt.settings.json"), home.installed("receipt.settings.json")).unwrap();
    assert!(why().ends_with("has left no signal: mend executable-gone first"), "{}", why());
    fs::remove_dir_all(home.path(".claude/hooks")).unwrap();
    fs::rename(home.path("away"), home.path(".claude/hooks")).unwrap();
    let settings = home.read(".claude/settings.json");
    home.write(".claude/settings.json", &format!("// mine\n{settings}"));
    assert!(why().ends_with("has left no signal: mend settings-unusable first"), "{}", why());
    // Copied from another home, whose executables they start; but not where one only lacks its timeout.
    let of_alice =
        settings.replace(&format!("{}/", home.path("").display().to_string().trim_end_matches('/')), "/home/alice/");
    home.write(".claude/settings.json", &of_alice);
    assert!(why().ends_with("has left no signal: mend entry-outdated first"), "{}", why());
    home.write(".claude/settings.json", &settings.replacen(",\n            \"timeout\": 10", "", 1));
    assert_eq!(home.findings(), ["entry-outdated", "session-silent"]);
    assert!(why().ends_with("a session older than the hooks has to be started anew"), "{}", why());
    home.write(".claude/settings.json", &settings);
    // Quiet since the hooks were installed; another process of that number; another computer's.
    assert_eq!(session(me, &start, &domain, 1_000), [""; 0]);
    assert_eq!(session(me, "1", &domain, later), [""; 0]);
    assert_eq!(session(me, &start, "pid:[1]", later), [""; 0]);
    home.write(".claude/sessions/notes.json", "{}");
    home.write(".claude/sessions/17.json", "half");
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    home.write(".claude/session-signals/someone.working.json", "{}");
    fs::set_permissions(home.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_pipe_in_the_registry_holds_nobody_up() {
    let home = installed();
    fs::create_dir_all(home.path(".claude/sessions")).unwrap();
    let pipe = home.path(".claude/sessions/1.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
    hooks.timeout(Duration::from_secs(30)).arg("doctor").assert().code(0);
}

#[test]
fn a_file_name_sends_nothing_to_the_terminal() {
    let home = installed();
    for kind in ["working", "ended"] {
        home.write(&format!(".claude/session-signals/\u{1b}[31mred.{kind}.json"), "{}");
    }
    fs::set_permissions(home.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(home.findings(), [""; 0]);
}
