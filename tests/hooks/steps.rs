//! Sequences of events, the members that they often have, and the store that holds their signals.

use std::os::unix::ffi::OsStrExt as _;

use session_signals_protocol::store::{LOCK_TIMEOUT_MS, SignalStore};
use session_signals_protocol::text::Text;

use crate::sandbox::Sandbox;

pub const BASH: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
pub const EDIT: &str = r#""tool_name":"Edit","tool_input":{"file_path":"a"}"#;
pub const AGENTS_BASH: &str = r#""agent_id":"a1b2c3","tool_name":"Bash","tool_input":{"command":"ls"}"#;
pub const AGENT: &str = r#""agent_id":"a1b2c3""#;
pub const AGENT_RUNS: &str = r#""background_tasks":[{"id":"a1b2c3","type":"subagent","status":"running"}]"#;
pub const NONE_RUNS: &str = r#""background_tasks":[{"id":"b1","type":"shell","status":"running"},{"id":"a9","type":"subagent","status":"done"}]"#;

/// Fires events of session `s` in order. Each step is an event, its members and the expected state after it.
#[track_caller]
pub fn run_steps(sandbox: &Sandbox, steps: &[(&str, &str, &str)]) {
    for (number, (event, members, state)) in steps.iter().enumerate() {
        sandbox.run_hook("s", event, members).assert_success();
        assert_eq!(sandbox.describe_signals("s"), *state, "after step {}, {event}", number + 1);
    }
}

/// Opens and locks the signal directory of the sandbox.
pub fn open_store(sandbox: &Sandbox) -> SignalStore {
    let path = Text::concat(&[sandbox.signal_dir().as_os_str().as_bytes()]);
    let store = SignalStore::open_at(&path, 1, false, LOCK_TIMEOUT_MS).unwrap().unwrap();
    assert!(store.is_locked);
    store
}
