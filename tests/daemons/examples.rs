//! The example is a config, and the README shows it.

use super::world::World;

const EXAMPLE: &str = include_str!("../../session-daemons.example.json");

#[test]
fn the_example_is_valid_and_the_readme_shows_it() {
    let readme = include_str!("../../README.md");
    assert!(readme.contains(EXAMPLE), "the README's example is the file's text");
    let world = World::with_config(EXAMPLE);
    let said = world.daemons(&["start", "--session", "s"]);
    // Its programs need not be here; its text must be understood.
    assert!(!said.stderr.contains("line "), "{}", said.stderr);
    assert_eq!(
        world.list().len(),
        serde_json::from_str::<serde_json::Value>(EXAMPLE).unwrap()["daemons"].as_array().unwrap().len()
    );
    world.daemons(&["stop", "--session", "s"]).assert_success();
}
