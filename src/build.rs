//! Links the hooks without the C library if the protocol crate was built without it, and tells the tests their target.

use std::{env, fs};

/// Linker arguments for an executable without the C library. It is linked to a fixed address, so it needs no relocation when it
/// starts. The other arguments leave out pages and bytes that it does not use.
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
    println!("cargo::rerun-if-changed=src/bin");
    // The tests build the hooks as they are shipped, for the target that they themselves were built for: see tests/release.rs.
    println!("cargo::rustc-env=SESSION_SIGNALS_TARGET={}", env::var("TARGET").expect("cargo sets TARGET"));
    // The build script of the protocol crate makes this decision.
    if env::var_os("DEP_SESSION_SIGNALS_PROTOCOL_FREESTANDING").is_none() {
        return;
    }
    println!("cargo::rustc-cfg=freestanding");
    // Each Rust file in src/bin is a hook.
    for entry in fs::read_dir("src/bin").expect("src/bin can be read") {
        let name = entry.expect("src/bin can be read").file_name();
        let Some(hook) = name.to_str().and_then(|name| name.strip_suffix(".rs")) else { continue };
        for argument in FREESTANDING {
            println!("cargo::rustc-link-arg-bin={hook}={argument}");
        }
        println!("cargo::rustc-link-arg-bin={hook}=-Wl,-T,{}/src/start.ld", env!("CARGO_MANIFEST_DIR"));
    }
}
