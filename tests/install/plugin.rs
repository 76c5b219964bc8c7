//! `hooks install --plugin`: what is laid down, kept current and removed, and what is never touched.

use std::os::unix::process::ExitStatusExt;
#[cfg(target_os = "linux")]
use std::time::SystemTime;

use fs_err as fs;
use serde_json::{Value, json};

use super::WORKERS;
use super::installation::{Installation, NEWEST_CLI};
use super::traced_run::{list_changes, trace};
#[cfg(target_os = "linux")]
use crate::sandbox::payload;
use crate::sandbox::{executable_path, run_side_by_side, run_with_input};
#[cfg(target_os = "linux")]
use session_signals_protocol::cli_process::read_stat;

const PLUGIN: &str = ".claude/skills/session-signals";
const FILES: [&str; 5] = [".claude-plugin/plugin.json", "LICENSE", "README.md", "hooks/hooks.json", "hooks/mod.js"];
const RECEIPT: &str = ".claude/hooks/session-signals/plugin-receipt";

/// Returns the path of a file of the plugin in the home.
fn file(name: &str) -> String {
    format!("{PLUGIN}/{name}")
}

/// Returns the names of the files and folders in the place of the plugin.
fn plugin_files(installation: &Installation) -> Vec<String> {
    let files = installation.list_files();
    files.into_iter().filter(|name| name.starts_with(".claude/skills")).collect()
}

/// Checks that the files of the plugin are those in the repository.
#[track_caller]
fn assert_laid(installation: &Installation) {
    for name in FILES {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin").join(name);
        assert_eq!(installation.read_file(&file(name)), fs::read_to_string(source).unwrap(), "{name}");
    }
    assert_eq!(plugin_files(installation).len(), FILES.len() + 4, "{:?}", plugin_files(installation));
    assert!(installation.executable_path("hook-mod").exists());
}

fn installed() -> Installation {
    let installation = Installation::new();
    installation.run_successfully(&["install", "--plugin"]);
    assert_laid(&installation);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation
}

/// Writes a file over that of the plugin as an earlier version would have laid it down.
fn make_older(installation: &Installation, name: &str, text: &str) {
    installation.write_file(&file(name), text);
    let mut receipt: Value = serde_json::from_str(&installation.read_file(RECEIPT)).unwrap();
    let sum = std::process::Command::new("sha256sum").arg(installation.path(&file(name))).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap()[..64].to_owned();
    receipt["files"].as_array_mut().unwrap().push(json!({ "name": name, "sha256": sum }));
    installation.write_file(RECEIPT, &receipt.to_string());
}

#[test]
fn the_plugin_comes_and_goes() {
    let installation = Installation::new();
    let untouched = installation.list_files();
    let output = installation.run_successfully(&["install"]);
    assert!(!output.contains("Plugin"), "{output}");
    assert!(plugin_files(&installation).is_empty());
    let output = installation.run_successfully(&["install", "--plugin"]);
    assert!(output.contains(&format!("\nPlugin: ~/{PLUGIN}; a session loads it when it starts\n")), "{output}");
    assert_laid(&installation);
    // No entry starts the executable of the module.
    assert!(!installation.read_file(".claude/settings.json").contains("hook-mod"));
    // The second time nothing is left to do, with and without the option.
    for arguments in [&["install", "--plugin"][..], &["install"]] {
        let (code, report) = installation.run_json(arguments);
        assert_eq!((code, &report["outcome"], &report["plugin"]), (0, &"unchanged".into(), &Value::Null), "{report}");
    }
    assert_laid(&installation);
    let (code, report) = installation.run_json(&["install", "--no-plugin"]);
    assert_eq!((code, &report["outcome"]), (0, &"done".into()));
    assert_eq!(report["plugin"], installation.path(PLUGIN).to_str().unwrap());
    assert!(plugin_files(&installation).is_empty() && !installation.path(RECEIPT).exists());
    assert!(installation.executable_path("hook-mod").exists());
    assert_eq!(installation.run_json(&["install", "--no-plugin"]).1["outcome"], "unchanged");
    // Uninstall removes the plugin, too.
    installation.run_successfully(&["install", "--plugin"]);
    let output = installation.run_successfully(&["uninstall"]);
    assert!(output.contains(&format!("\nPlugin removed: ~/{PLUGIN}\n")), "{output}");
    let mut left = installation.list_files();
    left.retain(|name| !name.starts_with(".claude/backups") && name != ".claude");
    assert_eq!(left, untouched);
}

#[test]
fn a_dry_run_names_the_plugin_and_writes_nothing() {
    let installation = Installation::new();
    let untouched = installation.list_files();
    let result = installation.run_hooks(&["install", "--plugin", "--dry-run"]);
    assert!(result.stderr.contains(&format!("~/{PLUGIN} would be written")), "{result:?}");
    assert_eq!(installation.list_files(), untouched);
    installation.run_successfully(&["install", "--plugin"]);
    let warnings = |arguments: &[&str]| installation.run_json(arguments).1["warnings"].to_string();
    assert_eq!(warnings(&["install", "--dry-run"]), "[]");
    assert!(warnings(&["install", "--no-plugin", "--dry-run"]).contains("would be removed"));
    assert!(warnings(&["uninstall", "--dry-run"]).contains(&format!("{PLUGIN} would be removed\"")));
    make_older(&installation, "hooks/mod.js", "// of an earlier version\n");
    assert!(warnings(&["install", "--dry-run"]).contains(&format!("{PLUGIN} would be updated")));
    assert_eq!(installation.read_file(&file("hooks/mod.js")), "// of an earlier version\n");
}

#[test]
fn a_plugin_of_an_earlier_version_is_updated_without_the_option() {
    let installation = installed();
    make_older(&installation, "hooks/mod.js", "// of an earlier version\n");
    make_older(&installation, "hooks/helper.js", "// no longer needed\n");
    fs::remove_file(installation.path(&file("LICENSE"))).unwrap();
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"]), (0, &"done".into()), "{report}");
    assert_eq!(report["plugin"], installation.path(PLUGIN).to_str().unwrap());
    assert_laid(&installation);
    assert!(!installation.read_file(RECEIPT).contains("helper.js"));
}

#[test]
fn files_of_somebody_else_are_refused_and_kept() {
    for name in [".claude-plugin/plugin.json", "hooks/hooks.json", "SKILL.md", "hooks/other.js"] {
        let installation = Installation::new();
        installation.write_file(&file(name), "somebody else's\n");
        let before = installation.list_files();
        let (code, report) = installation.run_json(&["install", "--plugin"]);
        assert_eq!((code, &report["outcome"]), (1, &"refused".into()), "{report}");
        let reason = report["reason"].as_str().unwrap();
        let named = if FILES.contains(&name) { file(name) } else { PLUGIN.to_owned() };
        assert!(reason.contains(&format!("`hooks` did not write ~/{named}, or somebody changed it")), "{reason}");
        assert_eq!(installation.list_files(), before);
        assert_eq!(installation.read_file(&file(name)), "somebody else's\n");
        // Without the option the folder is none of our business, and neither is it for uninstall.
        installation.run_successfully(&["install"]);
        assert_eq!(installation.find_ids(), [""; 0]);
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(&file(name)), "somebody else's\n");
    }
}

#[test]
fn a_symbolic_link_in_the_place_of_the_plugin_is_refused() {
    for name in [".claude/skills", PLUGIN, ".claude/skills/session-signals/hooks"] {
        let installation = Installation::new();
        fs::create_dir_all(installation.path("elsewhere")).unwrap();
        fs::create_dir_all(installation.path(name).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(installation.path("elsewhere"), installation.path(name)).unwrap();
        let result = installation.run_hooks(&["install", "--plugin"]);
        assert_eq!(result.code, Some(1), "{result:?}");
        assert!(result.stderr.contains(&format!("~/{name} is a symbolic link, through which")), "{result:?}");
        assert!(!installation.settings_path().exists());
        assert_eq!(fs::read_dir(installation.path("elsewhere")).unwrap().count(), 0);
    }
}

#[test]
fn a_changed_file_stays_and_the_rest_is_removed() {
    let installation = installed();
    installation.write_file(&file("hooks/mod.js"), "// my own\n");
    installation.write_file(&file("notes.txt"), "mine\n");
    assert_eq!(installation.find_ids(), ["plugin-foreign"]);
    // An installation does its own work, and leaves the file.
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"]), (3, &"partly".into()), "{report}");
    assert!(report["problems"][0].as_str().unwrap().contains("hooks/mod.js, or somebody changed it"), "{report}");
    let (code, report) = installation.run_json(&["uninstall"]);
    assert_eq!((code, &report["outcome"]), (0, &"done".into()), "{report}");
    let warning = format!("~/{PLUGIN} stays, because somebody else wrote ~/{PLUGIN}/hooks/mod.js");
    assert_eq!(report["warnings"], json!([warning]));
    let left = [PLUGIN, "hooks", "hooks/mod.js", "notes.txt"];
    let left = left.map(|name| if name == PLUGIN { name.to_owned() } else { file(name) });
    assert_eq!(plugin_files(&installation)[1..], left);
    assert!(!installation.path(".claude/hooks").exists());
}

#[test]
fn a_killed_installation_is_completed_and_can_be_removed() {
    // A run that was killed has written the receipt and a part of the files.
    let killed = || {
        let installation = installed();
        for name in [".claude-plugin/plugin.json", "README.md"] {
            fs::remove_file(installation.path(&file(name))).unwrap();
        }
        make_older(&installation, "hooks/hooks.json", "{}\n");
        let left = installation.write_file(&file("hooks/.session-signals.Ab3dE9"), "half");
        super::installation::set_age(&left, 3600);
        installation
    };
    let installation = killed();
    assert_eq!(installation.find_ids(), ["orphan-temporary", "plugin-outdated"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    let expected = "missing: README.md, .claude-plugin/plugin.json; of another version: hooks/hooks.json";
    assert!(output.contains(expected), "{output}");
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    assert_eq!((code, checkup["mended"].as_array().unwrap().len()), (0, 2), "{checkup}");
    assert_laid(&installation);
    for arguments in [&["uninstall"][..], &["install", "--no-plugin"]] {
        let installation = killed();
        installation.run_successfully(arguments);
        assert!(plugin_files(&installation).is_empty(), "{:?}", plugin_files(&installation));
    }
}

#[test]
fn the_folder_of_all_plugins_stays_if_it_was_there_before() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path(".claude/skills")).unwrap();
    installation.run_successfully(&["install", "--plugin"]);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(plugin_files(&installation), [".claude/skills"]);
}

#[test]
fn the_plugin_needs_a_version_that_loads_it() {
    for (version, is_new) in [("2.0.50", false), ("2.1.286", false), ("2.1.287", true), ("2.2.0", true)] {
        let installation = Installation::with_claude(version);
        let result = installation.run_hooks(&["install", "--plugin"]);
        assert_eq!(result.code, Some(i32::from(!is_new)), "{result:?}");
        assert_eq!(installation.settings_path().exists(), is_new);
        let refused = format!("claude {version} is older than 2.1.287, the first version that the plugin is for");
        assert_eq!(result.stderr.contains(&refused), !is_new, "{result:?}");
        let untried = format!("was tried with versions up to 2.1.330, not with {version}");
        assert_eq!(result.stderr.contains(&untried), version == "2.2.0", "{result:?}");
    }
    let installation = Installation::new();
    fs::remove_file(installation.path("bin/claude")).unwrap();
    let result = installation.run_hooks(&["install", "--plugin"]);
    assert!(result.code == Some(1) && result.stderr.contains("the version of Claude Code is unknown"), "{result:?}");
    assert!(!installation.path(".claude/hooks").exists());
}

#[test]
fn an_older_version_later_is_a_finding() {
    let installation = installed();
    installation.set_claude("echo '2.1.200 (Claude Code)'");
    assert_eq!(installation.find_ids(), ["plugin-not-loaded"]);
    // The plugin stays, and stays current.
    let result = installation.run_hooks(&["install"]);
    assert!(result.code == Some(0) && result.stderr.contains("Claude Code 2.1.200 ignores the plugin"), "{result:?}");
    assert_laid(&installation);
    installation.set_claude("echo '2.9.0 (Claude Code)'");
    assert_eq!(installation.find_ids(), [""; 0]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(
        output.contains("\nnote: the plugin runs inside Claude Code and was tried with versions up to"),
        "{output}"
    );
}

#[test]
fn doctor_finds_what_is_wrong_with_the_plugin() {
    let installation = installed();
    fs::remove_file(installation.executable_path("hook-mod")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("hook-mod is what the plugin starts but does not exist"), "{output}");
    installation.run_successfully(&["doctor", "--fix"]);
    assert_laid(&installation);
    fs::remove_dir_all(installation.path(PLUGIN)).unwrap();
    assert_eq!(installation.find_ids(), ["plugin-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_laid(&installation);
    // The user turned the plugin off: settings with a higher precedence count.
    let id = "session-signals@skills-dir";
    let off = json!({ "enabledPlugins": { id: false } }).to_string();
    installation.write_file("project/.claude/settings.json", &off);
    assert_eq!(installation.find_ids(), ["plugin-not-loaded"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("turned off in ~/project/.claude/settings.json: `claude plugin enable"), "{output}");
    let on = json!({ "enabledPlugins": { id: true } }).to_string();
    installation.write_file("project/.claude/settings.local.json", &on);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
#[cfg(target_os = "linux")]
fn doctor_says_whether_a_session_has_loaded_the_plugin() {
    let installation = installed();
    let notes = || -> Vec<String> {
        let (code, checkup) = installation.run_json(&["doctor"]);
        assert_eq!(code, 0, "{checkup}");
        checkup["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(notes(), [""; 0]);
    // This process is the session.
    let (me, now) = (std::process::id(), SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis());
    let start = read_stat(me).unwrap().start.to_string();
    let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let set_start = |started: u128| {
        let account = json!({
            "pid": me, "sessionId": "aaaa", "status": "idle", "procStart": start, "pidDomain": format!("linux:abc:{domain}"),
            "statusUpdatedAt": 1_000, "startedAt": started,
        });
        installation.write_file(&format!(".claude/sessions/{me}.json"), &account.to_string());
    };
    set_start(now - 3_600_000);
    let older = "a session loads the plugin when it starts, and the last change of the plugin was after the start of session aaaa";
    assert!(matches!(&notes()[..], [note] if note.starts_with(older)), "{:?}", notes());
    set_start(now + 3_600_000);
    let newer = "no signal shows yet that the plugin was loaded by session aaaa (process ";
    assert!(matches!(&notes()[..], [note] if note.starts_with(newer)), "{:?}", notes());
    // The hook of a prompt tells its beginning, and the module the end of the turn.
    installation.sandbox().run_hook("aaaa", "UserPromptSubmit", r#""prompt":"hi""#).assert_success();
    let end = payload("aaaa", "TurnEnd", r#""reason":"aborted""#);
    installation.sandbox().run_executable("hook-mod", end).assert_success();
    assert_eq!(notes(), ["the plugin works: it told TurnEnd of session aaaa"]);
}

#[test]
fn doctor_says_that_the_module_is_turned_off() {
    let installation = installed();
    let doctor = |value: &str| {
        let mut hooks = installation.command(&executable_path("hooks"));
        run_with_input(hooks.env("SESSION_SIGNALS_MOD", value).arg("doctor"), "")
    };
    let note = |place: &str| format!("note: SESSION_SIGNALS_MOD is off {place}: the module of the plugin does nothing");
    let result = doctor("off");
    assert!(result.code == Some(0) && result.stdout.starts_with(&note("in the environment")), "{result:?}");
    assert!(doctor("on").stdout.starts_with("healthy"));
    let settings = |value: &str| json!({ "env": { "SESSION_SIGNALS_MOD": value } }).to_string();
    installation.write_file("project/.claude/settings.json", &settings("off"));
    assert!(doctor("").stdout.starts_with(&note("in ~/project/.claude/settings.json")), "{:?}", doctor(""));
    installation.write_file("project/.claude/settings.local.json", &settings(""));
    assert!(doctor("off").stdout.starts_with("healthy"));
}

/// Returns settings that enable the stand-alone plugin.
fn enabled(value: bool) -> String {
    json!({ "enabledPlugins": { "session-signals@market": value, "another@market": true } }).to_string()
}

#[test]
fn the_hooks_are_not_registered_beside_the_stand_alone_plugin() {
    for (name, removal) in [
        (".claude/settings.json", "run `claude plugin uninstall session-signals@market` and then"),
        ("project/.claude/settings.json", "run `claude plugin uninstall session-signals@market --scope project` and"),
        (
            "project/.claude/settings.local.json",
            "run `claude plugin uninstall session-signals@market --scope local` and",
        ),
    ] {
        for arguments in [&["install"][..], &["install", "--plugin"], &["install", "--dry-run"]] {
            let installation = Installation::new();
            installation.write_file(name, &enabled(true));
            let before = installation.list_files();
            let (code, report) = installation.run_json(arguments);
            let reason = report["reason"].as_str().unwrap_or_default();
            assert_eq!(
                (code, &report["outcome"], &report["snippet"]),
                (1, &"refused".into(), &Value::Null),
                "{report}"
            );
            assert!(reason.contains(&format!("session-signals@market is enabled in ~/{name} and")), "{reason}");
            assert!(reason.contains(removal), "{reason}");
            assert_eq!((installation.list_files(), installation.read_file(name)), (before, enabled(true)));
            // The plugin needs no entries.
            assert_eq!(installation.find_ids(), [""; 0]);
            let output = installation.run_successfully(&["doctor"]);
            assert!(output.starts_with("note: the plugin session-signals@market is enabled in"), "{output}");
        }
        let installation = Installation::new();
        installation.write_file(name, &enabled(false));
        installation.run_successfully(&["install", "--plugin"]);
        assert_eq!(installation.find_ids(), [""; 0]);
    }
    // Settings with a higher precedence turn the plugin off.
    let installation = Installation::with_settings(&enabled(true));
    installation.write_file("project/.claude/settings.local.json", &enabled(false));
    installation.run_successfully(&["install"]);
}

#[test]
fn doctor_finds_the_stand_alone_plugin_beside_the_hooks() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    installation.write_file("project/.claude/settings.local.json", &enabled(true));
    assert_eq!(installation.find_ids(), ["plugin-beside"]);
    let output = installation.run_hooks(&["doctor", "--fix"]).stdout;
    assert!(output.contains("each event is told twice. Choose one of the two: to keep the plugin, run"), "{output}");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn uninstall_of_one_scope_leaves_the_plugin_to_the_other() {
    let installation = installed();
    installation.run_successfully(&["install", "--scope", "local"]);
    let result = installation.run_hooks(&["uninstall", "--scope", "local"]);
    let expected = format!("~/{PLUGIN} stays, because other settings or lines of your own still start the hooks");
    assert!(result.code == Some(0) && result.stderr.contains(&expected), "{result:?}");
    assert_laid(&installation);
    installation.run_successfully(&["uninstall"]);
    assert!(plugin_files(&installation).is_empty());
}

#[test]
fn plugin_and_no_plugin_exclude_each_other() {
    let installation = Installation::with_claude(NEWEST_CLI);
    assert_eq!(installation.run_hooks(&["install", "--plugin", "--no-plugin"]).code, Some(2));
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which needs root"]
fn a_rule_of_the_administrator_forbids_the_plugin() {
    let rules = [
        json!({ "pluginConfigs": { "cc-plugin-sec-default@builtin": { "options": { "allowManagedModsOnly": true } } } }),
        json!({ "strictKnownMarketplaces": [] }),
        json!({ "allowManagedHooksOnly": true }),
    ];
    for rule in rules {
        let installation = installed();
        let hooks = crate::sandbox::executable_path("hooks").display().to_string();
        let script = format!(
            "mount -t tmpfs none /etc && mkdir -p /etc/claude-code && echo '{rule}' > /etc/claude-code/managed-settings.json && \
             {{ {hooks} doctor; exec {hooks} install --plugin; }}"
        );
        let mut unshare = installation.command("unshare".as_ref());
        let result = crate::sandbox::run_with_input(unshare.args(["-m", "sh", "-c", &script]), "");
        assert_eq!(result.code, Some(1), "{result:?}");
        let refused = "the administrator of this computer does not allow the plugin: ";
        assert!(result.stderr.contains(refused), "{result:?}");
        let id = if rule.get("allowManagedHooksOnly").is_some() { "hooks-disabled: " } else { "plugin-not-loaded: " };
        assert!(result.stdout.contains(id), "{result:?}");
    }
}

/// SIGKILL on entry to each system call that changes a file. Claude Code never sees a part of the plugin, and uninstall removes
/// whatever was laid down.
#[test]
#[ignore = "needs strace"]
fn a_kill_at_any_system_call_leaves_no_part_of_the_plugin() {
    for (arguments, before) in [
        (&["install", "--plugin"][..], None),
        (&["install", "--no-plugin"], Some("--plugin")),
        (&["uninstall"], Some("--plugin")),
    ] {
        let start = || {
            let installation = Installation::new();
            if let Some(option) = before {
                installation.run_successfully(&["install", option]);
            }
            installation
        };
        let calls = list_changes(&start(), arguments);
        let killed = run_side_by_side(WORKERS, &calls, |call| {
            let installation = start();
            let result = trace(&installation, &["-e", call], arguments);
            if result.status.success() {
                return 0;
            }
            assert_eq!(result.status.signal(), Some(9), "{call}: {result:?}");
            if installation.path(&file(FILES[0])).exists() {
                for name in FILES {
                    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plugin").join(name);
                    let laid = fs::read(installation.path(&file(name))).unwrap_or_default();
                    assert!(laid == fs::read(source).unwrap(), "{call}: {name}");
                }
            }
            installation.run_successfully(&["uninstall"]);
            let left = installation.list_files();
            assert!(left.iter().all(|name| !name.contains("skills") && !name.contains("hooks")), "{call}: {left:?}");
            1
        });
        let count: usize = killed.iter().sum();
        println!("{arguments:?}: killed at {count} of {} system calls", calls.len());
        assert!(count * 10 > calls.len() * 9, "{arguments:?}: {count} of {}", calls.len());
    }
}
