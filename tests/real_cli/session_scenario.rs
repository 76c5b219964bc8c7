//! Scenarios that bring a session into every state that a keyboard can bring about. After each step, `sessions` must report the state.
//!
//! A scenario is short, so that several can run at the same time: each has its own home directory, network namespace and terminal.

use std::sync::Arc;
use std::thread;

use super::cli_home::{add_plugin, create_cli_home, create_team_home};
use super::cli_slots::CliSlot;
use super::expected_state::ExpectedState::{Background, Dialog, Ended, Left, Permission, Shell, Waiting, Working};
use super::newest_version;
use super::scenario_run::ScenarioRun;
use super::scenario_step::UserAction::{
    CloseDialog, CloseTerminal, CreateFile, Deny, Kill, Press, Print, Prompt, Quit, RunBeside, Start,
};
use super::scenario_step::VisibleSign::{Directory, File, Nothing, OtherDialog, OtherSession, Text};
use super::scenario_step::{ScenarioStep, step};
use super::scripted_user::WITHOUT_REGISTRY;
use super::signals_alone::{self, SignalsReport};
use crate::sandbox::Sandbox;
use crate::serve::dashboard::{Dashboard, OF_DASHBOARDS};
use crate::serve::server::Server;

/// The first version with a registry.
pub const FIRST_WITH_REGISTRY: &str = "2.1.197";

/// Steps that one user performs in one home directory.
struct Scenario {
    name: &'static str,
    steps: &'static [ScenarioStep],
}

/// The scenarios that run with every version.
const SCENARIOS: [Scenario; 5] = [
    Scenario { name: "turns", steps: TURNS },
    Scenario { name: "questions", steps: QUESTIONS },
    Scenario { name: "subagents", steps: SUBAGENTS },
    Scenario { name: "prompts", steps: PROMPTS },
    Scenario { name: "sessions", steps: SESSIONS },
];

/// Turns, permissions and interrupts.
#[rustfmt::skip]
pub const TURNS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold turn")], Working, Nothing),
    step("the turn is over", &[CreateFile("turn")], Waiting, Text("held turn")),
    step("a permission is pending", &[Prompt("bash ~/bin/ask-gate approved")], Permission, Nothing),
    step("approved, and the tool runs", &[Press("1")], Working, File("approved.runs")),
    step("its turn is over", &[CreateFile("approved")], Waiting, Nothing),
    step("a permission to be denied", &[Prompt("bash ~/bin/ask-gate denied")], Permission, Nothing),
    step("denied", &[Deny], Waiting, Nothing),
    step("a permission to be dismissed", &[Prompt("bash ~/bin/ask-gate dismissed")], Permission, Nothing),
    step("dismissed with Esc", &[Press("Escape")], Waiting, Nothing),
    step("a turn without output", &[Prompt("hold never")], Working, Nothing),
    step("Esc before any output", &[Press("Escape")], Waiting, Nothing),
    step("a tool runs that needs no permission", &[Prompt("bash ~/bin/free-gate never")], Working, File("never.runs")),
    step("Esc during a tool", &[Press("Escape")], Waiting, Nothing),
];

/// API errors, questions, and several tool calls in one turn.
#[rustfmt::skip]
pub const QUESTIONS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("API error", &[Prompt("fail 400")], Waiting, Text("scripted")),
    step("API error, and the CLI retries", &[Prompt("fail 529")], Working, Nothing),
    step("Esc while the CLI retries", &[Press("Escape")], Waiting, Nothing),
    step("a question is asked", &[Prompt("ask Tea? ~> hold answered")], Permission, Text("Enter to select")),
    step("answered, and the turn goes on", &[Press("1")], Working, Nothing),
    step("its turn is over", &[CreateFile("answered")], Waiting, Nothing),
    step("the first of two permissions", &[Prompt("bash ~/bin/ask-gate first ~> bash ~/bin/ask-gate second")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("first.runs")),
    step("the second permission", &[CreateFile("first")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("second.runs")),
    step("their turn is over", &[CreateFile("second")], Waiting, Nothing),
    step("two tools in one answer", &[Prompt("bash ~/bin/free-gate one ~ bash ~/bin/free-gate two")], Working, File("one.runs")),
    step("one of the tools is over", &[CreateFile("one")], Working, File("two.runs")),
    step("their turn is over", &[CreateFile("two")], Waiting, Nothing),
];

/// Subagents, and several permissions at once.
#[rustfmt::skip]
const SUBAGENTS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("two subagents at once", &[Prompt("agent bash ~/bin/free-gate left ~ agent bash ~/bin/free-gate right")], Working, File("right.runs")),
    step("one of the subagents goes on", &[CreateFile("left")], Working, File("left.ran")),
    step("their turn is over", &[CreateFile("right")], Waiting, Nothing),
    step("two permissions at once", &[Prompt("read /etc/hostname ~ read /etc/passwd ~> hold read")], Permission, Nothing),
    step("one of the permissions approved", &[Press("1")], Permission, OtherDialog),
    step("both approved, and the turn goes on", &[Press("1")], Working, Nothing),
    step("their turn is over", &[CreateFile("read")], Waiting, Text("held read")),
    step("two permissions at once again", &[Prompt("read /etc/hostname ~ read /etc/passwd")], Permission, Nothing),
    step("both dismissed with Esc", &[Press("Escape")], Waiting, Nothing),
    step("a subagent's permission", &[Prompt("agent bash ~/bin/ask-gate agent")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("agent.runs")),
    step("its turn is over", &[CreateFile("agent")], Waiting, Nothing),
];

/// Work in the background, queued and blocked prompts, and commands of the CLI.
#[rustfmt::skip]
const PROMPTS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a subagent runs after Stop", &[Prompt("background hold background")], Background, Text("done")),
    step("the subagent's result was delivered", &[CreateFile("background")], Waiting, Nothing),
    step("a subagent's permission after Stop", &[Prompt("background bash ~/bin/ask-gate later")], Permission, Nothing),
    step("approved after Stop, and its tool runs", &[Press("1")], Working, File("later.runs")),
    step("the second subagent's result was delivered", &[CreateFile("later")], Waiting, Nothing),
    step("a second subagent's permission after Stop", &[Prompt("background bash ~/bin/ask-gate never")], Permission, Nothing),
    step("dismissed with Esc after Stop", &[Press("Escape")], Waiting, Nothing),
    step("a background shell runs after Stop", &[Prompt("shell ~/bin/free-gate shell")], Shell, File("shell.runs")),
    step("the shell's result was delivered", &[CreateFile("shell")], Waiting, Nothing),
    step("a prompt is queued during a turn", &[Prompt("hold queue"), Prompt("hold queued")], Working, Nothing),
    step("the turn of the queued prompt runs", &[CreateFile("queue")], Working, Text("held queue")),
    step("its turn is over", &[CreateFile("queued")], Waiting, Text("held queued")),
    step("another hook blocked the prompt", &[Prompt("block")], Waiting, Text("Blocked by another hook")),
    step("the turn of the next prompt runs", &[Prompt("hold next")], Working, Nothing),
    step("its turn is over", &[CreateFile("next")], Waiting, Text("held next")),
    step("!command runs", &[Prompt("!~/bin/ask-gate bang")], Working, File("bang.runs")),
    step("!command is over", &[CreateFile("bang")], Waiting, File("bang.ran")),
    step("/model is open", &[Prompt("/model")], Dialog, Nothing),
    step("/model is closed", &[Press("Escape")], Waiting, Nothing),
    step("/compact runs", &[Prompt("/compact hold compact")], Working, Text("ompacting")),
    step("/compact is over", &[CreateFile("compact")], Waiting, Text("Compacted")),
];

/// Changes of the session, and every way in which a CLI can end.
#[rustfmt::skip]
const SESSIONS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold turn")], Working, Nothing),
    step("the turn is over", &[CreateFile("turn")], Waiting, Text("held turn")),
    step("/clear: the new session", &[Prompt("/clear")], Waiting, OtherSession),
    step("/clear: the old session", &[], Left, Nothing),
    step("a turn in the new session", &[Prompt("hold new")], Working, Nothing),
    step("its turn is over", &[CreateFile("new")], Waiting, Text("held new")),
    step("/resume is open", &[Prompt("/resume")], Dialog, Nothing),
    step("/resume: the old session", &[Press("Enter")], Waiting, OtherSession),
    step("/resume: the session that was left", &[], Left, Nothing),
    step("a turn in the resumed session", &[Prompt("hold back")], Working, Nothing),
    step("its turn is over", &[CreateFile("back")], Waiting, Text("held back")),
    step("/exit", &[Prompt("/exit")], Ended, Nothing),
    step("resumed", &[Start], Waiting, Nothing),
    step("a turn runs again", &[Prompt("hold killed")], Working, Nothing),
    step("SIGKILL in mid-turn", &[Kill], Ended, Nothing),
    step("resumed after SIGKILL", &[Start], Waiting, Nothing),
    step("a permission is pending again", &[Prompt("bash ~/bin/ask-gate killed")], Permission, Nothing),
    step("SIGKILL while it is pending", &[Kill], Ended, Nothing),
    step("resumed once more", &[Start], Waiting, Nothing),
    step("Ctrl-C twice", &[Quit], Ended, Nothing),
    step("resumed once more", &[Start], Waiting, Nothing),
    step("a turn runs once more", &[Prompt("hold closed")], Working, Nothing),
    step("the terminal is closed", &[CloseTerminal], Ended, Nothing),
];

/// Situations that only the newest version knows.
#[rustfmt::skip]
const NEWER: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn without output", &[Prompt("hold never")], Working, Nothing),
    step("Esc before any output", &[Press("Escape")], Waiting, Nothing),
    step("/model is open after Esc", &[Prompt("/model")], Dialog, Nothing),
    step("/model is closed", &[Press("Escape")], Waiting, Nothing),
    step("a permission to be denied", &[Prompt("bash ~/bin/ask-gate denied")], Permission, Nothing),
    step("denied", &[Deny], Waiting, Nothing),
    step("/config is open after a denial", &[Prompt("/config")], Dialog, Nothing),
    step("/config is closed", &[CloseDialog], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold beside")], Working, Nothing),
    step("a second process of the session has ended", &[RunBeside("hi")], Working, Nothing),
    step("the turn is over", &[CreateFile("beside")], Waiting, Text("held beside")),
    step("another second process has ended", &[RunBeside("hi")], Waiting, Nothing),
    step("another hook blocked Stop, and the turn goes on", &[CreateFile("goes-on"), Prompt("hi")], Working, Nothing),
    step("its turn is over", &[CreateFile("longer")], Waiting, Text("held longer")),
    step("/cd to another directory", &[Prompt("/cd ~/bin")], Waiting, Directory("bin")),
    step("a turn there", &[Prompt("hold there")], Working, Directory("bin")),
    step("its turn is over", &[CreateFile("there")], Waiting, Text("held there")),
    step("/exit", &[Prompt("/exit")], Ended, Nothing),
    step("-p waits for its background shell", &[Print("shell ~/bin/free-gate printed")], Working, File("printed.runs")),
    step("-p has ended", &[CreateFile("printed")], Ended, Nothing),
];

/// Commands that the user runs beside and after turns.
#[rustfmt::skip]
const COMMANDS: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a turn runs", &[Prompt("hold turn")], Working, Nothing),
    step("!command is typed during the turn", &[Prompt("!~/bin/ask-gate typed")], Working, Nothing),
    step("!command runs after the turn", &[CreateFile("turn")], Working, File("typed.runs")),
    step("!command is over", &[CreateFile("typed")], Waiting, File("typed.ran")),
    step("!command runs once more", &[Prompt("!~/bin/ask-gate never")], Working, File("never.runs")),
    step("Esc during !command", &[Press("Escape")], Waiting, Nothing),
];

/// The situations that nothing tells of a CLI without a registry. (The `Stop` event of that version does not name what runs in the
/// background.)
pub const UNREPORTED: &[&str] = &[
    "approved, and the tool runs",
    "approved, and its tool runs",
    "Esc before any output",
    "Esc while the CLI retries",
    "a subagent runs after Stop",
    "a background shell runs after Stop",
    "another hook blocked the prompt",
    "!command runs",
];

/// The situations that cannot be brought about with such a CLI, and the reason.
const IMPOSSIBLE: &[(&str, &str)] = &[
    ("two permissions at once again", ESC_DISMISSES_ONE),
    ("both dismissed with Esc", ESC_DISMISSES_ONE),
    ("a subagent's permission after Stop", REFUSED_IN_BACKGROUND),
    ("approved after Stop, and its tool runs", REFUSED_IN_BACKGROUND),
    ("the second subagent's result was delivered", REFUSED_IN_BACKGROUND),
    ("a second subagent's permission after Stop", REFUSED_IN_BACKGROUND),
    ("dismissed with Esc after Stop", REFUSED_IN_BACKGROUND),
];
const ESC_DISMISSES_ONE: &str = "Esc dismisses one of the two";
const REFUSED_IN_BACKGROUND: &str = "the CLI refuses what a background subagent must ask for";

/// How a version is tested.
#[derive(Clone, Copy)]
struct VersionRules {
    version: &'static str,
    /// Situations that are left out, and the reason.
    impossible: &'static [(&'static str, &'static str)],
    /// Situations in which `sessions` must be wrong.
    unreported: &'static [&'static str],
    /// Whether a server repairs the signals. Then the signals alone must be right, too.
    repairs: bool,
    /// Whether a dashboard reads the stream of the server.
    has_dashboard: bool,
    /// Whether the plugin is in the home directory.
    has_plugin: bool,
}

impl VersionRules {
    /// Returns the rules of a version that can do everything and tells everything. Nothing runs beside the CLI.
    fn of_version(version: &'static str) -> Self {
        let (repairs, has_dashboard, has_plugin) = (false, false, false);
        Self { version, impossible: &[], unreported: &[], repairs, has_dashboard, has_plugin }
    }
}

fn run_scenario(scenario: &Scenario, rules: VersionRules) {
    let _slot = CliSlot::take();
    let VersionRules { version, impossible, .. } = rules;
    let sandbox = Arc::new(create_cli_home(version));
    if rules.has_plugin {
        add_plugin(&sandbox);
    }
    let server = rules.repairs.then(|| Arc::new(Server::start(&sandbox)));
    let reason = |step: &ScenarioStep| impossible.iter().find(|(situation, _)| *situation == step.situation);
    let (skipped, steps): (Vec<_>, Vec<_>) = scenario.steps.iter().partition(|step| reason(step).is_some());
    for (situation, reason) in skipped.into_iter().filter_map(reason) {
        println!("{version} {:11} {situation:44} impossible: {reason}", scenario.name);
    }
    let situations: Vec<_> = steps.iter().map(|step| step.situation).collect();
    let unreported = rules.unreported.iter().copied().filter(|situation| situations.contains(situation)).collect();
    let dashboard = server.as_ref().filter(|_| rules.has_dashboard);
    let dashboard = dashboard.map(|server| Dashboard::start_reader(&OF_DASHBOARDS, server.port));
    let mut run = ScenarioRun::new(sandbox, server, version, scenario.name).with_unreported(unreported);
    if let Some(dashboard) = dashboard {
        run = run.with_dashboard(dashboard);
    }
    for step in steps {
        run.run_step(step);
    }
    run.finish();
}

/// Runs scenarios at the same time. Fails if one of them fails.
fn run_scenarios(scenarios: &[Scenario], rules: VersionRules) {
    thread::scope(|scope| {
        for scenario in scenarios {
            scope.spawn(move || run_scenario(scenario, rules));
        }
    });
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_reports_every_state_of_the_first_cli_with_a_registry() {
    run_scenarios(&SCENARIOS, VersionRules::of_version(FIRST_WITH_REGISTRY));
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_reports_every_known_state_of_a_cli_without_a_registry() {
    let rules = VersionRules {
        impossible: IMPOSSIBLE,
        unreported: UNREPORTED,
        repairs: true,
        ..VersionRules::of_version(WITHOUT_REGISTRY)
    };
    run_scenarios(&SCENARIOS, rules);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_reports_every_state_of_the_newest_cli() {
    let rules = VersionRules { repairs: true, has_dashboard: true, ..VersionRules::of_version(newest_version()) };
    run_scenarios(&SCENARIOS, rules);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn more_states_of_the_newest_cli_are_reported() {
    let rules = VersionRules { repairs: true, has_dashboard: true, ..VersionRules::of_version(newest_version()) };
    run_scenarios(&[Scenario { name: "newer", steps: NEWER }], rules);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn sessions_and_the_server_are_right_with_the_plugin() {
    let rules = VersionRules { repairs: true, has_plugin: true, ..VersionRules::of_version(newest_version()) };
    run_scenarios(&SCENARIOS, rules);
}

/// The situations that no hook and no module can tell, because nothing inside a process can tell that the process was killed.
const UNSIGNALLED: &[&str] = &["SIGKILL in mid-turn", "SIGKILL while it is pending"];

/// Teammates: agents of the same team, which stay after their work.
#[rustfmt::skip]
const TEAMMATES: &[ScenarioStep] = &[
    step("started", &[Start], Waiting, Nothing),
    step("a teammate works after Stop", &[Prompt("mate hold mate")], Background, Text("done")),
    step("the teammate rests", &[CreateFile("mate")], Waiting, Nothing),
    step("a turn runs beside the teammate", &[Prompt("hold turn")], Working, Nothing),
    step("its turn is over", &[CreateFile("turn")], Waiting, Text("held turn")),
    step("another teammate's permission is pending", &[Prompt("mate bash ~/bin/ask-gate asked")], Permission, Nothing),
    step("approved, and its tool runs", &[Press("1")], Working, File("asked.runs")),
    step("the other teammate rests", &[CreateFile("asked")], Waiting, Nothing),
    step("/exit", &[Prompt("/exit")], Ended, Nothing),
];

/// The situations of teammates that only the registry tells. Stop reports a teammate as running also when it rests, and the
/// conversation of the session does not hold the calls of a teammate.
const UNSIGNALLED_OF_TEAMMATES: &[&str] = &["a teammate works after Stop", "approved, and its tool runs"];

/// Runs scenarios with the plugin at the same time, and returns what they have shown.
fn run_with_plugin(
    scenarios: &[Scenario],
    version: &'static str,
    create_home: impl Fn(&str) -> Sandbox + Sync,
) -> SignalsReport {
    let run = |scenario: &Scenario| {
        let _slot = CliSlot::take();
        let sandbox = Arc::new(create_home(version));
        add_plugin(&sandbox);
        signals_alone::run_steps(&sandbox, version, scenario.name, scenario.steps)
    };
    let mut report = SignalsReport::default();
    thread::scope(|scope| {
        let runs: Vec<_> = scenarios.iter().map(|scenario| scope.spawn(|| run(scenario))).collect();
        for run in runs {
            report.add(run.join().unwrap());
        }
    });
    report
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_signals_alone_are_right_with_the_plugin() {
    let more = [Scenario { name: "newer", steps: NEWER }, Scenario { name: "commands", steps: COMMANDS }];
    let mut report = run_with_plugin(&SCENARIOS, newest_version(), create_cli_home);
    report.add(run_with_plugin(&more, newest_version(), create_cli_home));
    report.check(UNSIGNALLED);
}

#[test]
#[ignore = "installs the real CLI, and runs it in a network namespace"]
fn the_signals_alone_are_right_with_the_plugin_and_teammates() {
    let scenario = Scenario { name: "teammates", steps: TEAMMATES };
    run_with_plugin(&[scenario], newest_version(), create_team_home).check(UNSIGNALLED_OF_TEAMMATES);
}
