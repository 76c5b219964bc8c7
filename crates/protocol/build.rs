//! Decides whether the hooks are built without the C library, and sets `cfg(freestanding)` if they are.

use std::env;

/// If this environment variable is set and not empty, the hooks use std, as they do on systems without raw system calls.
const PORTABLE: &str = "SESSION_SIGNALS_PORTABLE";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={PORTABLE}");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let has_raw_calls = target("OS") == "linux" && ["x86_64", "aarch64"].contains(&target("ARCH").as_str());
    if has_raw_calls && env::var_os(PORTABLE).is_none_or(|value| value.is_empty()) {
        println!("cargo::rustc-cfg=freestanding");
        // The build script of a package that depends on this one reads this as DEP_SESSION_SIGNALS_PROTOCOL_FREESTANDING.
        println!("cargo::metadata=freestanding=1");
    }
}
