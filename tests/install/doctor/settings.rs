//! Findings about settings that cannot be used, or that turn hooks off.

use std::os::unix::fs::symlink;

use fs_err as fs;

use super::super::installation::Installation;
use super::{finds_and_leaves, installed};
use crate::sandbox::{executable_path, run_with_input};

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
#[ignore = "mounts a file system in a namespace of its own, which needs root"]
fn hooks_disabled_by_an_administrator() {
    let installation = installed();
    let hooks = executable_path("hooks").display().to_string();
    for (file, setting, value, says) in [
        ("managed-settings.json", "allowManagedHooksOnly", "true", "is true"),
        ("managed-settings.d/10-hooks.json", "disableAllHooks", "true", "is true"),
        ("managed-settings.json", "strictPluginOnlyCustomization", "true", "is true"),
        ("managed-settings.json", "strictPluginOnlyCustomization", "[\"hooks\"]", "lists hooks"),
    ] {
        let script = format!(
            "mount -t tmpfs none /etc && mkdir -p /etc/claude-code/managed-settings.d && \
             echo '{{\"{setting}\": {value}}}' > /etc/claude-code/{file} && {hooks} install && exec {hooks} doctor"
        );
        let result = run_with_input(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
        assert_eq!(result.code, Some(1), "{result:?}");
        let warned = format!(
            "{setting} is set by the administrator of this computer in /etc/claude-code/{file}: the hooks will not run"
        );
        assert!(result.stderr.contains(&warned), "{result:?}");
        let expected = format!("hooks-disabled: {setting} {says} in /etc/claude-code/{file}: ");
        assert!(result.stdout.contains(&format!("\n{expected}")), "{result:?}");
        assert!(
            result.stdout.contains("the administrator of this computer") && !result.stdout.contains("only you"),
            "{result:?}"
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
fn the_finding_says_who_disabled_the_hooks() {
    let installation = installed();
    for (file, word) in [
        ("project/.claude/settings.json", "the people who share that file decided this"),
        ("project/.claude/settings.local.json", "only you can change this"),
        (".claude/settings.json", "only you can change this"),
    ] {
        let before = fs::read(installation.path(file)).ok();
        let mut settings = if file.starts_with('p') { serde_json::json!({}) } else { installation.parse_settings() };
        settings["disableAllHooks"] = true.into();
        installation.write_file(file, &settings.to_string());
        let output = installation.run_hooks(&["doctor"]).stdout;
        assert!(output.starts_with("hooks-disabled: ") && output.contains(word), "{file} {output}");
        assert_eq!(output.contains("only you"), word.contains("only you"), "{file} {output}");
        match before {
            Some(before) => fs::write(installation.path(file), before).unwrap(),
            None => fs::remove_file(installation.path(file)).unwrap(),
        }
    }
    // In the home directory, the settings of the project are those of the user.
    let mut settings = installation.parse_settings();
    settings["disableAllHooks"] = true.into();
    installation.write_file(".claude/settings.json", &settings.to_string());
    let mut hooks = installation.command(&executable_path("hooks"));
    let output = run_with_input(hooks.current_dir(installation.path("")).arg("doctor"), "").stdout;
    assert!(output.contains("only you") && output.matches("hooks-disabled").count() == 1, "{output}");
}

#[test]
fn settings_that_cannot_be_used() {
    let installation = installed();
    installation.write_file("project/.claude/settings.json", "{ // mine\n}");
    finds_and_leaves(&installation, &["settings-unusable"]);
}

/// In the home directory, the settings of the user are those of the project, too.
#[test]
fn settings_that_cannot_be_used_are_one_finding_in_the_home_directory() {
    let settings = ".claude/settings.json";
    let puts: [&dyn Fn(&Installation); 3] = [
        &|installation| drop(installation.write_file(settings, "{ // mine\n}")),
        &|installation| drop(installation.write_file(settings, "{\"hooks\": {\"Stop\": 1}}")),
        &|installation| {
            fs::remove_file(installation.path(settings)).unwrap();
            fs::create_dir(installation.path(settings)).unwrap();
        },
    ];
    for put in puts {
        let installation = installed();
        put(&installation);
        // The home directory may have two names.
        symlink(installation.path(""), installation.path("project/home")).unwrap();
        for home in ["", "project/home"] {
            let mut hooks = installation.command(&executable_path("hooks"));
            hooks.env("HOME", installation.path(home)).current_dir(installation.path("")).args(["doctor"]);
            let output = run_with_input(&mut hooks, "").stdout;
            assert_eq!(output.matches("settings-unusable").count(), 1, "{home}: {output}");
        }
    }
}

#[test]
fn in_the_home_directory_the_project_settings_are_the_users() {
    let installation = installed();
    let mut hooks = installation.command(&executable_path("hooks"));
    assert_eq!(run_with_input(hooks.current_dir(installation.path("")).arg("doctor"), "").code, Some(0));
}
