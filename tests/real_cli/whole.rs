//! All of it at once, at the real CLI: settings with others' hooks in them, three sessions, their daemons, the server, its page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use fs_err as fs;
use serde_json::{Value, json};

use super::person::Person;
use super::step::Act::{Close, Deny, Kill, Open, Press, Prompt, Quit, Start};
use super::step::Sign::{File, Nothing, OtherSession, Text};
use super::step::Step;
use super::truth::Truth::{Ended, Permission, Waiting, Working};
use super::truth::lives;
use super::{eventually, home, newest_version, observer};
use crate::sandbox::{Sandbox, executable, outcome, write_script};
use crate::serve::browser::Browser;
use crate::serve::server::Server;

const fn step(
    situation: &'static str,
    acts: &'static [super::step::Act],
    truth: super::truth::Truth,
    sign: super::step::Sign,
) -> Step {
    Step { situation, acts, truth, sign }
}

/// Who of the three does what.
#[rustfmt::skip]
const LIFE: &[(usize, Step)] = &[
    (0, step("A starts", &[Start], Waiting, Nothing)),
    (1, step("B starts", &[Start], Waiting, Nothing)),
    (0, step("A has a turn", &[Prompt("hold a1")], Working, Nothing)),
    (2, step("C starts", &[Start], Waiting, Nothing)),
    (1, step("B is asked", &[Prompt("bash ~/bin/ask-gate b1")], Permission, Nothing)),
    (2, step("C has an error", &[Prompt("fail 400")], Waiting, Text("scripted"))),
    (1, step("B denies", &[Deny], Waiting, Nothing)),
    (0, step("A's turn is over", &[Open("a1")], Waiting, Text("held a1"))),
    (2, step("C has a turn without output", &[Prompt("hold never")], Working, Nothing)),
    (0, step("A is asked", &[Prompt("bash ~/bin/ask-gate a2")], Permission, Nothing)),
    (2, step("C interrupts it", &[Press("Escape")], Waiting, Nothing)),
    (0, step("A approves", &[Press("1")], Working, File("a2.runs"))),
    (1, step("B clears", &[Prompt("/clear")], Waiting, OtherSession)),
    (0, step("A's turn is over", &[Open("a2")], Waiting, Nothing)),
    (1, step("B has a turn in the new session", &[Prompt("hold b2")], Working, Nothing)),
    (2, step("C leaves", &[Quit], Ended, Nothing)),
    (2, step("C comes back", &[Start], Waiting, Nothing)),
    (1, step("B is killed", &[Kill], Ended, Nothing)),
    (1, step("B comes back", &[Start], Waiting, Nothing)),
    (2, step("C closes the terminal", &[Close], Ended, Nothing)),
    (1, step("B exits", &[Prompt("/exit")], Ended, Nothing)),
    (0, step("A is killed", &[Kill], Ended, Nothing)),
];

/// Two foreign tools and the dashboards' scripts, as nobody but a person would write them.
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

/// The home; what the scripts and the foreign tools are, and a daemon for every session.
fn furnished() -> Sandbox {
    home::with(
        newest_version(),
        |path| {
            fs::create_dir(path(".claude/hooks")).unwrap();
            let script = include_str!("../../benches/session-end.sh");
            for name in ["user-prompt-submit", "permission-request", "stop", "session-end"] {
                write(&path(&format!(".claude/hooks/{name}.sh")), script, 0o755);
            }
            write_script(&path("bin/notify"), "echo told >>~/notified");
            let daemons =
                json!({"daemons": [{"name": "watch", "command": "sleep", "args": ["1000"], "restart": "always"}]});
            write(&path(".claude/session-daemons.json"), &daemons.to_string(), 0o600);
            settings(path)
        },
        &["install", "--daemons"],
    )
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}

/// Everybody who watches.
struct Watchers {
    sandbox: Rc<Sandbox>,
    server: Rc<Server>,
    browser: Browser,
}

impl Watchers {
    /// What each of them says of the sessions that have not ended: the JSON, the table, the files, the stream, the
    /// page, and whose daemon runs.
    fn say(&mut self) -> BTreeMap<&'static str, BTreeMap<String, String>> {
        let by_state = |values: Vec<Value>| -> BTreeMap<String, String> {
            let open = values.into_iter().filter(|value| value["state"] != "ended");
            open.map(|value| (text(&value["sessionId"]), text(&value["state"]))).collect()
        };
        let list = |argument: &[&str]| outcome(self.sandbox.command(executable("sessions")).args(argument), "").stdout;
        let json: Vec<Value> = serde_json::from_str(&list(&["--json"])).unwrap();
        let ids: Vec<_> = json.iter().map(|value| text(&value["sessionId"])).collect();
        // "▲ approve    4m  project    main   bbbbbbbb  …"
        let table = list(&[]);
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
        let names = self.sandbox.files().into_iter();
        let mut known: Vec<_> = names.filter_map(|name| Some(name.split_once('.')?.0.to_owned())).collect();
        known.dedup();
        let alone = |id: String| (id.clone(), observer::files_alone(&self.sandbox, &id).to_owned());
        let files =
            known.into_iter().filter(|id| !id.is_empty()).map(alone).filter(|(_, state)| state != "ended").collect();
        BTreeMap::from([
            ("json", by_state(json)),
            ("table", table),
            ("files", files),
            ("stream", by_state(self.server.sessions())),
            ("page", page),
        ])
    }

    /// The sessions whose daemon runs, by the PID files.
    fn accompanied(&self) -> Vec<String> {
        let directory = self.sandbox.home().join(".claude/session-daemons");
        let entries = std::fs::read_dir(&directory).into_iter().flatten().flatten();
        let mut sessions: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let session = name.strip_prefix(".watch.")?.strip_suffix(".pid")?.to_owned();
                let pid = std::fs::read_to_string(entry.path()).ok()?.trim_end().parse().ok()?;
                lives(pid).then_some(session)
            })
            .collect();
        sessions.sort();
        sessions
    }

    /// All of them agree, at the latest when what fires no hook has been written down.
    fn agree(&mut self, situation: &str) {
        let mut last = String::new();
        let agreed = eventually(|| {
            let said = self.say();
            let accompanied = self.accompanied();
            last = format!("{said:#?}\ndaemons: {accompanied:?}");
            said.values().all(|one| *one == said["json"]) && accompanied.iter().eq(said["json"].keys())
        });
        assert!(agreed, "{situation}: {last}\n{}", self.server.log());
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The processes that have this home in their environment.
fn at_home(home: &Path) -> Vec<String> {
    let variable = format!("HOME={}", home.display()).into_bytes();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let of_home = processes.filter(|process| {
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == variable)
    });
    of_home.map(|process| std::fs::read_to_string(process.path().join("cmdline")).unwrap_or_default()).collect()
}

#[test]
#[ignore = "installs the real CLI, runs it in a network namespace, and needs chromium"]
fn a_stranger_can_trust_this_on_their_own_machine() {
    let sandbox = Rc::new(furnished());
    let path = |name: &str| sandbox.home().join(name);
    let original = settings(&path);
    assert_ne!(fs::read_to_string(path(".claude/settings.json")).unwrap(), original);
    let server = Rc::new(Server::start(&sandbox));
    let mut watchers =
        Watchers { sandbox: Rc::clone(&sandbox), server: Rc::clone(&server), browser: Browser::open(&server) };
    let mut persons: Vec<_> =
        (0..3).map(|_| Person::at_home(Rc::clone(&sandbox), Some(Rc::clone(&server)), newest_version(), &[])).collect();
    for (who, step) in LIFE {
        persons[*who].take(step);
        watchers.agree(step.situation);
    }
    assert!(fs::read_to_string(path("notified")).unwrap().lines().count() >= 2, "the foreign tool was called, too");
    assert_eq!(sandbox.state(persons[0].session()), "ended");
    for person in persons {
        person.concludes();
    }
    drop(watchers);
    drop(server);

    let mut hooks = sandbox.command(executable("hooks"));
    let done = outcome(hooks.arg("uninstall").current_dir(path("project")), "");
    assert_eq!((done.code, &*done.stderr), (Some(0), ""), "{done:?}");
    assert_eq!(fs::read_to_string(path(".claude/settings.json")).unwrap(), original);
    // Nothing runs, and what lies there is what was there, the saved settings, and what the sessions said.
    assert!(eventually(|| at_home(sandbox.home()).is_empty()), "{:?}", at_home(sandbox.home()));
    assert!(!path(".claude/hooks/session-signals").exists());
    assert_eq!(fs::read_dir(path(".claude/session-daemons")).map_or(0, Iterator::count), 0);
    assert!(sandbox.files().iter().all(|name| name.ends_with(".ended.json")), "{:?}", sandbox.files());
}
