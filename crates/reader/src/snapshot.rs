//! One look at the registry and, as far as anybody asks, at the processes: what it saw does not change.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use crate::host::{self, Host};
use crate::registry::{Registry, RegistryEntry, RegistryStatus};
use crate::signal::Signal;

/// What one look saw.
#[derive(Default)]
pub struct Snapshot {
    /// This machine.
    pub host: Host,
    /// By session: of every process that lives. More than one may run a session.
    entries: BTreeMap<String, Vec<RegistryEntry>>,
    /// The same of processes of which nobody knows whether they live.
    unproven: BTreeMap<String, Vec<RegistryEntry>>,
    /// The sessions that nobody has taken yet.
    spare: HashSet<String>,
    /// By session: the windows that have handed it over to the background.
    parked: BTreeMap<String, Vec<RegistryEntry>>,
    /// When the account of each process last changed; by pid namespace, where it is not ours.
    changed_at: HashMap<(Option<String>, u32), SystemTime>,
    skipped_files: usize,
    /// What could not be read, and why: of the registry, and of what has been looked for since.
    unreadable: RefCell<Vec<String>>,
    /// Many sessions may name one process: it is looked at once.
    known_processes: RefCell<HashMap<(u32, Option<u64>), bool>>,
}

impl Snapshot {
    /// From the registry's accounts.
    pub fn new(host: Host, accounts: Registry) -> Self {
        let Registry { vouched, unproven, spare, parked, skipped_files: passed_over, unreadable } = accounts;
        let mut look = Self { host, skipped_files: passed_over, unreadable: unreadable.into(), ..Self::default() };
        for entry in vouched.iter().chain(&unproven) {
            look.changed_at.insert((entry.namespace.clone(), entry.pid), entry.status_changed_at);
        }
        let kinds = [(vouched, &mut look.entries), (unproven, &mut look.unproven), (parked, &mut look.parked)];
        for (entries, by_session) in kinds {
            for entry in entries {
                by_session.entry(entry.session.clone()).or_default().push(entry);
            }
        }
        let spare = spare.into_iter().map(|entry| entry.session);
        look.spare = spare.filter(|session| !look.entries.contains_key(session)).collect();
        look
    }

    /// The sessions that a live process gives an account of.
    pub fn live_sessions(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether this session is only kept ready: nobody has taken it yet.
    pub fn is_spare_session(&self, session: &str) -> bool {
        self.spare.contains(session)
    }

    /// Whether this session is only that of a window which has handed it over: nothing else gives an account of it, and its
    /// newest signal names no other process.
    pub fn is_parked_session(&self, session: &str, newest: Option<&Signal>) -> bool {
        let is_window = |newest: &Signal, windows: &[RegistryEntry]| {
            newest.members.claude_pid.is_none() || windows.iter().any(|window| window.is_process_of(newest))
        };
        let windows = self.parked.get(session).filter(|_| self.entry_of_session(session, newest, None).is_none());
        windows.is_some_and(|windows| newest.is_none_or(|newest| is_window(newest, windows)))
    }

    /// The account of this session that counts. Of several processes the one whose end `ended` does not tell; of these
    /// the one that asks the user, then one that works, then the one that did something last.
    ///
    /// An account that nothing proves counts where the newest signal is of its pid namespace, and it was written since.
    pub fn entry_of_session(
        &self,
        session: &str,
        newest: Option<&Signal>,
        ended: Option<&Signal>,
    ) -> Option<&RegistryEntry> {
        let is_of = |entry: &&RegistryEntry| {
            let newest = newest.filter(|newest| newest.time <= entry.written_at);
            let host = newest.and_then(|newest| newest.members.claude_host.as_deref()?.rsplit_once('/'));
            host.is_some_and(|(_, namespace)| entry.namespace.as_deref() == Some(namespace))
        };
        let unproven = self.unproven.get(session).into_iter().flatten().filter(is_of);
        let order = |entry: &&RegistryEntry| {
            let rank = match entry.status {
                RegistryStatus::Permission | RegistryStatus::Question => 2,
                RegistryStatus::Busy => 1,
                RegistryStatus::Idle | RegistryStatus::Shell | RegistryStatus::Dialog | RegistryStatus::Other => 0,
            };
            (ended.is_none_or(|ended| !entry.is_process_of(ended)), rank, entry.status_changed_at, entry.pid)
        };
        let vouched = self.entries.get(session).into_iter().flatten().max_by_key(order);
        vouched.or_else(|| unproven.max_by_key(order))
    }

    /// When the account of the process that this signal names last changed.
    pub fn process_updated_at(&self, signal: &Signal) -> Option<SystemTime> {
        let elsewhere = signal.members.claude_host.as_deref().filter(|_| self.host.is_foreign_to(signal));
        let namespace = elsewhere.and_then(|host| host.rsplit_once('/')).map(|(_, namespace)| namespace.to_owned());
        self.changed_at.get(&(namespace, signal.members.claude_pid?)).copied()
    }

    /// How many files of the registry were no accounts.
    pub fn skipped_files(&self) -> usize {
        self.skipped_files
    }

    /// What is there and could not be read, and why.
    pub fn unreadable_files(&self) -> Vec<String> {
        self.unreadable.borrow().clone()
    }

    /// Adds what could not be read.
    pub fn add_unreadable(&self, complaint: String) {
        self.unreadable.borrow_mut().push(complaint);
    }

    /// Whether a process with this PID lives, and started at this time where one is given.
    pub fn is_process_alive(&self, pid: u32, start: Option<u64>) -> bool {
        *self.known_processes.borrow_mut().entry((pid, start)).or_insert_with(|| host::is_process_alive(pid, start))
    }
}
