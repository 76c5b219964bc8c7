//! The example is a config, and docs/daemons.md shows it.

use super::world::World;

const EXAMPLE: &str = include_str!("../../session-daemons.example.json");

#[test]
fn the_example_is_valid_and_the_page_shows_it() {
    let page = include_str!("../../docs/daemons.md");
    assert!(page.contains(EXAMPLE), "docs/daemons.md has the text of the example");
    let world = World::with_config(EXAMPLE);
    let said = world.daemons(&["start", "--session", "s"]);
    // Its programs need not be here; its text must be understood.
    assert!(!said.stderr.contains("line "), "{}", said.stderr);
    assert_eq!(
        world.list().len(),
        serde_json::from_str::<serde_json::Value>(EXAMPLE).unwrap()["daemons"].as_array().unwrap().len()
    );
    world.daemons(&["stop", "--session", "s"]).succeeds();
}
