//! Whether the settings register the hooks.

use session_signals_protocol::HOOKS;

use crate::serve::setup::{HooksSetup, judge_settings};

#[expect(clippy::unnecessary_wraps, reason = "a file that cannot be read is None")]
fn settings(commands: &[&str]) -> Option<Vec<u8>> {
    let entries: Vec<_> = commands.iter().map(|command| serde_json::json!({"command": command})).collect();
    Some(serde_json::json!({"hooks": {"Stop": [{"hooks": entries}]}}).to_string().into_bytes())
}

#[test]
fn the_hooks_are_installed_if_each_executable_is_registered() {
    let commands = HOOKS.map(|hook| format!("\"/home/a b/{}\"", hook.executable()));
    let all: Vec<_> = commands.iter().map(String::as_str).collect();
    assert_eq!(judge_settings(&[settings(&all)]), HooksSetup::Installed);
    assert_eq!(judge_settings(&[settings(&all[..3]), settings(&all[3..])]), HooksSetup::Installed);
    assert_eq!(judge_settings(&[settings(&all[..7])]), HooksSetup::Partly);
    assert_eq!(judge_settings(&[None, settings(&all)]), HooksSetup::Installed);
    assert_eq!(judge_settings(&[None, settings(&all[..7])]), HooksSetup::Unknown);
    let disabled = Some(br#"{"disableAllHooks": true}"#.to_vec());
    assert_eq!(judge_settings(&[disabled, settings(&all)]), HooksSetup::Disabled);
}

#[test]
fn other_settings_are_no_hooks() {
    for text in
        ["", "\u{feff} ", "[]", "{}", r#"{"hooks": []}"#, r#"{"hooks": {"Stop": [{"hooks": [{"command": 1}]}]}}"#]
    {
        assert_eq!(judge_settings(&[Some(text.as_bytes().to_vec())]), HooksSetup::Missing, "{text}");
    }
    assert_eq!(judge_settings(&[]), HooksSetup::Missing);
    assert_eq!(judge_settings(&[settings(&["echo my-hook-stop", "/x/hook-stops"])]), HooksSetup::Missing);
    assert_eq!(judge_settings(&[Some(b"{".to_vec())]), HooksSetup::Unknown);
}
