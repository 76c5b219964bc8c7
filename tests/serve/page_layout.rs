//! The layout of the page with few and many sessions, at all widths, in both colour schemes.

use serde_json::json;

use super::browser::Browser;
use super::demo_sessions::{DemoSessions, many_sessions, sessions_of_a_day};
use super::server::Server;
use crate::sandbox::Sandbox;

/// A small phone, a phone, half a screen, a laptop and a wide screen.
const WIDTHS: [u32; 5] = [320, 480, 900, 1440, 2560];

/// Checks the layout with so many sessions, closed and open, in both kinds of groups.
fn check_layout(count: usize) {
    let sandbox = Sandbox::new();
    let _sessions = DemoSessions::create(&sandbox, &many_sessions(count));
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order(if count == 0 { "wait #welcome" } else { "wait li.card" });
    for (scheme, pointer) in [("light", "mouse"), ("dark", "touch")] {
        browser.send_order(scheme);
        browser.send_order(pointer);
        for query in ["", "?group=project"] {
            browser.send_order(&format!("go {query}"));
            browser.send_order(if count == 0 { "wait #welcome" } else { "wait li.card" });
            for width in WIDTHS {
                let wrong = browser.send_order(&format!("width {width}"));
                assert_eq!(wrong, json!([]), "{count} sessions, {scheme}, {width} px, {query}");
            }
            if count <= 60 {
                browser.send_order("open");
                for width in WIDTHS {
                    let wrong = browser.send_order(&format!("width {width}"));
                    assert_eq!(wrong, json!([]), "{count} open sessions, {scheme}, {width} px, {query}");
                }
            }
        }
    }
    assert_eq!(browser.send_order("board")["errors"], json!([]));
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn nothing_overlaps_with_no_session() {
    check_layout(0);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn nothing_overlaps_with_one_session() {
    check_layout(1);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn nothing_overlaps_with_5_sessions() {
    check_layout(5);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn nothing_overlaps_with_60_sessions() {
    check_layout(60);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn nothing_overlaps_with_500_sessions() {
    check_layout(500);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn axe_finds_no_violation() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("wait #welcome");
    let check = |browser: &mut Browser, what: &str| {
        for scheme in ["light", "dark"] {
            browser.send_order(scheme);
            assert_eq!(browser.send_order("axe"), json!([]), "{what}, {scheme}");
        }
    };
    check(&mut browser, "no session");
    let sessions = sessions_of_a_day();
    let _sessions = DemoSessions::create(&sandbox, &sessions);
    browser.send_order(&format!("see {} working", sessions[8].id));
    check(&mut browser, "a day");
    browser.send_order("go ?group=project&q=ferry");
    browser.send_order("wait li.card");
    check(&mut browser, "filtered, by project");
    browser.send_order("go");
    browser.send_order("wait li.card");
    browser.send_order("open");
    check(&mut browser, "all open");
    browser.send_order("width 320");
    check(&mut browser, "all open, on a phone");
    for dialog in ["#open-keys", "#open-notices"] {
        browser.send_order(&format!("click {dialog}"));
        check(&mut browser, dialog);
        browser.send_order("keys Escape");
    }
}
