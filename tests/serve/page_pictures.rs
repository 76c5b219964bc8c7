//! The pictures of the page in the documentation.
//!
//! `UPDATE_PICTURES=1 cargo test --test integration -- --ignored the_pictures` writes them again.

use std::path::Path;

use super::browser::Browser;
use super::demo_sessions::{DemoSessions, sessions_of_a_day};
use super::server::Server;
use crate::sandbox::Sandbox;

/// The size of a picture.
const SIZE: &str = "1280 900";

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn the_pictures_of_the_page_can_be_made() {
    let sandbox = Sandbox::new();
    let sessions = sessions_of_a_day();
    let _sessions = DemoSessions::create(&sandbox, &sessions);
    let server = Server::start(&sandbox);
    let mut browser = Browser::open_without_home(&server, sandbox.home());
    browser.send_order(&format!("see {} permission", sessions[0].id));
    browser.send_order(&format!("see {} working", sessions[8].id));
    // The directory of the test must not be seen in a picture.
    let text = browser.send_order(&format!("all {}", sessions[0].id));
    assert!(text.as_str().unwrap().contains("/home/ada/code/tide-tables"), "{text}");
    assert!(!text.as_str().unwrap().contains(&*sandbox.home().to_string_lossy()), "{text}");
    let directory = if std::env::var_os("UPDATE_PICTURES").is_some() {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
    } else {
        sandbox.home().to_owned()
    };
    for (scheme, name) in [("light", "page.png"), ("dark", "page-dark.png")] {
        browser.send_order(scheme);
        browser.send_order(&format!("shot {} {SIZE}", directory.join(name).display()));
        assert!(fs_err::metadata(directory.join(name)).unwrap().len() > 10_000);
    }
}
