//! Links the hooks without the C library where the protocol crate was built without it.

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
    println!("cargo::rerun-if-changed=src/build.rs");
    println!("cargo::rerun-if-changed=src/start.ld");
    // The library that the hooks consist of decides: see its build.rs.
    if env::var_os("DEP_SESSION_SIGNALS_PROTOCOL_FREESTANDING").is_none() {
        return;
    }
    println!("cargo::rustc-cfg=freestanding");
    for hook in HOOKS {
        for argument in FREESTANDING {
            println!("cargo::rustc-link-arg-bin={hook}={argument}");
        }
        println!("cargo::rustc-link-arg-bin={hook}=-Wl,-T,{}/src/start.ld", env!("CARGO_MANIFEST_DIR"));
    }
}
