//! A session dashboard, such as claude-code-ui: its schema, its database, its groups and its columns.
//!
//! The scripts are made with the libraries of those dashboards and not with their code. `schema.mjs` has the same members and
//! types as their schema.

mod life;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use session_signals_testing::node::{node, packages};

use super::browser::{PUPPETEER, chromium_path};
use super::node_process::NodeProcess;
use super::server::becomes_true;
use crate::sandbox::Sandbox;
use crate::sessions::list;

/// The libraries of a dashboard.
pub struct Libraries {
    directory: &'static str,
    packages: [&'static str; 7],
}

/// The versions that the dashboards ask for. The old version of the state asks for any version of `@tanstack/db`, and the lock file of
/// the dashboards makes it this one.
pub const OF_DASHBOARDS: Libraries = Libraries {
    directory: "dashboard-0.1",
    packages: [
        "@durable-streams/client@0.1.5",
        "@durable-streams/state@0.1.5",
        "@tanstack/db@0.5.18",
        "@tanstack/react-db@0.1.62",
        "zod@4.3.5",
        "react@19.2.0",
        "react-dom@19.2.0",
    ],
};

/// The newest versions. This version of `@tanstack/db` is the one that `@tanstack/react-db` asks for.
pub const NEWEST: Libraries = Libraries {
    directory: "dashboard",
    packages: [
        "@durable-streams/client@0.2.7",
        "@durable-streams/state@0.3.1",
        "@tanstack/db@0.15.1",
        "@tanstack/react-db@0.5.11",
        "zod@4.6.7",
        "react@19.3.1",
        "react-dom@19.3.1",
    ],
};

impl Libraries {
    fn install(&self) -> PathBuf {
        packages(self.directory, &[&self.packages[..], &[PUPPETEER, "esbuild@0.28.2"]].concat(), &["@tanstack/db"])
    }
}

/// A dashboard that follows the stream of a server.
pub struct Dashboard(NodeProcess);

impl Dashboard {
    /// Opens a page in Chromium. browser.mjs describes its orders.
    pub fn open_page(libraries: &Libraries, port: u16) -> Self {
        let mut node = node(&libraries.install(), "dashboard/browser.mjs");
        node.args([chromium_path(), stream_url(port)]);
        Self(NodeProcess::start(node))
    }

    /// Starts the same database, groups and columns without a page, and checks every value. reader.mjs describes its orders.
    pub fn start_reader(libraries: &Libraries, port: u16) -> Self {
        let mut node = node(&libraries.install(), "dashboard/reader.mjs");
        node.arg(stream_url(port));
        Self(NodeProcess::start(node))
    }

    /// Sends an order, and returns the answer.
    #[track_caller]
    pub fn send_order(&mut self, order: &str) -> Value {
        self.0.send_order(order)
    }

    /// Returns the sessions that the dashboard shows: for each id the group and the column, such as `Other working`.
    #[track_caller]
    pub fn shown(&mut self) -> BTreeMap<String, String> {
        serde_json::from_value(self.send_order("shown")).unwrap()
    }

    /// Waits until the dashboard shows what `sessions` lists.
    #[track_caller]
    pub fn assert_shows_what_sessions_lists(&mut self, sandbox: &Sandbox, situation: &str) {
        let (mut shown, mut expected) = (BTreeMap::new(), BTreeMap::new());
        let agrees = becomes_true(|| {
            shown = self.shown();
            expected = expected_cards(&list::json(sandbox, &[]));
            shown == expected
        });
        assert!(agrees, "{situation}: {shown:#?}, but `sessions` lists {expected:#?}");
    }

    /// Fails if the schema refused a value of the stream. Returns how many values there were. Only for a reader.
    #[track_caller]
    pub fn assert_values_are_valid(&mut self) -> u64 {
        let values = self.send_order("values");
        assert_eq!(values["refused"], Value::Array(Vec::new()));
        values["count"].as_u64().unwrap()
    }
}

/// Returns what a dashboard must show of these objects of `sessions --json`, in the form of [`Dashboard::shown`].
fn expected_cards(sessions: &[Value]) -> BTreeMap<String, String> {
    let text = |session: &Value, name: &str| session[name].as_str().map(str::to_owned);
    let card = |session: &Value| {
        let group = text(session, "gitRepoId").unwrap_or_else(|| "Other".to_owned());
        let state = text(session, "state").unwrap();
        let column = if state == "permission" { "needs-approval" } else { &state };
        (text(session, "sessionId").unwrap(), format!("{group} {column}"))
    };
    sessions.iter().map(card).collect()
}

fn stream_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/sessions")
}
