//! A real browser with the page open.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use session_signals_testing::node::{node, packages};

use super::node_process::NodeProcess;
use super::server::Server;

/// The package that drives the browser.
pub const PUPPETEER: &str = "puppeteer-core@24.43.1";

/// The package that finds what people with disabilities could not use.
const AXE: &str = "axe-core@4.14.1";

const FONTS: &str = "<fontconfig><include>/etc/fonts/fonts.conf</include><match><test name='family'>\
    <string>sans-serif</string></test><edit name='family' mode='prepend' binding='strong'><string>Inter</string></edit>\
    </match></fontconfig>";

/// Chromium with the page open. It is ended when it is dropped.
pub struct Browser(NodeProcess);

impl Browser {
    /// Starts the browser and opens the page of the server.
    pub fn open(server: &Server) -> Self {
        Self::start(server, None)
    }

    /// Does the same for pictures: the page shows another directory in place of this home.
    pub fn open_without_home(server: &Server, home: &Path) -> Self {
        Self::start(server, Some(home))
    }

    fn start(server: &Server, home: Option<&Path>) -> Self {
        let folder = packages("browser", &[PUPPETEER, AXE], &[]);
        let mut node = node(&folder, "browser.mjs");
        node.args([&chromium_path(), &format!("http://127.0.0.1:{}/", server.port)]).args(home);
        if let Some(home) = home {
            // The font of the system is another one on each system. In pictures it is Inter, where that is installed.
            let fonts = home.join("fonts.conf");
            fs_err::write(&fonts, FONTS).unwrap();
            node.env("FONTCONFIG_FILE", fonts);
        }
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
