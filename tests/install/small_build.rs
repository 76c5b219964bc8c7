//! A build that is quick to copy: the executables without what only a debugger reads, and a script in the place of `sessions`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use fs_err as fs;
use session_signals_protocol::{HOOKS, Hook};

use crate::sandbox::{copy_executable, executable_path, write_script};

/// Returns the folder of this build. The first call makes it.
pub fn small_build() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(make_build)
}

fn make_build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small-build");
    fs::create_dir_all(&folder).unwrap();
    // Tests of another process may run what is there, so each file is replaced in one step.
    let put = |name: &str, write: &dyn Fn(&Path)| {
        let temporary = folder.join(format!("{name}.{}", std::process::id()));
        write(&temporary);
        fs::rename(temporary, folder.join(name)).unwrap();
    };
    for name in HOOKS.map(Hook::executable).into_iter().chain([Hook::Mod.executable(), "hooks"]) {
        put(name, &|path| {
            copy_executable(&executable_path(name), path);
            // Without `strip`, the copies are large and everything else is the same.
            let _ = Command::new("strip").arg(path).status();
        });
    }
    let sessions = executable_path("sessions").display().to_string();
    put("sessions", &|path| write_script(path, &format!("exec {sessions} \"$@\"")));
    folder
}
