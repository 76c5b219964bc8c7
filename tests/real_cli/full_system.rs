//! Everything together with the real CLI: settings with hooks of other programs, three sessions at the same time, their daemons,
//! the server, and its page in a browser.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use serde_json::{Value, json};

use super::cli_home::create_with_settings;
use super::daemons::read_watch_pids;
use super::expected_state::ExpectedState::{Ended, Permission, Waiting, Working};
use super::expected_state::is_alive;
use super::scenario_run::ScenarioRun;
use super::scenario_step::UserAction::{CloseTerminal, CreateFile, Deny, Kill, Press, Prompt, Quit, Start};
use super::scenario_step::VisibleSign::{File, Nothing, OtherSession, Text};
use super::scenario_step::{ScenarioStep, step};
use super::{becomes_true, newest_version, observed_state};
use crate::sandbox::{Sandbox, executable_path, pids_in_home, run_with_input, write_script};
use crate::serve::browser::Browser;
use crate::serve::dashboard::{Dashboard, OF_DASHBOARDS};
use crate::serve::server::Server;

/// The steps, each with the index of the user who performs it. The users are A, B and C.
#[rustfmt::skip]
const STEPS: &[(usize, ScenarioStep)] = &[
    (0, step("A starts", &[Start], Waiting, Nothing)),
    (1, step("B starts", &[Start], Waiting, Nothing)),
    (0, step("A has a turn", &[Prompt("hold a1")], Working, Nothing)),
    (2, step("C starts", &[Start], Waiting, Nothing)),
    (1, step("B is asked", &[Prompt("bash ~/bin/ask-gate b1")], Permission, Nothing)),
    (2, step("C has an error", &[Prompt("fail 400")], Waiting, Text("scripted"))),
    (1, step("B denies", &[Deny], Waiting, Nothing)),
    (0, step("A's turn is over", &[CreateFile("a1")], Waiting, Text("held a1"))),
    (2, step("C has a turn without output", &[Prompt("hold never")], Working, Nothing)),
    (0, step("A is asked", &[Prompt("bash ~/bin/ask-gate a2")], Permission, Nothing)),
    (2, step("C interrupts it", &[Press("Escape")], Waiting, Nothing)),
    (0, step("A approves", &[Press("1")], Working, File("a2.runs"))),
    (1, step("B clears", &[Prompt("/clear")], Waiting, OtherSession)),
    (0, step("A's turn is over", &[CreateFile("a2")], Waiting, Nothing)),
    (1, step("B has a turn in the new session", &[Prompt("hold b2")], Working, Nothing)),
    (2, step("C leaves", &[Quit], Ended, Nothing)),
    (2, step("C comes back", &[Start], Waiting, Nothing)),
    (1, step("B is killed", &[Kill], Ended, Nothing)),
    (1, step("B comes back", &[Start], Waiting, Nothing)),
    (2, step("C closes the terminal", &[CloseTerminal], Ended, Nothing)),
    (1, step("B exits", &[Prompt("/exit")], Ended, Nothing)),
    (0, step("A is killed", &[Kill], Ended, Nothing)),
];

/// Returns settings with hooks of two other programs and with the scripts of the session dashboards, formatted as by hand.
fn settings(path: &dyn Fn(&str) -> PathBuf) -> String {
    let [block, notify] = [path("bin/block"), path("bin/notify")].map(|path| path.display().to_string());
    let script = |name: &str| format!("{{ \"type\": \"command\", \"command\": \"~/.claude/hooks/{name}.sh\" }}");
    let [prompt, permission, stop, end] =
        ["user-prompt-submit", "permission-request", "stop", "session-end"].map(script);
    format!(
        "{{\r\n\t\"hooks\":  {{\r\n\t\t\"UserPromptSubmit\": [{{\"hooks\": [{prompt}, {{\"type\":\"command\",\"command\":\"{block}\"}}]}}],\r\n\
         \t\t\"PermissionRequest\": [{{\"matcher\": \"*\", \"hooks\": [{permission}]}}],\r\n\
         \t\t\"Stop\":[{{\"hooks\":[{stop}]}},  {{\"hooks\":[{{\"type\":\"command\",\"command\":\"{notify}\"}}]}}],\r\n\
         \t\t\"SessionEnd\": [{{\"hooks\": [{end}]}}]\r\n\t}},\r\n\
         \t\"permissions\": {{\"allow\": [\"Bash(~/bin/free-gate:*)\"]}} }}"
    )
}

/// Makes a home directory with those scripts and programs, and with one daemon for every session.
fn create_home() -> Sandbox {
    create_with_settings(
        newest_version(),
        |path| {
            fs::create_dir(path(".claude/hooks")).unwrap();
            let script = include_str!("../../benches/session-end.sh");
            for name in ["user-prompt-submit", "permission-request", "stop", "session-end"] {
                write_with_mode(&path(&format!(".claude/hooks/{name}.sh")), script, 0o755);
            }
            write_script(&path("bin/notify"), "echo notified >>~/notified");
            let daemons =
                json!({"daemons": [{"name": "watch", "command": "sleep", "args": ["1000"], "restart": "always"}]});
            write_with_mode(&path(".claude/session-daemons.json"), &daemons.to_string(), 0o600);
            settings(path)
        },
        &["install", "--daemons"],
    )
}

fn write_with_mode(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// The readers of the sessions' states.
struct Readers {
    sandbox: Arc<Sandbox>,
    server: Arc<Server>,
    browser: Browser,
    dashboard: Dashboard,
}

impl Readers {
    /// Returns the state of every session that has not ended, as each reader reports it: the JSON, the table, the signals alone, the
    /// stream, the page, and the page of a dashboard.
    fn read_states(&mut self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        let by_state = |values: Vec<Value>| -> BTreeMap<String, String> {
            let open_sessions = values.into_iter().filter(|value| value["state"] != "ended");
            open_sessions.map(|value| (text(&value["sessionId"]), text(&value["state"]))).collect()
        };
        let run_sessions = |arguments: &[&str]| {
            run_with_input(self.sandbox.command(executable_path("sessions")).args(arguments), "").stdout
        };
        let json: Vec<Value> = serde_json::from_str(&run_sessions(&["--json"])).unwrap();
        let ids: Vec<_> = json.iter().map(|value| text(&value["sessionId"])).collect();
        // A line of the table is "▲ approve    4m  project    main   bbbbbbbb  …"
        let table = run_sessions(&[]);
        let row = |id: &String| table.lines().find(|line| line.contains(&id[..8]));
        let word = |line: &str| line.split_whitespace().nth(1).unwrap_or_default().replace("approve", "permission");
        let table = ids.iter().filter_map(|id| Some((id.clone(), word(row(id)?)))).collect();
        let board = self.browser.send_order("board");
        let columns = ["working", "permission", "waiting"];
        let page = columns.iter().flat_map(|state| {
            let keys = board["columns"][state].as_array().unwrap().iter();
            keys.map(move |key| (text(key), (*state).to_owned()))
        });
        let page = page.collect();
        let state = |card: String| {
            let column = card.strip_prefix("team/project ").expect("the group of the project's repository");
            column.replace("needs-approval", "permission")
        };
        let dashboard = self.dashboard.shown().into_iter().map(|(id, card)| (id, state(card))).collect();
        let names = self.sandbox.list_signal_dir().into_iter();
        let mut with_signals: Vec<_> = names.filter_map(|name| Some(name.split_once('.')?.0.to_owned())).collect();
        with_signals.dedup();
        let with_state = |id: String| (id.clone(), observed_state::read_signal_state(&self.sandbox, &id).to_owned());
        let signals = with_signals
            .into_iter()
            .filter(|id| !id.is_empty())
            .map(with_state)
            .filter(|(_, state)| state != "ended")
            .collect();
        BTreeMap::from([
            ("json", by_state(json)),
            ("table", table),
            ("signals", signals),
            ("stream", by_state(self.server.sessions())),
            ("page", page),
            ("dashboard", dashboard),
        ])
    }

    /// Returns the sessions whose daemon runs, by the PID files.
    fn sessions_with_daemon(&self) -> Vec<String> {
        let pids = read_watch_pids(&self.sandbox.home().join(".claude/session-daemons"));
        pids.into_iter().filter(|(_, pid)| pid.is_some_and(is_alive)).map(|(session, _)| session).collect()
    }

    /// Waits until all readers report the same states. Some changes run no hook, and the signals show them only when the server has
    /// repaired them.
    fn assert_agreement(&mut self, situation: &str) {
        let mut last = String::new();
        let agree = becomes_true(|| {
            let states = self.read_states();
            let with_daemon = self.sessions_with_daemon();
            last = format!("{states:#?}\ndaemons: {with_daemon:?}");
            states.values().all(|reported| *reported == states["json"]) && with_daemon.iter().eq(states["json"].keys())
        });
        assert!(agree, "{situation}: {last}\n{}", self.server.log());
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Returns the command lines of the processes that have this home directory.
fn command_lines_in_home(home: &Path) -> Vec<String> {
    let read_line = |pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    pids_in_home(home).into_iter().map(read_line).collect()
}

#[test]
#[ignore = "installs the real CLI, runs it in a network namespace, and needs chromium"]
fn all_readers_agree_and_uninstall_leaves_nothing() {
    let sandbox = Arc::new(create_home());
    let path = |name: &str| sandbox.home().join(name);
    let original = settings(&path);
    assert_ne!(fs::read_to_string(path(".claude/settings.json")).unwrap(), original);
    let server = Arc::new(Server::start(&sandbox));
    let mut readers = Readers {
        sandbox: Arc::clone(&sandbox),
        server: Arc::clone(&server),
        browser: Browser::open(&server),
        dashboard: Dashboard::open_page(&OF_DASHBOARDS, server.port),
    };
    let mut users = ["A", "B", "C"]
        .map(|name| ScenarioRun::new(Arc::clone(&sandbox), Some(Arc::clone(&server)), newest_version(), name));
    for (user, step) in STEPS {
        users[*user].run_step(step);
        readers.assert_agreement(step.situation);
    }
    assert!(
        fs::read_to_string(path("notified")).unwrap().lines().count() >= 2,
        "the hook of the other program was run, too"
    );
    assert_eq!(sandbox.describe_signals(users[0].session()), "ended");
    for user in users {
        user.finish();
    }
    drop(readers);
    drop(server);

    let mut hooks = sandbox.command(executable_path("hooks"));
    let outcome = run_with_input(hooks.arg("uninstall").current_dir(path("project")), "");
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{outcome:?}");
    assert_eq!(fs::read_to_string(path(".claude/settings.json")).unwrap(), original);
    // No process and no executable is left. Of the sessions, only `ended` signals are left.
    let are_gone = becomes_true(|| pids_in_home(sandbox.home()).is_empty());
    assert!(are_gone, "{:?}", command_lines_in_home(sandbox.home()));
    assert!(!path(".claude/hooks/session-signals").exists());
    assert_eq!(fs::read_dir(path(".claude/session-daemons")).map_or(0, Iterator::count), 0);
    assert!(
        sandbox.list_signal_dir().iter().all(|name| name.ends_with(".ended.json")),
        "{:?}",
        sandbox.list_signal_dir()
    );
}
