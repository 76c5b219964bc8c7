//! A real browser with the page open.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::server::Server;
use session_signals_testing::node::{node, packages};

/// Chromium with the page open. It is ended when it is dropped.
pub struct Browser {
    process: Child,
    /// Closing it ends the browser.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    /// Starts the browser and opens the page of the server.
    pub fn open(server: &Server) -> Self {
        let folder = packages("puppeteer", &["puppeteer-core@24.43.1"]);
        let found = Command::new("sh").args(["-c", "command -v chromium || command -v chromium-browser"]).output();
        let chromium = String::from_utf8(found.unwrap().stdout).unwrap();
        let mut node = node(&folder, "browser.mjs");
        node.args([chromium.trim(), &format!("http://127.0.0.1:{}/", server.port)]);
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, answers) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, orders, answers }
    }

    /// Sends an order, and returns the answer. browser.mjs describes the orders.
    #[track_caller]
    pub fn send_order(&mut self, order: &str) -> Value {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{order}: {answer:?}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.orders.take());
        for _ in 0..500 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // The browser ends with this process, because its pipe is closed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
