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
use super::paths::DaemonsDir;
use super::platform::{self, ProcessWatch};
use super::process_handle::ProcessHandle;
use super::set_state::{self, SetState};
use super::spawn::DaemonSession;
use super::wakeups::Wakeups;
use super::{config, daemon_log, ended_signal, shutdown};
use crate::environment;

/// The last line that it says to whoever started it.
pub const READY: &str = "ready";

/// What it is told.
pub struct SupervisorOrders {
    /// The session's id.
    pub session: String,
    /// The CLI whose end it waits for.
    pub claude: Option<ProcessHandle>,
    /// The directory of the project.
    pub project: PathBuf,
}

/// Guards the session until it ends.
///
/// # Errors
/// Where nothing could be started at all.
pub fn supervise(orders: SupervisorOrders) -> io::Result<()> {
    // A process that leads its group has a session of its own already.
    let _ = rustix::process::setsid();
    close_fds::set_fds_cloexec(3, &[]);
    platform::adopt_orphans()?;
    let home = environment::config_dir()?;
    // By the name that no symbolic link changes: `sweep` compares it.
    let place = DaemonsDir::of_config_dir(&home.canonicalize()?);
    let lock = place.lock_path(&orders.session);
    if !inherits_lock(&lock) {
        return Err(io::Error::other("only `sessions daemons start` starts a guard"));
    }
    let file = config::config_path(&home);
    let guard = ProcessHandle::of_pid(std::process::id());
    let session = DaemonSession { id: orders.session, project: orders.project, place, guard };
    let result = Supervisor::new(session, orders.claude).and_then(|mut guard| {
        let config = config::read_config(&file)?.map(|config| config.daemons).unwrap_or_default();
        // Others must be able to see that it lives, or nothing is started.
        guard.write_state(false)?;
        guard.start_all(config);
        guard.supervise_until_end();
        guard.end_session();
        Ok(())
    });
    let _ = std::fs::remove_file(lock);
    result
}

/// Says it to whoever started us, and has no more to do with them.
fn report_started(said: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let told = writeln!(out, "{said}").and_then(|()| out.flush());
    let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nothing)?;
    rustix::stdio::dup2_stderr(&nothing)?;
    std::env::set_current_dir("/").and(told)
}

fn inherits_lock(lock: &std::path::Path) -> bool {
    let found = lock.symlink_metadata().map(|meta| (meta.dev(), meta.ino()));
    let held = io::stdin().as_fd().try_clone_to_owned().and_then(|fd| std::fs::File::from(fd).metadata());
    matches!((found, held), (Ok(found), Ok(held)) if found == (held.dev(), held.ino()))
}

struct Supervisor {
    session: DaemonSession,
    claude: Option<ProcessHandle>,
    watch: Option<ProcessWatch>,
    daemons: Vec<Daemon>,
    news: Wakeups,
    said: Option<SetState>,
}

impl Supervisor {
    fn new(session: DaemonSession, claude: Option<ProcessHandle>) -> io::Result<Self> {
        let (news, watch) = (Wakeups::new()?, claude.and_then(ProcessWatch::watch_process));
        Ok(Self { session, claude, watch, daemons: Vec::new(), news, said: None })
    }

    /// Starts all of them, and says how that went to whoever waits for it.
    fn start_all(&mut self, config: Vec<config::DaemonConfig>) {
        self.prune_logs();
        self.daemons = config.into_iter().map(|daemon| Daemon::new(daemon, &self.session)).collect();
        let mut problems = Vec::new();
        for at in 0..self.daemons.len() {
            // The CLI may have died meanwhile: then there is nobody to start them for.
            if !self.is_session_over() {
                problems
                    .extend(self.start_daemon(at).err().map(|error| format!("{}: {error}", self.daemons[at].name())));
            }
        }
        // From here on a failure is no reason to end anybody: a full disk, a caller that is gone.
        let _ = self.write_state(false);
        problems.push(READY.to_owned());
        let _ = report_started(&problems.join("\n"));
    }

    fn start_daemon(&mut self, at: usize) -> io::Result<()> {
        let reader = self.daemons[at].start(&self.session)?;
        self.news.add_output(at, reader);
        Ok(())
    }

    /// Until the session is over.
    fn supervise_until_end(&mut self) {
        while !self.is_session_over() {
            self.reap();
            let now = Instant::now();
            for at in 0..self.daemons.len() {
                if self.daemons[at].restart_time().is_some_and(|due| due <= now) {
                    self.daemons[at].count_restart();
                    // It says so in its log.
                    let _ = self.start_daemon(at);
                }
            }
            let _ = self.write_state(false);
            let due = self
                .daemons
                .iter()
                .filter_map(Daemon::restart_time)
                .min()
                .map(|due| due.saturating_duration_since(now));
            let tick = self.watch.as_ref().and_then(ProcessWatch::poll_interval);
            self.wait_for_wakeup(due.into_iter().chain(tick).min());
        }
    }

    fn is_session_over(&self) -> bool {
        self.news.is_asked_to_end() || self.was_killed()
    }

    /// Whether the CLI has died without a word.
    fn was_killed(&self) -> bool {
        self.claude.is_some() && self.watch.as_ref().is_none_or(ProcessWatch::has_ended)
    }

    fn end_session(&mut self) {
        let killed = !self.news.is_asked_to_end();
        // It would be news for ever.
        self.watch = None;
        let _ = self.write_state(true);
        if killed {
            // At once: a session that is resumed says so after this.
            let _ = ended_signal::publish_ended(&self.session, self.claude);
        }
        let running: Vec<_> = self.daemons.iter().filter_map(Daemon::running_pid).collect();
        shutdown::end_daemons(&running, &mut |limit| self.wait_for_wakeup(Some(limit)));
        for daemon in &self.daemons {
            if !daemon.has_failed() {
                daemon.log.remove();
            }
        }
        self.session.place.remove_session_files(&self.session.id);
    }

    /// Waits for news, and logs what was printed.
    fn wait_for_wakeup(&mut self, limit: Option<Duration>) {
        let (claude, daemons) = (self.watch.as_ref().and_then(ProcessWatch::fd), &mut self.daemons);
        self.news.wait_for_next(claude, limit, &mut |daemon, text| daemons[daemon].log.append(text));
    }

    /// Takes note of whoever has ended: daemons, and what they left behind.
    fn reap(&mut self) {
        let seen = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        for daemon in &mut self.daemons {
            let Some(pid) = daemon.running_pid() else { continue };
            if let Ok(Some(_)) = waitid(WaitId::Pid(pid), seen) {
                daemon.kill_group();
                if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
                    daemon.note_end(status, &self.session);
                }
            }
        }
        for child in platform::child_pids() {
            if self.daemons.iter().all(|daemon| daemon.running_pid() != Some(child)) {
                let _ = waitpid(Some(child), WaitOptions::NOHANG);
            }
        }
    }

    /// Says how things are, where that has changed.
    fn write_state(&mut self, ending: bool) -> io::Result<()> {
        let daemons = self.daemons.iter().map(Daemon::to_row).collect();
        let state = SetState { guard: self.session.guard, claude: self.claude, ending, daemons };
        if self.said.as_ref() != Some(&state) {
            set_state::write_state(&self.session.place, &self.session.id, &state)?;
            self.said = Some(state);
        }
        Ok(())
    }

    /// Of the logs that failures left, the oldest go; those of sessions that live stay.
    fn prune_logs(&self) {
        let live = self.session.place.session_ids();
        let is_live = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.split('.').nth(1).is_some_and(|session| live.contains(session))
        };
        for path in self.session.place.log_paths().into_iter().filter(|path| !is_live(path)).skip(daemon_log::KEPT_LOGS)
        {
            let _ = std::fs::remove_file(path);
        }
    }
}
