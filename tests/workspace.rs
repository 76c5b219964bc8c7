//! What the packages promise about what they depend on.

use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

/// Files that use what only Unix has. There is nothing else of the kind outside of [`UNIX_FOLDERS`].
///
/// The rest must stay free of it, so that the way to native Windows stays open: a file may leave this list, and none may be added
/// without need. What a system has is asked for in `crates/protocol/src/system`, or in a file that has another one beside it for
/// other systems.
const UNIX_FILES: [&str; 30] = [
    "crates/cli/src/private_dir.rs",
    "crates/protocol/src/system/portable/files.rs",
    "crates/protocol/src/system/portable/process.rs",
    "crates/reader/src/config_dir.rs",
    "crates/reader/src/file_stamp.rs",
    "crates/reader/src/host.rs",
    "crates/reader/src/regular_file.rs",
    "crates/reader/src/signal_dir.rs",
    "crates/reader/src/store_error.rs",
    "crates/reader/src/watch.rs",
    "src/sessions/bucket/credentials.rs",
    "src/sessions/bucket/host_name.rs",
    "src/sessions/bucket/instance_file.rs",
    "src/sessions/events.rs",
    "src/sessions/find_program.rs",
    "src/sessions/macos/mod.rs",
    "src/sessions/notify/exec_program.rs",
    "src/sessions/procfs.rs",
    "src/sessions/remote/end_by_signal.rs",
    "src/sessions/remote/ssh_output.rs",
    "src/sessions/serve/feed/stream_history.rs",
    "src/sessions/serve/http/descriptor_limit.rs",
    "src/sessions/serve/http/port_owner.rs",
    "src/sessions/terminals/process/linux.rs",
    "src/sessions/terminals/process/macos.rs",
    "src/sessions/terminals/process/portable.rs",
    "src/sessions/terminals/tmux.rs",
    "src/sessions/wait_for_descriptor.rs",
    "src/sessions/watch/actions.rs",
    "src/sessions/watch/mod.rs",
];

/// Folders whose files may use what only Unix has.
const UNIX_FOLDERS: [&str; 3] =
    ["crates/protocol/src/system/linux/", "crates/protocol/src/system/macos/", "src/sessions/daemons/"];

/// What only Unix has: modules of the standard library, and crates.
const UNIX_NAMES: [&str; 6] = ["os::unix", "os::fd", "os::linux", "rustix::", "libc::", "signal_hook"];

/// The names of all packages that `cargo tree` prints.
fn dependencies(arguments: &[&str]) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--edges", "normal", "--prefix", "none", "--offline"]).args(arguments);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Returns the paths of all source files below a folder of the repository.
fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources_below(&path) } else { vec![path] }).collect()
}

/// `install` is left out: another system has other settings of files, other links and other services.
#[test]
fn no_other_file_uses_what_only_unix_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["crates/protocol/src", "crates/reader/src", "crates/cli/src", "src"];
    let mut found: Vec<_> = folders.iter().flat_map(|folder| sources_below(&root.join(folder))).collect();
    found.retain(|path| fs::read_to_string(path).is_ok_and(|text| UNIX_NAMES.iter().any(|name| text.contains(name))));
    let mut found: Vec<_> = found.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap()).collect();
    found.retain(|path| !path.contains("/tests") && !UNIX_FOLDERS.iter().any(|folder| path.starts_with(folder)));
    found.sort_unstable();
    assert_eq!(found, UNIX_FILES);
}

/// `sessions` may hold credentials in its environment. Only the function in `program_command.rs` keeps them from a program. Daemons
/// have the whole environment of their session, as `docs/daemons.md` says.
#[test]
fn sessions_starts_programs_by_one_function() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let starts_program = |line: &str| line.contains(" Command::new(") || line.contains("(Command::new(");
    let mut found = sources_below(&root.join("src/sessions"));
    found.retain(|path| fs::read_to_string(path).is_ok_and(|text| text.lines().any(starts_program)));
    let mut found: Vec<_> = found.iter().map(|path| path.strip_prefix(root).unwrap().to_str().unwrap()).collect();
    found.retain(|path| !path.contains("/tests") && !path.starts_with("src/sessions/daemons/"));
    assert_eq!(found, ["src/sessions/program_command.rs"]);
}

#[test]
fn the_hooks_depend_on_our_own_crates_alone() {
    assert_eq!(dependencies(&["--no-default-features"]), ["session-signals", "session-signals-protocol"]);
    assert_eq!(dependencies(&["--package", "session-signals-protocol"]), ["session-signals-protocol"]);
    // The command finds dependencies where there are some.
    assert!(dependencies(&[]).iter().any(|name| name == "serde"));
}
