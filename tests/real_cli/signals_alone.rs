//! Runs the steps of a scenario, and measures how long after the CLI's own account the signals alone say the same. No server repairs
//! them.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::observed_state;
use super::scenario_step::ScenarioStep;
use super::scripted_user::ScriptedUser;
use super::{TIMEOUT, expected_state::ExpectedState};
use crate::sandbox::Sandbox;

/// For how long the real state and the signals must have been unchanged before the next step.
const SETTLE_TIME: Duration = Duration::from_millis(800);

/// How long the signals may take on a busy machine. The printed delays say how long they took. The module of the plugin tells a blocked
/// prompt for the last time after 4.25 s.
const LIMIT: Duration = Duration::from_secs(8);

/// How often the registry and the signals are read.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// How often the sign of a step is looked for. That may start a process.
const SIGN_INTERVAL: Duration = Duration::from_millis(100);

/// What a scenario has shown.
#[derive(Default)]
pub struct SignalsReport {
    /// How long after the CLI's own account the signals were right, for each step in which they became right.
    pub delays: Vec<Duration>,
    /// The situations in which the signals stayed wrong.
    pub wrong: Vec<&'static str>,
    /// The situations in which `sessions` was wrong.
    pub misreported: Vec<&'static str>,
}

impl SignalsReport {
    /// Adds what another scenario has shown.
    pub fn add(&mut self, other: Self) {
        self.delays.extend(other.delays);
        self.wrong.extend(other.wrong);
        self.misreported.extend(other.misreported);
    }

    /// Prints the delays, and checks that the signals were wrong in no situation but these, and `sessions` in none.
    pub fn check(mut self, unsignalled: &[&str]) {
        self.delays.sort();
        let median = self.delays[self.delays.len() / 2].as_millis();
        let longest = self.delays.last().map_or(0, Duration::as_millis);
        println!("{} steps right, median {median} ms, longest {longest} ms", self.delays.len());
        self.wrong.retain(|situation| !unsignalled.contains(situation));
        assert!(self.wrong.is_empty(), "the signals are wrong: {:?}", self.wrong);
        assert!(self.misreported.is_empty(), "sessions is wrong: {:?}", self.misreported);
    }
}

/// Since when a value has been the wanted one; `None` while it is another.
#[derive(Default)]
struct Since(Option<Instant>);

impl Since {
    fn update(&mut self, is_wanted: bool) {
        self.0 = is_wanted.then(|| self.0.unwrap_or_else(Instant::now));
    }

    fn lasts(&self, time: Duration) -> bool {
        self.0.is_some_and(|since| since.elapsed() >= time)
    }
}

/// Performs all steps with this version.
pub fn run_steps(sandbox: &Arc<Sandbox>, version: &'static str, name: &str, steps: &[ScenarioStep]) -> SignalsReport {
    let mut user = ScriptedUser::new(Arc::clone(sandbox), version);
    let mut report = SignalsReport::default();
    for step in steps {
        let expected = step.expected.reported_state();
        let is_left = step.expected == ExpectedState::Left;
        user.perform_step(step);
        let (mut real, mut signalled, mut sign) = (Since::default(), Since::default(), Since::default());
        // For how long the signals said something else while the session already had the expected state.
        let (mut lag, mut longest_lag) = (Since::default(), Duration::ZERO);
        let (begun, mut last_look) = (Instant::now(), None::<Instant>);
        let has_settled = loop {
            let state = user.read_state(step);
            real.update(is_left || state.is_some_and(|state| state.reported_state() == expected));
            let id = if is_left { user.previous_session() } else { user.session() };
            signalled.update(observed_state::read_signal_state(sandbox, id) == expected);
            lag.update(real.0.is_some() && signalled.0.is_none());
            longest_lag = longest_lag.max(lag.0.map_or(Duration::ZERO, |since| since.elapsed()));
            if last_look.is_none_or(|look| look.elapsed() >= SIGN_INTERVAL) {
                sign.update(user.has_reached(step, state));
                last_look = Some(Instant::now());
                if sign.0.is_none() {
                    user.repeat_key(step, state);
                }
            }
            let is_reached = real.lasts(SETTLE_TIME) && sign.lasts(SETTLE_TIME);
            if is_reached && (signalled.lasts(SETTLE_TIME) || real.lasts(LIMIT) && sign.lasts(LIMIT)) {
                break true;
            }
            if begun.elapsed() > TIMEOUT {
                break false;
            }
            thread::sleep(POLL_INTERVAL);
        };
        let id = if is_left { user.previous_session().to_owned() } else { user.session().to_owned() };
        let by_signals = observed_state::read_signal_state(sandbox, &id);
        let delay = signalled.0.map(|_| longest_lag);
        let word = match delay {
            _ if !has_settled => format!("NOT REACHED\n{}", user.screen()),
            Some(delay) => format!("{:4} ms", delay.as_millis()),
            None => format!("WRONG: {by_signals}"),
        };
        println!("{version} {name:11} {:50} {:10} {word}", step.situation, format!("{:?}", step.expected));
        match delay.filter(|_| has_settled) {
            Some(delay) => report.delays.push(delay),
            None => report.wrong.push(step.situation),
        }
        let is_reported = || observed_state::read_session(sandbox, &id)["state"] == expected;
        let reported_by = Instant::now() + LIMIT;
        let mut is_right = is_reported();
        while !is_right && Instant::now() < reported_by {
            is_right = is_reported();
        }
        if !is_right {
            report.misreported.push(step.situation);
        }
        if !is_right || delay.is_none() {
            observed_state::print_evidence(sandbox, &id, user.pid(), &observed_state::read_session(sandbox, &id));
        }
    }
    report
}
