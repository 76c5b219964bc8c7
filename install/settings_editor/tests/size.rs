//! Large and deeply nested files: the time grows linearly, and the stack does not grow.

use std::{
    sync::LazyLock,
    time::{Duration, Instant},
};

use super::{install, show, undo, uninstall};

/// Returns the processor time of this thread, so that other work of the machine does not count. If the system does not
/// tell it, returns the time since the first call.
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let wall = START.elapsed();
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedule.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).map_or(wall, Duration::from_nanos)
}

/// Installs, installs again, undoes and uninstalls. Checks that installing takes at most `seconds`.
fn install_and_uninstall(text: &str, seconds: u64) {
    let start = processor_time();
    let plan = install(text.as_bytes());
    let took = processor_time().saturating_sub(start);
    println!("{} bytes took {took:?}", text.len());
    assert!(took < Duration::from_secs(seconds), "{} bytes took {took:?}", text.len());
    assert!(!install(&plan.after).is_change());
    assert!(undo(&plan).after == text.as_bytes(), "not the original");
    let uninstalled = uninstall(&plan.after).after;
    assert!(!show(&uninstalled).contains("/session-signals/"));
    assert!(uninstalled.len() <= text.len() + 64);
}

#[test]
fn five_megabytes() {
    let rule = "    {\"tool\": \"Bash(ls:*)\", \"n\": 1.0, \"s\": \"\\u0026 …\", \"none\": null},\n";
    let rules = rule.repeat(5 * 1024 * 1024 / rule.len() + 1);
    let rules = rules.trim_end_matches(",\n");
    let text = format!(
        "{{\n  \"allow\": [\n{rules}\n  ],\n  \"hooks\": {{\n    \"Stop\": [{{\"hooks\": []}}]\n  }},\n  \"last\": 1e400\n}}\n"
    );
    assert!(text.len() > 5_000_000);
    install_and_uninstall(&text, 10);
}

#[test]
fn two_hundred_foreign_hooks_of_every_event() {
    let hook = |number: usize| {
        format!(r#"{{"type":"command","command":"bash -c 'tool {number}' 2>&1 || true","timeout":{number}}}"#)
    };
    let group = |number| format!(r#"{{"matcher":"m{number}","hooks":[{}]}}"#, hook(number));
    let groups = (0..200).map(group).collect::<Vec<_>>().join(",\n");
    let one_group = format!(r#"{{"hooks":[{}]}}"#, (0..200).map(hook).collect::<Vec<_>>().join(",\n"));
    let events = ["Stop", "SessionEnd", "PreToolUse", "SessionStart", "Other"];
    let events = events.map(|event| format!("\"{event}\": [{groups},\n{one_group}]"));
    install_and_uninstall(&format!("{{\"hooks\": {{\n{}\n}}}}", events.join(",\n")), 10);
}

#[test]
fn thirty_thousand_levels_keys_and_events_on_one_line() {
    let depth = 30_000;
    let deep = "[".repeat(depth) + &"]".repeat(depth);
    let objects = "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let keys: Vec<_> = (0..depth).map(|number| format!("\"k{number}\":{number}")).collect();
    let events: Vec<_> = (0..depth).map(|number| format!("\"Event{number}\":[]")).collect();
    let hooks = format!("\"Other\": {deep}, {}, \"Stop\": [{objects}, {{\"hooks\": [{objects}]}}]", events.join(","));
    let text = format!("{{\"deep\": {deep}, {}, \"hooks\": {{{hooks}}}}}", keys.join(","));
    install_and_uninstall(&text, 10);
}
