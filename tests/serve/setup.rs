//! `/setup`: whether the hooks are installed.

use serde_json::{Value, json};
use session_signals_protocol::HOOKS;

use super::server::{Server, becomes_true};
use crate::sandbox::{Sandbox, executable_path};

#[test]
fn the_setup_follows_the_settings() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let setup = || serde_json::from_str::<Value>(&server.get("/setup").body).unwrap();
    assert_eq!(setup(), json!({"format": 1, "hooks": "missing", "signals": false}));
    let entries: Vec<_> = HOOKS.iter().map(|hook| json!({"command": executable_path(hook.executable())})).collect();
    let settings = sandbox.home().join(".claude/settings.json");
    fs_err::create_dir_all(settings.parent().unwrap()).unwrap();
    let write = |entries: &[Value]| {
        let text = json!({"hooks": {"Stop": [{"hooks": entries}]}}).to_string();
        fs_err::write(&settings, text).unwrap();
    };
    write(&entries[..3]);
    assert!(becomes_true(|| setup()["hooks"] == "partly"), "{}", setup());
    write(&entries);
    assert!(becomes_true(|| setup() == json!({"format": 1, "hooks": "installed", "signals": false})), "{}", setup());
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert!(becomes_true(|| setup()["signals"] == true));
    fs_err::write(&settings, "{").unwrap();
    assert!(becomes_true(|| setup()["hooks"] == "unknown"));
}
