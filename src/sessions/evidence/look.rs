//! One look at the registry and, as far as anybody asks, at the processes: what it saw does not change.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use super::process::{self, Host};
use super::registry::Entry;

/// What one look saw.
#[derive(Default)]
pub struct Look {
    /// This machine.
    pub host: Host,
    /// By session.
    accounts: BTreeMap<String, Entry>,
    /// When the account of each process last changed.
    processes: HashMap<u32, SystemTime>,
    passed_over: usize,
    /// Many sessions may name one process: it is looked at once.
    lives: RefCell<HashMap<(u32, Option<u64>), bool>>,
}

impl Look {
    /// From the registry's accounts, and how many of its files are none.
    pub fn new(host: Host, entries: Vec<Entry>, passed_over: usize) -> Self {
        let mut look = Self { host, passed_over, ..Self::default() };
        for entry in entries {
            look.processes.insert(entry.pid, entry.updated);
            // Of two processes in one session, the one that did something last.
            let order = |entry: &Entry| (entry.updated, entry.pid);
            if look.accounts.get(&entry.session).is_none_or(|other| order(other) < order(&entry)) {
                look.accounts.insert(entry.session.clone(), entry);
            }
        }
        look
    }

    /// The sessions that a live process gives an account of.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    /// The account of this session.
    pub fn of_session(&self, session: &str) -> Option<&Entry> {
        self.accounts.get(session)
    }

    /// When the account of this process last changed.
    pub fn of_process(&self, pid: u32) -> Option<SystemTime> {
        self.processes.get(&pid).copied()
    }

    /// How many files of the registry were no accounts.
    pub fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// Whether a process with this PID lives, and started at this time where one is given.
    pub fn lives(&self, pid: u32, start: Option<u64>) -> bool {
        *self.lives.borrow_mut().entry((pid, start)).or_insert_with(|| process::lives(pid, start))
    }
}
