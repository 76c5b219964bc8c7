//! One session of the soak: makes up its events, runs their hooks, and keeps its reference model up to date.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::random::random_below;
use crate::reference_model::{ModelState, PossibleStates, SessionEvent, ToolCall, Turn};
use crate::sandbox::Sandbox;
use crate::signal_files::signal_path;
use crate::simulated_cli::{HookCall, Outcome, SimulatedCli};

/// How many of 1,000 hooks are killed.
const KILLED_HOOKS: u64 = 20;
/// How many of 1,000 events are the last one of their CLI, which is killed.
const KILLED_CLIS: u64 = 8;
/// A hook or CLI is killed at most this many microseconds after the start of the hook. Most hooks still run then.
const KILL_WITHIN: u64 = 400;
/// An ended session is resumed after at most this many milliseconds.
const MAX_PAUSE: u64 = 5_000;

/// One session.
pub struct SimulatedSession {
    pub id: String,
    pub possible: PossibleStates,
    cli: Option<SimulatedCli>,
    /// The state as the CLI sees it. The CLI does not know that a hook was killed.
    cli_state: ModelState,
    /// The event whose hook failed and is run again.
    repeated: Option<SessionEvent>,
    /// Whether the next hook must not be killed, because the last one was. Else soon no state would be certain.
    is_spared: bool,
    paused_until: Instant,
    calls: u64,
}

impl SimulatedSession {
    pub fn new(number: u32) -> Self {
        Self {
            id: format!("50a4c11c-3864-478d-bc8b-{number:012}"),
            possible: PossibleStates([ModelState::ended()].into()),
            cli: None,
            cli_state: ModelState::ended(),
            repeated: None,
            is_spared: false,
            paused_until: Instant::now(),
            calls: 0,
        }
    }

    /// Runs the hook of the next event. Returns false, and does nothing, if the session is paused.
    pub fn step(&mut self, sandbox: &Sandbox) -> bool {
        if Instant::now() < self.paused_until {
            return false;
        }
        let event = self.repeated.take().unwrap_or_else(|| self.next_event());
        let payload = event.payload(&self.id);
        let call = HookCall { hook: event.hook(), payload: &payload };
        let mut cli = self.cli.take().unwrap_or_else(|| SimulatedCli::start(&sandbox.cli, &sandbox.config_dir));
        if random_below(1_000) < KILLED_CLIS {
            cli.die_during_hook(&call, random_kill_time());
            self.possible.apply_perhaps(event);
            self.note_killed_cli(sandbox);
            return true;
        }
        let is_killed = !self.is_spared && random_below(1_000) < KILLED_HOOKS;
        let is_full = sandbox.is_disk_full.load(Ordering::Relaxed);
        let before = is_full.then(|| self.publication_times(sandbox));
        let outcome = cli.run_hook(&call, is_killed.then(random_kill_time));
        self.apply_outcome(event, outcome, before, sandbox);
        self.cli = Some(cli);
        if self.repeated.is_none() && matches!(event, SessionEvent::End) {
            self.pause();
            // Half of the time the same CLI process goes on, as if with another session, and comes back to this one.
            if self.is_spared || random_below(2) == 0 {
                self.cli = None;
                self.possible.end();
            }
        }
        true
    }

    /// Applies what a hook did to the model. `before` is when each signal was published, if the disk was full then.
    fn apply_outcome(
        &mut self,
        event: SessionEvent,
        outcome: Outcome,
        before: Option<[Option<SystemTime>; 4]>,
        sandbox: &Sandbox,
    ) {
        let count = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
        match outcome {
            Outcome::Done => {
                count(&sandbox.counts.hooks_done);
                self.possible.apply(event);
                self.cli_state = self.cli_state.after(event);
                self.is_spared = false;
            }
            Outcome::Killed => {
                count(&sandbox.counts.hooks_killed);
                self.possible.apply_perhaps(event);
                self.cli_state = self.cli_state.after(event);
                self.is_spared = true;
            }
            Outcome::Failed(message) => {
                if message.contains("No space left on device") {
                    count(&sandbox.counts.hooks_failed_on_full_disk);
                } else {
                    sandbox.counts.errors.lock().expect("no panic").push(format!("{event:?}: {message}"));
                }
                // If the state is not certain, `serve` may repair the signals meanwhile.
                let is_certain = self.possible.0.len() == 1 && self.cli_state.turn != Turn::Ended;
                if !self.possible.is_one_step(event) {
                    self.possible.apply_perhaps(event);
                } else if is_certain && before.is_some_and(|before| before != self.publication_times(sandbox)) {
                    count(&sandbox.counts.failed_hooks_with_changes);
                }
                self.repeated = Some(event);
            }
        }
    }

    /// Kills the session's CLI, if it has one.
    pub fn kill_cli(&mut self, sandbox: &Sandbox) {
        if self.cli.take().is_some() {
            self.note_killed_cli(sandbox);
        }
    }

    fn note_killed_cli(&mut self, sandbox: &Sandbox) {
        sandbox.counts.clis_killed.fetch_add(1, Ordering::Relaxed);
        self.possible.end();
        (self.cli_state, self.repeated, self.is_spared) = (ModelState::ended(), None, false);
        self.pause();
    }

    fn pause(&mut self) {
        self.paused_until = Instant::now() + Duration::from_millis(random_below(MAX_PAUSE));
    }

    /// Chooses an event that a CLI might report next.
    fn next_event(&mut self) -> SessionEvent {
        self.calls += 1;
        let number = self.calls;
        let request = |is_subagents| SessionEvent::PermissionRequest(ToolCall { number, is_subagents });
        let (chance, waiting_call) = (random_below(100), self.cli_state.waiting_calls.first().copied());
        match (self.cli_state.turn, waiting_call) {
            (Turn::Ended, _) => SessionEvent::Start { source: if number == 1 { "startup" } else { "resume" } },
            (_, Some(call)) => match chance {
                0..60 => SessionEvent::ToolUse(call),
                60..68 => request(false),
                68..76 => request(true),
                76..84 => SessionEvent::Prompt, // the user refused the call
                84..90 => SessionEvent::SubagentStop,
                90..94 => SessionEvent::StopFailure,
                _ => SessionEvent::Stop { are_subagents_running: false },
            },
            (Turn::Waiting, None) => match chance {
                0..4 => SessionEvent::PreCompact,
                4..10 => SessionEvent::End,
                _ => SessionEvent::Prompt,
            },
            (Turn::Working, None) => match chance {
                0..25 => request(false),
                25..35 => request(true),
                35..60 => SessionEvent::ToolUse(ToolCall { number, is_subagents: false }),
                60..65 => SessionEvent::SubagentStop,
                65..70 => SessionEvent::Stop { are_subagents_running: true },
                70..74 => SessionEvent::PostCompact,
                74..77 => SessionEvent::StopFailure,
                77..79 => SessionEvent::End,
                _ => SessionEvent::Stop { are_subagents_running: false },
            },
        }
    }

    /// Returns when each of the session's signals was published.
    fn publication_times(&self, sandbox: &Sandbox) -> [Option<SystemTime>; 4] {
        ["working", "permission", "stop", "ended"]
            .map(|kind| std::fs::metadata(signal_path(&sandbox.config_dir, &self.id, kind)).ok()?.modified().ok())
    }
}

fn random_kill_time() -> Duration {
    Duration::from_micros(random_below(KILL_WITHIN))
}
