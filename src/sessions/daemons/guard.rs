//! The guard of one session: starts its daemons, starts them again, and ends with the CLI, taking all of them along.
//!
//! It leads a session of its own and holds nothing of the hook that started it. Its standard input is the session's lock.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, WaitOptions, waitid, waitpid};

use super::daemon::Daemon;
use super::news::News;
use super::place::Place;
use super::platform::{self, Watch};
use super::process::Process;
use super::spawn::Session;
use super::state::{self, State};
use super::{config, ended, ending, log};
use crate::environment;

/// The last line that it says to whoever started it.
pub const READY: &str = "ready";

/// What it is told.
pub struct Orders {
    /// The session's id.
    pub session: String,
    /// The CLI whose end it waits for.
    pub claude: Option<Process>,
    /// The directory of the project.
    pub project: PathBuf,
}

/// Guards the session until it ends.
///
/// # Errors
/// Where nothing could be started at all.
pub fn run(orders: Orders) -> io::Result<()> {
    // A process that leads its group has a session of its own already.
    let _ = rustix::process::setsid();
    close_fds::set_fds_cloexec(3, &[]);
    platform::adopt_orphans()?;
    let home = environment::config()?;
    // By the name that no symbolic link changes: `sweep` compares it.
    let place = Place::of(&home.canonicalize()?);
    let lock = place.lock(&orders.session);
    if !is_locked_by_us(&lock) {
        return Err(io::Error::other("only `sessions daemons start` starts a guard"));
    }
    let file = config::path(&home);
    let guard = Process::of(std::process::id());
    let session = Session { id: orders.session, project: orders.project, place, guard };
    let result = Guard::new(session, orders.claude).and_then(|mut guard| {
        let config = config::read(&file)?.map(|config| config.daemons).unwrap_or_default();
        // Others must be able to see that it lives, or nothing is started.
        guard.say(false)?;
        guard.begin(config);
        guard.watch();
        guard.end();
        Ok(())
    });
    let _ = std::fs::remove_file(lock);
    result
}

/// Says it to whoever started us, and has no more to do with them.
fn let_go(said: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let told = writeln!(out, "{said}").and_then(|()| out.flush());
    let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    std::env::set_current_dir("/").and(told)
}

fn is_locked_by_us(lock: &std::path::Path) -> bool {
    let found = lock.symlink_metadata().map(|meta| (meta.dev(), meta.ino()));
    let held = io::stdin().as_fd().try_clone_to_owned().and_then(|fd| std::fs::File::from(fd).metadata());
    matches!((found, held), (Ok(found), Ok(held)) if found == (held.dev(), held.ino()))
}

struct Guard {
    session: Session,
    claude: Option<Process>,
    watch: Option<Watch>,
    daemons: Vec<Daemon>,
    news: News,
    said: Option<State>,
}

impl Guard {
    fn new(session: Session, claude: Option<Process>) -> io::Result<Self> {
        let (news, watch) = (News::new()?, claude.and_then(Watch::of));
        Ok(Self { session, claude, watch, daemons: Vec::new(), news, said: None })
    }

    /// Starts all of them, and says how that went to whoever waits for it.
    fn begin(&mut self, config: Vec<config::Daemon>) {
        self.prune_logs();
        self.daemons = config.into_iter().map(|daemon| Daemon::new(daemon, &self.session)).collect();
        let mut problems = Vec::new();
        for at in 0..self.daemons.len() {
            // The CLI may have died meanwhile: then there is nobody to start them for.
            if !self.is_over() {
                problems.extend(self.start(at).err().map(|error| format!("{}: {error}", self.daemons[at].name())));
            }
        }
        // From here on a failure is no reason to end anybody: a full disk, a caller that is gone.
        let _ = self.say(false);
        problems.push(READY.to_owned());
        let _ = let_go(&problems.join("\n"));
    }

    fn start(&mut self, at: usize) -> io::Result<()> {
        let reader = self.daemons[at].start(&self.session)?;
        self.news.listen_to(at, reader);
        Ok(())
    }

    /// Until the session is over.
    fn watch(&mut self) {
        while !self.is_over() {
            self.reap();
            let now = Instant::now();
            for at in 0..self.daemons.len() {
                if self.daemons[at].due().is_some_and(|due| due <= now) {
                    self.daemons[at].count_restart();
                    // It says so in its log.
                    let _ = self.start(at);
                }
            }
            let _ = self.say(false);
            let due = self.daemons.iter().filter_map(Daemon::due).min().map(|due| due.saturating_duration_since(now));
            let tick = self.watch.as_ref().and_then(Watch::tick);
            self.pause(due.into_iter().chain(tick).min());
        }
    }

    fn is_over(&self) -> bool {
        self.news.is_told_to_end() || self.is_killed()
    }

    /// Whether the CLI has died without a word.
    fn is_killed(&self) -> bool {
        self.claude.is_some() && self.watch.as_ref().is_none_or(Watch::is_over)
    }

    fn end(&mut self) {
        let killed = !self.news.is_told_to_end();
        // It would be news for ever.
        self.watch = None;
        let _ = self.say(true);
        if killed {
            // At once: a session that is resumed says so after this.
            let _ = ended::mark(&self.session, self.claude);
        }
        let running: Vec<_> = self.daemons.iter().filter_map(Daemon::pid).collect();
        ending::end(&running, &mut |limit| self.pause(Some(limit)));
        for daemon in &self.daemons {
            if !daemon.has_failed() {
                daemon.log.remove();
            }
        }
        self.session.place.clear(&self.session.id);
    }

    /// Waits for news, and logs what was printed.
    fn pause(&mut self, limit: Option<Duration>) {
        let (claude, daemons) = (self.watch.as_ref().and_then(Watch::fd), &mut self.daemons);
        self.news.wait(claude, limit, &mut |daemon, text| daemons[daemon].log.take(text));
    }

    /// Takes note of whoever has ended: daemons, and what they left behind.
    fn reap(&mut self) {
        let seen = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        for daemon in &mut self.daemons {
            let Some(pid) = daemon.pid() else { continue };
            if let Ok(Some(_)) = waitid(WaitId::Pid(pid), seen) {
                daemon.clear_group();
                if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
                    daemon.ended(status, &self.session);
                }
            }
        }
        for child in platform::children() {
            if self.daemons.iter().all(|daemon| daemon.pid() != Some(child)) {
                let _ = waitpid(Some(child), WaitOptions::NOHANG);
            }
        }
    }

    /// Says how things are, where that has changed.
    fn say(&mut self, ending: bool) -> io::Result<()> {
        let daemons = self.daemons.iter().map(Daemon::row).collect();
        let state = State { guard: self.session.guard, claude: self.claude, ending, daemons };
        if self.said.as_ref() != Some(&state) {
            state::write(&self.session.place, &self.session.id, &state)?;
            self.said = Some(state);
        }
        Ok(())
    }

    /// Of the logs that failures left, the oldest go; those of sessions that live stay.
    fn prune_logs(&self) {
        let live = self.session.place.sessions();
        let is_live = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.split('.').nth(1).is_some_and(|session| live.contains(session))
        };
        for path in self.session.place.logs().into_iter().filter(|path| !is_live(path)).skip(log::KEPT) {
            let _ = std::fs::remove_file(path);
        }
    }
}
