//! A session's life, hook by hook, and what must be true of it after each.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use crate::cli::{Call, Cli, Outcome};
use crate::model::{Asked, Event, Possible, State, Turn};
use crate::world::{World, random};

/// Of 1,000 hooks so many are killed.
const KILLED_HOOKS: u64 = 20;
/// Of 1,000 events so many are their CLI's last.
const KILLED_CLIS: u64 = 8;
/// A hook or CLI is killed within so many microseconds after the hook's start: most are at work then.
const WITHIN: u64 = 400;
/// At most so long, in milliseconds, before an ended session is resumed.
const REST: u64 = 5_000;

/// One session.
pub struct Session {
    pub id: String,
    pub possible: Possible,
    cli: Option<Cli>,
    /// What its CLI takes for true: it does not know of hooks that were killed.
    believed: State,
    /// The event whose hook failed.
    again: Option<Event>,
    /// Its last hook was killed: the next one is not, or nothing would be known any more.
    is_spared: bool,
    rests_until: Instant,
    calls: u64,
}

impl Session {
    pub fn new(number: u32) -> Self {
        Self {
            id: format!("50a4c11c-3864-478d-bc8b-{number:012}"),
            possible: Possible([State::ended()].into()),
            cli: None,
            believed: State::ended(),
            again: None,
            is_spared: false,
            rests_until: Instant::now(),
            calls: 0,
        }
    }

    /// Its next event, unless it rests.
    pub fn step(&mut self, world: &World) -> bool {
        if Instant::now() < self.rests_until {
            return false;
        }
        let event = self.again.take().unwrap_or_else(|| self.next());
        let payload = event.payload(&self.id);
        let call = Call { hook: event.hook(), payload: &payload };
        let mut cli = self.cli.take().unwrap_or_else(|| Cli::start(&world.cli, &world.home));
        if random(1_000) < KILLED_CLIS {
            cli.die_in(&call, Duration::from_micros(random(WITHIN)));
            self.possible.maybe_apply(event);
            self.bury(world);
            return true;
        }
        let is_killed = !self.is_spared && random(1_000) < KILLED_HOOKS;
        let kill_after = is_killed.then(|| Duration::from_micros(random(WITHIN)));
        let before = world.is_full.load(Ordering::Relaxed).then(|| self.files(world));
        let count = |count: &AtomicU64| count.fetch_add(1, Ordering::Relaxed);
        match cli.run(&call, kill_after) {
            Outcome::Done => {
                count(&world.counts.done);
                self.possible.apply(event);
                self.believed = self.believed.after(event);
                self.is_spared = false;
            }
            Outcome::Killed => {
                count(&world.counts.killed_hooks);
                self.possible.maybe_apply(event);
                self.believed = self.believed.after(event);
                self.is_spared = true;
            }
            Outcome::Failed(said) => {
                if said.contains("No space left on device") {
                    count(&world.counts.failed_on_full_disk);
                } else {
                    world.counts.errors.lock().expect("no panic").push(format!("{event:?}: {said}"));
                }
                // Of what is unsettled, `serve` may settle something meanwhile.
                let is_settled = self.possible.0.len() == 1 && self.believed.turn != Turn::Ended;
                if !self.possible.is_one_step(event) {
                    self.possible.maybe_apply(event);
                } else if is_settled && before.is_some_and(|before| before != self.files(world)) {
                    count(&world.counts.changed);
                }
                self.again = Some(event);
            }
        }
        self.cli = Some(cli);
        if self.again.is_none() && matches!(event, Event::End) {
            self.rests_until = Instant::now() + Duration::from_millis(random(REST));
            // The same process may go on with another session, and come back.
            if self.is_spared || random(2) == 0 {
                self.cli = None;
                self.possible.end();
            }
        }
        true
    }

    /// Kills its CLI.
    pub fn kill(&mut self, world: &World) {
        if self.cli.take().is_some() {
            self.bury(world);
        }
    }

    fn bury(&mut self, world: &World) {
        world.counts.killed_clis.fetch_add(1, Ordering::Relaxed);
        self.possible.end();
        (self.believed, self.again, self.is_spared) = (State::ended(), None, false);
        self.rests_until = Instant::now() + Duration::from_millis(random(REST));
    }

    /// What a CLI might report next.
    fn next(&mut self) -> Event {
        self.calls += 1;
        let ask = |by_subagent| Event::Ask(Asked { number: self.calls, by_subagent });
        let (chance, asked) = (random(100), self.believed.asked.first().copied());
        match (self.believed.turn, asked) {
            (Turn::Ended, _) => Event::Start { source: if self.calls == 1 { "startup" } else { "resume" } },
            (_, Some(asked)) => match chance {
                0..60 => Event::Done(asked),
                60..68 => ask(false),
                68..76 => ask(true),
                76..84 => Event::Prompt, // denied
                84..90 => Event::SubagentStop,
                90..94 => Event::StopFailure,
                _ => Event::Stop { subagents_run: false },
            },
            (Turn::Waiting, None) => match chance {
                0..4 => Event::PreCompact,
                4..10 => Event::End,
                _ => Event::Prompt,
            },
            (Turn::Working, None) => match chance {
                0..25 => ask(false),
                25..35 => ask(true),
                35..60 => Event::Done(Asked { number: self.calls, by_subagent: false }),
                60..65 => Event::SubagentStop,
                65..70 => Event::Stop { subagents_run: true },
                70..74 => Event::PostCompact,
                74..77 => Event::StopFailure,
                77..79 => Event::End,
                _ => Event::Stop { subagents_run: false },
            },
        }
    }

    /// When each of its signals was published.
    fn files(&self, world: &World) -> [Option<SystemTime>; 4] {
        ["working", "permission", "stop", "ended"].map(|kind| modified(&world.spool(), &self.id, kind))
    }
}

fn modified(spool: &Path, id: &str, kind: &str) -> Option<SystemTime> {
    std::fs::metadata(spool.join(format!("{id}.{kind}.json"))).ok()?.modified().ok()
}
