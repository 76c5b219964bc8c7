//! Decides whether the hooks go without the C library, and says so as `cfg(freestanding)`.

use std::env;

/// Set to anything, it builds the hooks as every other system has them: through std.
const PORTABLE: &str = "SESSION_SIGNALS_PORTABLE";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={PORTABLE}");
    let target = |key: &str| env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    let is_known = target("OS") == "linux" && ["x86_64", "aarch64"].contains(&target("ARCH").as_str());
    if is_known && env::var_os(PORTABLE).is_none_or(|value| value.is_empty()) {
        println!("cargo::rustc-cfg=freestanding");
        // Its dependents read this as DEP_SESSION_SIGNALS_PROTOCOL_FREESTANDING.
        println!("cargo::metadata=freestanding=1");
    }
}
