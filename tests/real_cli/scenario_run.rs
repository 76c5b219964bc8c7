//! Runs the steps of a scenario. After each step it compares what `sessions` and the signals report with the real state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::expected_state::ExpectedState;
use super::scenario_step::ScenarioStep;
use super::scripted_user::ScriptedUser;
use super::{becomes_true_every, observed_state};
use crate::sandbox::Sandbox;
use crate::serve::dashboard::Dashboard;
use crate::serve::server::Server;
use crate::sessions::followed_events::FollowedEvents;

/// How long the real state must have been unchanged before it is compared. `sessions` takes up to 1 s to believe the registry.
const SETTLE_TIME: Duration = Duration::from_millis(1200);

/// How long `sessions` may report another state after that, on a busy machine.
const REPORT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long the signals may differ from the real state while a server repairs them, on a busy machine.
const REPAIR_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the real state and the reported state are read. Each look starts `sessions`, so a shorter pause would keep the machine
/// busy.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A scenario in progress.
pub struct ScenarioRun {
    // Dropped first: the terminal must end before the home directory is deleted.
    user: ScriptedUser,
    /// Repairs the signals; `None` if the signals are compared without repair.
    server: Option<Arc<Server>>,
    /// Must show what `sessions` lists.
    dashboard: Option<Dashboard>,
    /// Must tell what `sessions` lists.
    events: FollowedEvents,
    sandbox: Arc<Sandbox>,
    /// The words at the beginning of each line of the report.
    label: String,
    /// The situations that `sessions` cannot report with this version of the CLI.
    unreported: Vec<&'static str>,
    wrong: Vec<&'static str>,
    steps: usize,
    right: usize,
    right_by_signals: usize,
}

impl ScenarioRun {
    /// Prepares a run without unreported situations.
    pub fn new(sandbox: Arc<Sandbox>, server: Option<Arc<Server>>, version: &'static str, name: &str) -> Self {
        Self {
            user: ScriptedUser::new(Arc::clone(&sandbox), version),
            server,
            dashboard: None,
            events: FollowedEvents::start(&sandbox),
            sandbox,
            label: format!("{version} {name:11}"),
            unreported: Vec::new(),
            wrong: Vec::new(),
            steps: 0,
            right: 0,
            right_by_signals: 0,
        }
    }

    /// Sets the situations in which `sessions` must report a wrong state, because nothing tells the right one.
    pub fn with_unreported(mut self, unreported: Vec<&'static str>) -> Self {
        self.unreported = unreported;
        self
    }

    /// Adds a dashboard, which must show what `sessions` lists after each step.
    pub fn with_dashboard(mut self, dashboard: Dashboard) -> Self {
        self.dashboard = Some(dashboard);
        self
    }

    /// Returns the session that runs, or ran last.
    pub fn session(&self) -> &str {
        self.user.session()
    }

    /// Performs a step, waits until the session has the expected state, and compares the reports with it.
    pub fn run_step(&mut self, step: &ScenarioStep) {
        self.user.perform_step(step);
        let (mut reached, mut wrong): (Option<Instant>, Option<Instant>) = (None, None);
        let mut delay = Duration::ZERO;
        let has_settled = becomes_true_every(POLL_INTERVAL, || {
            let state = self.user.read_state(step);
            if reached.is_none() && self.user.repeat_key(step, state) {
                println!("{} {:44} the key had no effect and was pressed again", self.label, step.situation);
            }
            reached = self.user.has_reached(step, state).then(|| reached.unwrap_or_else(Instant::now));
            // Measures for how long `sessions` reports another state than the real one.
            let is_reported = state.is_none_or(|state| {
                observed_state::read_session(&self.sandbox, self.user.session())["state"] == state.reported_state()
            });
            wrong = (!is_reported).then(|| wrong.unwrap_or_else(Instant::now));
            delay = delay.max(wrong.map_or(Duration::ZERO, |wrong| wrong.elapsed()));
            reached.is_some_and(|reached| reached.elapsed() >= SETTLE_TIME)
        });
        self.steps += 1;
        if has_settled {
            self.compare(step, delay);
        } else {
            self.wrong.push(step.situation);
            let state = self.user.read_state(step);
            println!("{} {:44} NOT REACHED: {state:?}\n{}", self.label, step.situation, self.user.screen());
        }
    }

    /// Compares the reports with the expected state. `delay` is for how long `sessions` has reported another state until now.
    fn compare(&mut self, step: &ScenarioStep, mut delay: Duration) {
        let is_left = step.expected == ExpectedState::Left;
        let id = if is_left { self.user.previous_session() } else { self.user.session() };
        let expected = step.expected.reported_state();
        let is_open = !matches!(step.expected, ExpectedState::Left | ExpectedState::Ended);
        let directory = self.user.directory().filter(|_| is_open).map(|directory| directory.display().to_string());
        let is_right = |reported: &Value| {
            let has_background = || reported["background"].as_array().is_some_and(|list| !list.is_empty());
            reported["state"] == expected
                && directory.as_ref().is_none_or(|directory| reported["cwd"] == **directory)
                && (step.expected != ExpectedState::Shell || has_background())
        };
        let (begun, mut reported) = (Instant::now(), observed_state::read_session(&self.sandbox, id));
        let is_unreported = self.unreported.contains(&step.situation);
        while !is_right(&reported) && !is_unreported && begun.elapsed() < REPORT_TIMEOUT {
            reported = observed_state::read_session(&self.sandbox, id);
            delay = delay.max(SETTLE_TIME + begun.elapsed());
        }
        let is_right = is_right(&reported);
        let repairs = self.server.is_some() && is_right;
        let (begun, mut by_signals) = (Instant::now(), observed_state::read_signal_state(&self.sandbox, id));
        while repairs && by_signals != expected && begun.elapsed() < REPAIR_TIMEOUT {
            std::thread::sleep(Duration::from_millis(50));
            by_signals = observed_state::read_signal_state(&self.sandbox, id);
        }
        let word = |is_right| if is_right { "ok" } else { "WRONG" };
        println!(
            "{} {:44} {:10} {:10} {:12} {:5} {:3} ms   {by_signals:10} {}{}",
            self.label,
            step.situation,
            format!("{:?}", step.expected),
            reported["state"].as_str().unwrap_or("-"),
            reported["rule"].as_str().unwrap_or("-"),
            word(is_right),
            delay.as_millis(),
            word(by_signals == expected),
            if self.is_of_another_call(step, &reported) { "   (the dialog is of another call)" } else { "" },
        );
        if !is_right || repairs && by_signals != expected {
            observed_state::print_evidence(&self.sandbox, id, self.user.pid(), &reported);
            let log = self.server.as_ref().map(|server| server.log()).unwrap_or_default();
            println!("{}\n{log}", self.user.screen());
            self.wrong.push(step.situation);
        }
        if is_right {
            self.events.assert_agree(&self.sandbox, step.situation);
        }
        if let Some(dashboard) = &mut self.dashboard {
            dashboard.assert_shows_what_sessions_lists(&self.sandbox, step.situation);
        }
        self.right += usize::from(is_right);
        self.right_by_signals += usize::from(by_signals == expected);
    }

    /// Returns whether the dialog on the screen is of another tool call than the reported one.
    fn is_of_another_call(&self, step: &ScenarioStep, reported: &Value) -> bool {
        let input = &reported["pendingPermission"]["toolInput"];
        let asked = ["command", "file_path", "questions"].iter().find_map(|name| input[name].as_str());
        step.expected == ExpectedState::Permission && asked.is_some_and(|asked| !self.user.dialog().contains(asked))
    }

    /// Prints how often the reports were right. Fails if `sessions` was wrong in any situation but the unreported ones, or right in one
    /// of those, or if the dashboard refused a value.
    pub fn finish(mut self) {
        if let Some(dashboard) = &mut self.dashboard {
            println!("{} a dashboard accepted {} values", self.label, dashboard.assert_values_are_valid());
            let server = self.server.as_deref();
            observed_state::assert_conversation_is_right(&self.sandbox, server, self.user.session());
        }
        println!("{} agreement {}/{}", self.label, self.right, self.steps);
        let repaired = if self.server.is_some() { ", repaired" } else { "" };
        println!("{} signals alone{repaired} {}/{}", self.label, self.right_by_signals, self.steps);
        let unexpected: Vec<_> = self.wrong.iter().filter(|situation| !self.unreported.contains(situation)).collect();
        assert!(unexpected.is_empty(), "{}: wrong: {unexpected:?}", self.label);
        let right: Vec<_> = self.unreported.iter().filter(|situation| !self.wrong.contains(situation)).collect();
        assert!(right.is_empty(), "{}: right, but listed as unreported: {right:?}", self.label);
    }
}
