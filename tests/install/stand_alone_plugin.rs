//! The stand-alone plugin, the second way to install: it brings the hooks and their executables.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use serde_json::{Value, json};

use super::installation::Installation;
use crate::sandbox::executable_path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where the settings of the plugin find the executables.
const EXECUTABLES: &str = "${CLAUDE_PLUGIN_ROOT}/bin/";

/// Makes the plugin from what was built, in this folder of the home.
pub fn make_plugin(installation: &Installation, name: &str) -> PathBuf {
    let folder = installation.path(name);
    let mut script = Command::new(Path::new(ROOT).join(".ci/plugin"));
    let output = script.arg(executable_path("hooks").parent().unwrap()).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// Returns the text of the settings of the plugin: the entries that `hooks install` writes, and the module.
fn expected_hooks() -> String {
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install"]);
    let directory = format!("{}/", installation.path(".claude/hooks/session-signals").display());
    let entries = installation.read_file(".claude/settings.json").replace(&directory, EXECUTABLES);
    entries.replacen("{\n", "{\n  \"modules\": [\"./mod.js\"],\n", 1)
}

#[test]
fn the_hooks_of_the_plugin_are_those_that_install_registers() {
    let (made, file) = (expected_hooks(), Path::new(ROOT).join("packaging/plugin/hooks.json"));
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        fs::write(&file, &made).unwrap();
    }
    assert_eq!(made, fs::read_to_string(&file).unwrap(), "UPDATE_EXAMPLE=1 writes it anew");
    let hooks: Value = serde_json::from_str(&made).unwrap();
    let module: Value =
        serde_json::from_str(&fs::read_to_string(format!("{ROOT}/plugin/hooks/hooks.json")).unwrap()).unwrap();
    assert_eq!(hooks["modules"], module["modules"]);
}

#[test]
fn the_plugin_holds_every_executable_that_it_starts() {
    let installation = Installation::new();
    let folder = make_plugin(&installation, "two words");
    let hooks: Value = serde_json::from_str(&fs::read_to_string(folder.join("hooks/hooks.json")).unwrap()).unwrap();
    let mut started: Vec<String> = Vec::new();
    for group in hooks["hooks"].as_object().unwrap().values().flat_map(|groups| groups.as_array().unwrap()) {
        let command = group["hooks"][0]["command"].as_str().unwrap();
        assert_eq!(group["hooks"][0]["args"], json!([]), "no shell starts {command}");
        started.push(command.strip_prefix(EXECUTABLES).unwrap().to_owned());
    }
    started.push("hook-mod".to_owned());
    started.sort();
    started.dedup();
    let mut held: Vec<String> = fs::read_dir(folder.join("bin"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    held.sort();
    assert_eq!(held, started);
    for name in held {
        assert_eq!(fs::read(folder.join("bin").join(&name)).unwrap(), fs::read(executable_path(&name)).unwrap());
    }
    // The versions are the same.
    let manifest: Value =
        serde_json::from_str(&fs::read_to_string(folder.join(".claude-plugin/plugin.json")).unwrap()).unwrap();
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    // The folder is never written over.
    let again = Command::new(Path::new(ROOT).join(".ci/plugin"))
        .arg(executable_path("hooks").parent().unwrap())
        .arg(&folder)
        .output()
        .unwrap();
    assert!(!again.status.success());
}
