//! What a user does with the page: looks, filters, groups, copies, uses the keyboard, and asks for notices.

use std::time::Duration;

use serde_json::{Value, json};
use session_signals_protocol::HOOKS;

use super::browser::Browser;
use super::demo_sessions::{DemoSessions, sessions_of_a_day};
use super::repair::register;
use super::server::{Server, becomes_true};
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path};

/// The part of the ids of the sessions of a day that is the same.
const ID_END: &str = "-5d21-4c7e-9a40-6be1f0a7c3d9";

/// The sessions of a day, on the page.
struct Day {
    sandbox: Sandbox,
    browser: Browser,
    _sessions: DemoSessions,
    server: Server,
}

impl Day {
    fn open() -> Self {
        let sandbox = Sandbox::new();
        let sessions = DemoSessions::create(&sandbox, &sessions_of_a_day());
        let server = Server::start(&sandbox);
        let mut browser = Browser::open(&server);
        browser.send_order(&format!("see 6c1fa0d8{ID_END} working"));
        Self { sandbox, browser, _sessions: sessions, server }
    }

    fn send_order(&mut self, order: &str) -> Value {
        self.browser.send_order(order)
    }

    /// Returns the groups: the title, and the first four characters of each id.
    fn groups(&mut self) -> Vec<String> {
        let groups = self.send_order("groups");
        let describe = |group: &Value| {
            let keys: Vec<_> = group[1].as_array().unwrap().iter().map(|key| &key.as_str().unwrap()[..4]).collect();
            format!("{}: {}", group[0].as_str().unwrap(), keys.join(" ")).trim_end().to_owned()
        };
        groups.as_array().unwrap().iter().map(describe).collect()
    }

    fn part(&mut self, session: &str, part: &str) -> String {
        let text = self.send_order(&format!("part {session}{ID_END} {part}"));
        text.as_str().unwrap_or_default().to_owned()
    }

    fn run_hook(&self, session: &str, event: &str, members: &Value) {
        let text = members.to_string();
        self.sandbox.run_hook(session, event, &text[1..text.len() - 1]).assert_success();
    }
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn sessions_that_need_approval_come_first_and_idle_ones_are_folded() {
    let mut day = Day::open();
    let by_state = [
        "Needs approval 3: 3f0c 81b2 c771",
        "Waiting for you 3: 5a44 0d93 e2f8",
        "Working 3: 6c1f 94a6 b85e",
        "No prompt yet 1: 27be",
        "Quiet for long 2:",
        "Ended 2:",
    ];
    assert_eq!(day.groups(), by_state);
    let board = day.send_order("board");
    // Neither those that are quiet for long nor the one without a prompt need the user.
    assert_eq!((&board["title"], &board["errors"]), (&json!("(6) sessions"), &json!([])));
    day.send_order("click #idle summary");
    day.send_order("click #ended summary");
    assert!(becomes_true(|| day.groups()[4..] == ["Quiet for long 2: f308 48d5", "Ended 2: a90c d61b"]));
    day.send_order("keys g");
    assert_eq!(
        day.groups()[..6],
        [
            "tide-tables 2: 3f0c 94a6",
            "harbour-web 2: 81b2 e2f8",
            "ferry-api 2: c771 5a44",
            "lighthouse 2: 0d93 b85e",
            "charts 1: 6c1f",
            "notes 1: 27be"
        ]
    );
    assert_eq!(day.part("3f0c9a11", "state"), "Needs approval");
    assert_eq!(day.send_order("page")["address"], "?group=project");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_card_says_what_is_asked_where_and_since_when() {
    let mut day = Day::open();
    let ask = "3f0c9a11";
    assert_eq!(day.part(ask, "project"), "tide-tables");
    assert_eq!(day.part(ask, "name"), "Leap second rollover");
    assert_eq!(day.part(ask, "branch"), "fix/leap-second-rollover");
    let home = day.sandbox.home().display().to_string();
    assert_eq!(day.part(ask, "path").replace('\n', ""), format!("{home}/code/tide-tables"));
    assert!(day.part(ask, "asked").starts_with("The tables of 31 December are off by one second."));
    assert_eq!(day.part(ask, "tool"), "Bash");
    assert!(day.part(ask, "target").starts_with("git checkout -b fix/leap-second-rollover \\\n  && cargo test"));
    // For how long, and since when: "9m · 12:03", in the words of the user's language. The browser may have needed minutes to start.
    let since = day.part(ask, "since");
    let (minutes, clock) = since.split_once("m · ").unwrap();
    assert!((9..60).contains(&minutes.parse::<u32>().unwrap()) && clock.contains(':'), "{since}");
    // The source of Markdown, with its lines.
    let text = day.part("5a44e8b3", "text");
    assert!(text.contains("`migrations/0042_cancellations.sql`:\n\n- **new table** `cancellations`"), "{text}");
    assert_eq!(day.send_order("scripts"), json!({"ran": [], "elements": 0}));
    assert!(day.part("81b2d4e0", "target").contains("?\n  • The native one of the browser\n"));
    assert_eq!(day.part("e2f80b5c", "error"), "API Error: 529 overloaded");
    // A day of the week or a date says when it was, if it was not today.
    day.send_order("click #idle summary");
    let selector = format!("li[data-key='48d5be92{ID_END}']");
    day.send_order(&format!("wait {selector}"));
    let since = day.part("48d5be92", "since");
    assert!(since.starts_with("2d · ") && since[6..].starts_with(char::is_alphabetic), "{since}");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn the_filter_is_in_the_address_and_hides_no_need() {
    let mut day = Day::open();
    day.send_order("keys /");
    day.send_order("type  FERRY cancel");
    assert_eq!(day.groups()[..2], ["Needs approval 1: c771", "Waiting for you 1: 5a44"]);
    let page = day.send_order("page");
    assert_eq!(page["address"], "?q=FERRY+cancel");
    assert_eq!(page["filtered"], "2 of 10 sessions pass the filter. 4 that need you are hidden.");
    assert_eq!(day.send_order("board")["title"], "(6) sessions");
    day.send_order("choose #project lighthouse");
    assert_eq!(day.send_order("page")["filtered"], "0 of 10 sessions pass the filter. 6 that need you are hidden.");
    day.send_order("click #filtered button");
    assert_eq!(day.send_order("page")["address"], "");
    // The address alone gives the same.
    day.send_order("go ?project=charts&group=project");
    day.send_order("wait li.card");
    assert_eq!(day.groups()[..3], ["charts 1: 6c1f", "Quiet for long 1 of 2:", "Ended 0 of 2:"]);
    day.send_order("keys Escape");
    assert_eq!(day.send_order("page")["address"], "?group=project");
    // A project that has no session any more can be seen, and taken back.
    day.send_order("go ?project=gone");
    assert!(becomes_true(|| day.send_order("page")["filtered"]
        .as_str()
        .is_some_and(|text| text.starts_with("0 of 10"))));
    day.send_order("keys Escape");
    assert_eq!(day.groups()[0], "Needs approval 3: 3f0c 81b2 c771");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn everything_can_be_done_with_the_keyboard() {
    let mut day = Day::open();
    let at = |answer: &Value| answer["key"].as_str().unwrap_or_default().chars().take(4).collect::<String>();
    assert_eq!(at(&day.send_order("keys j")), "3f0c");
    assert_eq!(at(&day.send_order("keys j ArrowDown")), "c771");
    assert_eq!(at(&day.send_order("keys k ArrowUp")), "3f0c");
    assert_eq!(day.send_order("keys Enter")["isOpen"], true);
    assert_eq!(day.send_order("keys Enter")["isOpen"], false);
    // n goes from one session that needs the user to the next, and from the last to the first.
    assert_eq!(at(&day.send_order("keys n n n n n")), "e2f8");
    assert_eq!(at(&day.send_order("keys n")), "3f0c");
    day.send_order("keys c");
    let command = format!("claude --resume 3f0c9a11{ID_END}");
    assert!(becomes_true(|| day.send_order("clipboard") == *command));
    assert_eq!(day.send_order("page")["said"], format!("Copied: {command}"));
    day.send_order("keys p");
    let path = day.sandbox.home().join("code/tide-tables").display().to_string();
    assert!(becomes_true(|| day.send_order("clipboard") == *path));
    // The buttons do the same.
    day.send_order(&format!("click li[data-key='5a44e8b3{ID_END}'] .copy-resume"));
    assert!(becomes_true(|| day.send_order("clipboard") == *format!("claude --resume 5a44e8b3{ID_END}")));
    assert_eq!(day.send_order("keys Tab")["key"], format!("5a44e8b3{ID_END}"), "the buttons are in the order of Tab");
    // A letter that is typed into the filter is no order. Enter goes to the first session that passes.
    assert_eq!(day.send_order("keys / c h a r t s Enter")["key"], format!("6c1fa0d8{ID_END}"));
    assert_eq!(day.send_order("page")["address"], "?q=charts");
    day.send_order("keys Escape");
    day.send_order("keys ?");
    day.send_order("wait #keys");
    assert_eq!(day.send_order("keys g Escape")["key"], format!("6c1fa0d8{ID_END}"), "the dialog gives the focus back");
    assert_eq!(day.send_order("page")["address"], "");
    assert_eq!(day.send_order("board")["errors"], json!([]));
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn an_open_card_and_the_focus_stay_when_the_session_changes() {
    let mut day = Day::open();
    let session = format!("c7719f20{ID_END}");
    assert_eq!(day.send_order("keys j j j Enter")["key"], *session);
    day.run_hook(&session, "Stop", &json!({"last_assistant_message": "- one\n- two"}));
    day.send_order(&format!("see {session} waiting"));
    assert_eq!(day.send_order("keys Shift"), json!({"key": session, "isOpen": true, "isVisible": true}));
    assert_eq!(day.part("c7719f20", "text"), "- one\n- two");
    assert_eq!(day.send_order(&format!("part {session} call")), Value::Null);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn each_group_has_its_own_title_after_another_one_has_gone() {
    let sandbox = Sandbox::new();
    let ask = |session: &str| {
        sandbox.run_hook(session, "UserPromptSubmit", "").assert_success();
        sandbox.run_hook(session, "PermissionRequest", BASH).assert_success();
    };
    ask("first");
    sandbox.run_hook("second", "UserPromptSubmit", "").assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("see first permission");
    browser.send_order("see second working");
    sandbox.run_hook("first", "PostToolUse", BASH).assert_success();
    browser.send_order("see first working");
    ask("third");
    browser.send_order("see third permission");
    assert_eq!(
        browser.send_order("groups"),
        json!([["Needs approval 1", ["third"]], ["Working 2", ["first", "second"]]])
    );
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_path_that_would_do_something_in_a_terminal_is_not_copied() {
    let sandbox = Sandbox::new();
    let members = json!({"cwd": "/home/ada/\u{1b}[31mred"}).to_string();
    sandbox.run_hook("s", "Stop", &members[1..members.len() - 1]).assert_success();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("see s waiting");
    assert_eq!(browser.send_order("part s copy-path"), Value::Null);
    assert_eq!(browser.send_order("part s copy-resume"), "Copy resume command");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_notice_comes_once_for_a_need_and_only_if_the_user_asked_for_it() {
    let mut day = Day::open();
    let ask = |day: &Day, session: &str, command: &str| {
        let members = json!({"cwd": "/srv/quay", "tool_name": "Bash", "tool_input": {"command": command}});
        day.run_hook(session, "PermissionRequest", &members);
    };
    day.send_order("leave");
    // Nothing was asked for.
    ask(&day, "early", "true");
    day.send_order("see early permission");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(day.send_order("notices"), json!({"shown": [], "sounds": 0}));
    day.send_order("click #open-notices");
    day.send_order("click #by-browser");
    day.send_order("click #by-sound");
    // The user hears how it sounds.
    assert_eq!(day.send_order("notices"), json!({"shown": [], "sounds": 2}));
    day.send_order("keys Escape");
    // What needed the user before is no news. A need that is over before five seconds is none.
    ask(&day, "short", "true");
    day.send_order("see short permission");
    day.run_hook("short", "UserPromptSubmit", &json!({"prompt": "go"}));
    ask(&day, "late", "make deploy");
    day.send_order("see late permission");
    let shown = |day: &mut Day| day.send_order("notices")["shown"].as_array().unwrap().clone();
    assert!(becomes_true(|| !shown(&mut day).is_empty()));
    let notice = |is_withdrawn| json!({"title": "quay needs approval", "text": "Bash: make deploy", "isWithdrawn": is_withdrawn});
    assert_eq!(shown(&mut day), [notice(false)]);
    assert_eq!(day.send_order("notices")["sounds"], 4);
    // It is withdrawn when the need is over.
    day.run_hook("late", "UserPromptSubmit", &json!({"prompt": "go"}));
    assert!(becomes_true(|| shown(&mut day) == [notice(true)]));
    // A user who denied a call was there.
    let cli = ClaudeProcess::start(&day.sandbox);
    register(&day.sandbox, &cli, "denied", "permission", Duration::ZERO);
    ask(&day, "denied", "true");
    day.send_order("see denied permission");
    register(&day.sandbox, &cli, "denied", "idle", Duration::ZERO);
    day.send_order("see denied waiting");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(shown(&mut day), [notice(true)]);
    // Many at once give one notice. Without its text, a notice names no command.
    day.send_order("click #open-notices");
    day.send_order("click #with-text");
    day.send_order("keys Escape");
    // The server sees them all when it goes on.
    day.server.send_signal("-STOP");
    for number in 0..5 {
        ask(&day, &format!("many{number}"), "true");
    }
    day.server.send_signal("-CONT");
    assert!(becomes_true(|| shown(&mut day).len() >= 2));
    std::thread::sleep(Duration::from_secs(1));
    let all = shown(&mut day);
    assert_eq!((all.len(), &all[1]["title"], &all[1]["text"]), (2, &json!("5 sessions need you"), &json!("quay")));
    // A session that is gone for a while, and has needed the user for long, is no news when it is back.
    let [signal, away] = [day.sandbox.signal_path("many0", "permission"), day.sandbox.home().join("away")];
    fs_err::rename(&signal, &away).unwrap();
    assert!(becomes_true(|| !day.send_order("board")["columns"]["permission"].to_string().contains("many0")));
    fs_err::rename(&away, &signal).unwrap();
    day.send_order("see many0 permission");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(shown(&mut day).len(), 2);
    // A user who looks at the page needs no notice.
    day.send_order("return");
    ask(&day, "seen", "true");
    day.send_order("see seen permission");
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(shown(&mut day).len(), 2);
    // The settings stay.
    day.send_order("go");
    day.send_order("wait li.card");
    day.send_order("leave");
    ask(&day, "again", "rm -rf /");
    assert!(becomes_true(|| !shown(&mut day).is_empty()));
    assert_eq!(shown(&mut day)[0]["text"], "");
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn a_session_that_has_waited_for_a_day_is_open_all_the_same() {
    let sandbox = Sandbox::new();
    let mut sessions = sessions_of_a_day();
    sessions.retain(|session| session.id.starts_with("48d5be92"));
    let _sessions = DemoSessions::create(&sandbox, &sessions);
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("wait #idle");
    assert_eq!(browser.send_order("page")["welcome"], Value::Null);
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn an_empty_page_says_what_to_do_next() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let mut browser = Browser::open(&server);
    browser.send_order("wait #welcome");
    let mut says = |start: &str| {
        assert!(
            becomes_true(|| browser.send_order("page")["hooks"].as_str().is_some_and(|text| text.starts_with(start))),
            "{start}: {}",
            browser.send_order("page")
        );
    };
    says("The hooks are not installed. Run hooks install.");
    let settings = sandbox.home().join(".claude/settings.json");
    fs_err::create_dir_all(settings.parent().unwrap()).unwrap();
    let entries: Vec<_> = HOOKS.iter().map(|hook| json!({"command": executable_path(hook.executable())})).collect();
    let write = |entries: &[Value]| {
        fs_err::write(&settings, json!({"hooks": {"Stop": [{"hooks": entries}]}}).to_string()).unwrap();
    };
    write(&entries[1..]);
    says("Some hooks are missing in the settings of Claude Code. Run hooks doctor.");
    write(&entries);
    says("The hooks are installed.");
    // With a session, the page says only what is wrong.
    sandbox.run_hook("s", "Stop", "").assert_success();
    browser.send_order("see s waiting");
    let page = browser.send_order("page");
    assert_eq!((&page["welcome"], &page["setup"], &page["hooks"]), (&Value::Null, &Value::Null, &Value::Null));
    write(&entries[1..]);
    assert!(becomes_true(|| server.get("/setup").body.contains("partly")));
    browser.send_order("go");
    let mut is_told = || browser.send_order("page")["setup"].as_str().is_some_and(|text| text.contains("hooks doctor"));
    assert!(becomes_true(&mut is_told));
}
