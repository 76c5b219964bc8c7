//! What the recordings lack.

use crate::sandbox::Sandbox;

#[test]
fn a_turn() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    assert_eq!(sandbox.state("s"), "working");
}
