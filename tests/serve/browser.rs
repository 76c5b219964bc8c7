//! A real browser with the page open.

use std::process::Command;

use serde_json::Value;
use session_signals_testing::node::{node, packages};

use super::node_process::NodeProcess;
use super::server::Server;

/// The package that drives the browser.
pub const PUPPETEER: &str = "puppeteer-core@24.43.1";

/// Chromium with the page open. It is ended when it is dropped.
pub struct Browser(NodeProcess);

impl Browser {
    /// Starts the browser and opens the page of the server.
    pub fn open(server: &Server) -> Self {
        let folder = packages("puppeteer", &[PUPPETEER], &[]);
        let mut node = node(&folder, "browser.mjs");
        node.args([&chromium_path(), &format!("http://127.0.0.1:{}/", server.port)]);
        Self(NodeProcess::start(node))
    }

    /// Sends an order, and returns the answer. browser.mjs describes the orders.
    #[track_caller]
    pub fn send_order(&mut self, order: &str) -> Value {
        self.0.send_order(order)
    }
}

/// Returns the path of the executable.
pub fn chromium_path() -> String {
    let found = Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output();
    String::from_utf8(found.unwrap().stdout).unwrap().trim().to_owned()
}
