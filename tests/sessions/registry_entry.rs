//! Entries of the CLI's registry.

use std::fmt::Display;

use crate::sandbox::Sandbox;

/// Writes the registry entry of a process.
pub fn write_registry_entry(sandbox: &Sandbox, pid: u32, json: &impl Display) {
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    fs_err::write(registry.join(format!("{pid}.json")), json.to_string()).unwrap();
}
