//! Links the hooks without libc where they can do without it, and says so as `cfg(freestanding)`.

use std::env;

const HOOKS: [&str; 8] = [
    "hook-session-start",
    "hook-user-prompt-submit",
    "hook-permission-request",
    "hook-post-tool-use",
    "hook-subagent-stop",
    "hook-compact",
    "hook-stop",
    "hook-session-end",
];

/// A fixed address needs no relocation at start; what else is off only adds pages or bytes.
const FREESTANDING: [&str; 8] = [
    "-nostartfiles",
    "-nostdlib",
    "-static",
    "-no-pie",
    "-Wl,--build-id=none",
    "-Wl,-z,noexecstack",
    "-Wl,-z,norelro",
    "-Wl,--no-eh-frame-hdr",
];

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=src/start.ld");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let known = target("OS") == "linux" && ["x86_64", "aarch64"].contains(&target("ARCH").as_str());
    // `--cfg portable` shows up as an empty CARGO_CFG_PORTABLE.
    if !known || env::var_os("CARGO_CFG_PORTABLE").is_some() {
        return;
    }
    println!("cargo:rustc-cfg=freestanding");
    for hook in HOOKS {
        for argument in FREESTANDING {
            println!("cargo:rustc-link-arg-bin={hook}={argument}");
        }
        println!("cargo:rustc-link-arg-bin={hook}=-Wl,-T,{}/src/start.ld", env!("CARGO_MANIFEST_DIR"));
    }
}
