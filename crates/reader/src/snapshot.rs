//! The registry and the processes at one time.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use crate::host::{self, Host};
use crate::process_state::ProcessState;
use crate::registry::Registry;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::signal::Signal;

/// The registry at one time and, as far as somebody asks, the processes. A snapshot does not change its answers.
#[derive(Default)]
pub struct Snapshot {
    /// This machine.
    pub host: Host,
    /// By session: the entries of the processes that live. More than one process may run a session.
    entries: BTreeMap<String, Vec<RegistryEntry>>,
    /// By session: the entries of processes that may or may not live.
    unproven: BTreeMap<String, Vec<RegistryEntry>>,
    /// The sessions that the background service keeps ready.
    spare: HashSet<String>,
    /// By session: the windows that have handed it over to the background.
    parked: BTreeMap<String, Vec<RegistryEntry>>,
    /// When the status of each process last changed. The key is the pid namespace, if it is not ours, and the PID.
    changed_at: HashMap<(Option<String>, u32), SystemTime>,
    skipped_files: usize,
    /// What could not be read: of the registry, and of what has been read for this snapshot since.
    unreadable: RefCell<Vec<String>>,
    /// Whether each process is alive, by PID and start time. Cached, because many sessions may name one process.
    known_processes: RefCell<HashMap<(u32, Option<u64>), bool>>,
}

impl Snapshot {
    /// Makes a snapshot of this registry.
    #[must_use]
    pub fn new(host: Host, registry: Registry) -> Self {
        let Registry { vouched, unproven, spare, parked, skipped_files, unreadable } = registry;
        let mut snapshot = Self { host, skipped_files, unreadable: unreadable.into(), ..Self::default() };
        for entry in vouched.iter().chain(&unproven) {
            snapshot.changed_at.insert((entry.namespace.clone(), entry.pid), entry.status_changed_at);
        }
        let lists =
            [(vouched, &mut snapshot.entries), (unproven, &mut snapshot.unproven), (parked, &mut snapshot.parked)];
        for (entries, by_session) in lists {
            for entry in entries {
                by_session.entry(entry.session.clone()).or_default().push(entry);
            }
        }
        let spare = spare.into_iter().map(|entry| entry.session);
        snapshot.spare = spare.filter(|session| !snapshot.entries.contains_key(session)).collect();
        snapshot
    }

    /// Returns the ids of the sessions that have an entry of a living process.
    pub fn live_sessions(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Returns whether the background service only keeps this session ready. Nobody has used such a session yet.
    #[must_use]
    pub fn is_spare_session(&self, session: &str) -> bool {
        self.spare.contains(session)
    }

    /// Returns whether this session is only that of a window which has handed it over to the background: no other process has
    /// an entry for the session, and its newest signal names no other process.
    #[must_use]
    pub fn is_parked_session(&self, session: &str, newest: Option<&Signal>) -> bool {
        let is_window = |newest: &Signal, windows: &[RegistryEntry]| {
            newest.members.claude_pid.is_none() || windows.iter().any(|window| window.is_process_of(newest))
        };
        let windows = self.parked.get(session).filter(|_| self.entry_of_session(session, newest, None).is_none());
        windows.is_some_and(|windows| newest.is_none_or(|newest| is_window(newest, windows)))
    }

    /// Returns the entry that counts for this session.
    ///
    /// If several processes run the session, a process counts before the one that the signal `ended` names. Then a process that
    /// asks the user counts first, then one that works, and then the one whose status changed last.
    ///
    /// An entry of a process that may or may not live counts only if there is no other one, the newest signal is
    /// of its pid namespace, and the entry was written after the signal.
    #[must_use]
    pub fn entry_of_session(
        &self,
        session: &str,
        newest: Option<&Signal>,
        ended: Option<&Signal>,
    ) -> Option<&RegistryEntry> {
        let is_of_namespace = |entry: &&RegistryEntry| {
            let newest = newest.filter(|newest| newest.time <= entry.written_at);
            let host = newest.and_then(|newest| newest.members.claude_host.as_deref()?.rsplit_once('/'));
            host.is_some_and(|(_, namespace)| entry.namespace.as_deref() == Some(namespace))
        };
        let unproven = self.unproven.get(session).into_iter().flatten().filter(is_of_namespace);
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

    /// Returns when the status of the process that this signal names last changed. `None` if it has no entry.
    #[must_use]
    pub fn process_changed_at(&self, signal: &Signal) -> Option<SystemTime> {
        let host = signal.members.claude_host.as_deref().filter(|_| self.host.is_foreign_to(signal));
        let namespace = host.and_then(|host| host.rsplit_once('/')).map(|(_, namespace)| namespace.to_owned());
        self.changed_at.get(&(namespace, signal.members.claude_pid?)).copied()
    }

    /// Returns what is known of the process that this signal names.
    #[must_use]
    pub fn process_state(&self, signal: &Signal) -> ProcessState {
        self.host.process_state(signal, |pid, start| self.is_process_alive(pid, start))
    }

    /// Returns whether a process with this PID lives. If `start` is given, in clock ticks since the boot, the process must have
    /// started then.
    #[must_use]
    pub fn is_process_alive(&self, pid: u32, start: Option<u64>) -> bool {
        *self.known_processes.borrow_mut().entry((pid, start)).or_insert_with(|| host::is_process_alive(pid, start))
    }

    /// Returns how many files of the registry could not be understood.
    #[must_use]
    pub fn skipped_files(&self) -> usize {
        self.skipped_files
    }

    /// Returns a sentence for each file that is there and could not be read.
    #[must_use]
    pub fn unreadable_files(&self) -> Vec<String> {
        self.unreadable.borrow().clone()
    }

    /// Adds a sentence to [`unreadable_files`](Self::unreadable_files).
    pub(crate) fn add_unreadable(&self, sentence: String) {
        self.unreadable.borrow_mut().push(sentence);
    }
}
