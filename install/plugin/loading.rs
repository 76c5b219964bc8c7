//! What keeps Claude Code from loading the plugin that lies in the configuration directory.
//!
//! All rules were seen with 2.1.330. `claude plugin list` does not know the first of them, so the settings are read here.

use std::path::PathBuf;

use serde_json::Value;
use session_signals_reader::cleanup::retention;

use super::{MODULE_SWITCH, SKILLS_DIR_ID, has_our_name};
use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::{disabled_hooks, settings_file};

/// The plugin of Claude Code whose options hold the rules for modules.
const RULES_PLUGIN: &str = "cc-plugin-sec-default@builtin";

/// The two names of the list of marketplaces that are allowed.
const ALLOWED_MARKETPLACES: [&str; 2] = ["strictKnownMarketplaces", "allowedMarketplaces"];

/// How the lists of marketplaces call the folder in which the plugin lies.
const SKILLS_DIR_SOURCE: &str = "skills-dir";

/// The settings in one file.
pub struct PluginSettings {
    /// The file.
    pub file: PathBuf,
    /// The scope of the file; `None` for a file of the administrator.
    pub scope: Option<Scope>,
    /// Its content.
    pub value: Value,
}

/// What keeps the plugin from being loaded.
pub struct LoadingObstacle {
    /// What it is, and in which file.
    pub sentence: String,
    /// The file.
    pub file: PathBuf,
    /// Whether the administrator of the computer decided this.
    pub is_managed: bool,
    /// Whether the same setting turns all hooks off.
    pub stops_hooks: bool,
}

/// Reads the settings of all scopes and then those of the administrator, in ascending order of precedence. A file that cannot be
/// parsed is left out: Claude Code ignores it.
#[must_use]
pub fn read_settings(env: &Environment) -> Vec<PluginSettings> {
    let scopes = SCOPES.map(|scope| (env.settings_path(scope), Some(scope)));
    let managed = retention::managed_settings_files().into_iter().map(|file| (file, None));
    let read = |(file, scope): (PathBuf, Option<Scope>)| {
        let text = Some(&file).filter(|file| file.is_file()).and_then(|file| std::fs::read(file).ok())?;
        Some(PluginSettings { value: settings_file::parse_settings(&text)?, file, scope })
    };
    scopes.into_iter().chain(managed).filter_map(read).collect()
}

/// Returns what keeps Claude Code from loading the plugin.
#[must_use]
pub fn find_obstacles(env: &Environment) -> Vec<LoadingObstacle> {
    let settings = read_settings(env);
    let managed = settings.iter().filter(|settings| settings.scope.is_none());
    let mut obstacles: Vec<LoadingObstacle> = Vec::new();
    for PluginSettings { file, value, .. } in managed {
        let shown = env.short_path(file);
        obstacles.extend(managed_rules(value).into_iter().map(|(rule, stops_hooks)| LoadingObstacle {
            sentence: format!("the administrator of this computer does not allow the plugin: {rule} in {shown}"),
            file: file.clone(),
            is_managed: true,
            stops_hooks,
        }));
    }
    // Of the settings that mention the plugin, those with the highest precedence count.
    let value = |settings: &PluginSettings| settings.value.get("enabledPlugins")?.get(SKILLS_DIR_ID).cloned();
    let mut by_users = settings.iter().rev().filter(|settings| settings.scope.is_some());
    let counting = by_users.find_map(|settings| Some((settings, value(settings)?)));
    if let Some((settings, Value::Bool(false))) = counting {
        obstacles.push(LoadingObstacle {
            sentence: format!(
                "the plugin is turned off in {}: `claude plugin enable {SKILLS_DIR_ID}` turns it on",
                env.short_path(&settings.file)
            ),
            file: settings.file.clone(),
            is_managed: false,
            stops_hooks: false,
        });
    }
    obstacles
}

/// Returns the place that turns the module off for the sessions that are started here; `None` if nothing does. The settings count
/// before the environment.
#[must_use]
pub fn module_switch(env: &Environment) -> Option<String> {
    let value = |settings: &PluginSettings| settings.value.get("env")?.get(MODULE_SWITCH).cloned();
    let mut settings = read_settings(env).into_iter().rev();
    match settings.find_map(|settings| Some((value(&settings)?, settings))) {
        Some((value, settings)) => (value == "off").then(|| format!("in {}", env.short_path(&settings.file))),
        None => (env.module_switch.as_ref()? == "off").then(|| "in the environment".to_owned()),
    }
}

/// Returns the rules in one file of the administrator that forbid the plugin, and whether they turn all hooks off.
fn managed_rules(settings: &Value) -> Vec<(String, bool)> {
    let mut rules = Vec::new();
    let mut add = |rule: &str, stops_hooks| rules.push((rule.to_owned(), stops_hooks));
    // Claude Code takes any value but false for true.
    let modules = settings.pointer(&format!("/pluginConfigs/{RULES_PLUGIN}/options/allowManagedModsOnly"));
    if modules.is_some_and(|value| *value != false) {
        add("allowManagedModsOnly is set", false);
    }
    for (setting, says) in disabled_hooks::disabling_settings(settings, true) {
        add(&format!("{setting} {says}"), true);
    }
    let sources = |setting: &str| settings.get(setting).and_then(Value::as_array);
    let names_folder = |sources: &Vec<Value>| sources.iter().any(|source| source["source"] == SKILLS_DIR_SOURCE);
    for setting in ALLOWED_MARKETPLACES {
        if sources(setting).is_some_and(|sources| !names_folder(sources)) {
            add(&format!("{setting} does not list the source {SKILLS_DIR_SOURCE}"), false);
        }
    }
    if sources("blockedMarketplaces").is_some_and(names_folder) {
        add(&format!("blockedMarketplaces lists the source {SKILLS_DIR_SOURCE}"), false);
    }
    let surfaces = sources(disabled_hooks::PLUGINS_ONLY);
    if surfaces.is_some_and(|surfaces| surfaces.iter().any(|surface| surface == "skills")) {
        add("strictPluginOnlyCustomization lists skills", false);
    }
    let plugins = settings.get("enabledPlugins").and_then(Value::as_object);
    if let Some(id) = plugins.and_then(|plugins| plugins.keys().find(|id| has_our_name(id))) {
        add(&format!("enabledPlugins names {id}, and no other plugin of this name is loaded"), false);
    }
    rules
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each of these was seen to keep Claude Code 2.1.330 from loading the plugin.
    #[test]
    fn the_rules_that_forbid_the_plugin_are_known() {
        let option = |value: Value| json!({ "pluginConfigs": { RULES_PLUGIN: { "options": { "allowManagedModsOnly": value } } } });
        for (settings, stops_hooks) in [
            (option(json!(true)), false),
            (option(json!("no")), false),
            (json!({ "allowManagedHooksOnly": true }), true),
            (json!({ "disableAllHooks": true }), true),
            (json!({ "strictKnownMarketplaces": [] }), false),
            (json!({ "allowedMarketplaces": [{ "source": "github", "repo": "a/b" }] }), false),
            (json!({ "blockedMarketplaces": [{ "source": "skills-dir" }] }), false),
            (json!({ "strictPluginOnlyCustomization": true }), true),
            (json!({ "strictPluginOnlyCustomization": ["hooks"] }), true),
            (json!({ "strictPluginOnlyCustomization": ["skills"] }), false),
            (json!({ "enabledPlugins": { "session-signals@skills-dir": false } }), false),
            (json!({ "enabledPlugins": { "session-signals@skills-dir": true } }), false),
            (json!({ "enabledPlugins": { "session-signals@other": false } }), false),
        ] {
            let rules = managed_rules(&settings);
            assert!(rules.len() == 1 && rules[0].1 == stops_hooks, "{settings}: {rules:?}");
        }
    }

    /// Each of these was seen to let Claude Code 2.1.330 load the plugin.
    #[test]
    fn other_rules_do_not_forbid_the_plugin() {
        for settings in [
            json!({ "allowManagedModsOnly": true }),
            json!({ "pluginConfigs": { RULES_PLUGIN: { "options": { "allowManagedModsOnly": false } } } }),
            json!({ "strictKnownMarketplaces": [{ "source": "skills-dir" }] }),
            json!({ "disableCommandPluginSources": true }),
            json!({ "strictPluginOnlyCustomization": false }),
        ] {
            assert_eq!(managed_rules(&settings), [], "{settings}");
        }
    }
}
