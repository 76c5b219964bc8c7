//! What the bucket has of other machines, and which of them can be reached. Pure: it reads no clock and asks no server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use session_signals_reader::{JSON_FORMAT, STATE_RULES, Session};

use crate::bucket::bucket_key::BucketKey;
use crate::bucket::bucket_store::MAX_AGE;
use crate::bucket::host_beat::HostBeat;
use crate::bucket::host_name::HostName;
use crate::model::SessionChange;

/// The age that an entry has now which the server took at this time: see
/// [`ServerClock::age_of`](crate::bucket::server_clock::ServerClock::age_of).
pub type AgeOf<'a> = &'a dyn Fn(i128) -> Duration;

/// All machines of the bucket.
#[derive(Default)]
pub struct FollowedHosts {
    /// The instance of this machine. Its sessions are there already, without the bucket.
    own_instance: Option<String>,
    hosts: BTreeMap<HostName, FollowedHost>,
    /// While the whole bucket is read: the keys that it has.
    read: Option<BTreeSet<BucketKey>>,
}

/// One machine.
#[derive(Default)]
struct FollowedHost {
    /// Its newest beat, and when the server took it.
    beat: Option<(HostBeat, i128)>,
    sessions: BTreeMap<String, Session>,
    /// The sessions that came, changed or went since changes were taken.
    changed: BTreeSet<String>,
    /// The sessions that were told and are not told to be gone.
    told: BTreeSet<String>,
    reach: Reach,
    /// The sessions that cannot be understood.
    unreadable: BTreeSet<String>,
}

/// Whether a machine can be reached.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Reach {
    /// Nothing was told of it.
    #[default]
    Untold,
    /// It is this machine.
    Own,
    /// Its beat holds.
    Reachable,
    /// It has no beat that holds, since this time.
    Unreachable(SystemTime),
    /// It has been unreachable for so long that its sessions have left the bucket.
    Gone,
}

impl FollowedHosts {
    /// Begins to read the whole bucket.
    pub fn begin_reading(&mut self) {
        self.read = Some(BTreeSet::new());
    }

    /// Ends to read the whole bucket. What it does not have is gone.
    pub fn end_reading(&mut self) {
        let Some(read) = self.read.take() else { return };
        for (name, host) in &mut self.hosts {
            if !read.contains(&BucketKey::beat(name)) {
                host.beat = None;
            }
            let has = |id: &str| BucketKey::session(name, id).is_some_and(|key| read.contains(&key));
            let known: Vec<_> = host.sessions.keys().chain(&host.unreadable).filter(|id| !has(id)).cloned().collect();
            for id in known {
                host.remove_session(&id);
            }
        }
    }

    /// Sets the instance of this machine.
    pub fn set_own_instance(&mut self, instance: Option<String>) {
        self.own_instance = instance;
    }

    /// Returns whether a machine has this instance.
    pub fn has_instance(&self, instance: &str) -> bool {
        self.hosts.values().any(|host| host.instance() == Some(instance))
    }

    /// Takes an entry: its value, and when the server took it. `None` instead of a value means that the key was deleted.
    pub fn apply(&mut self, key: BucketKey, value: Option<&[u8]>, created: i128) {
        if let Some(read) = self.read.as_mut().filter(|_| value.is_some()) {
            read.insert(key.clone());
        }
        match key {
            BucketKey::Beat { host } => {
                let beat = value.and_then(HostBeat::parse).map(|beat| (beat, created));
                self.hosts.entry(host).or_default().beat = beat;
            }
            BucketKey::Session { host, session_id } => {
                let machine = host.to_string();
                let host = self.hosts.entry(host).or_default();
                match value {
                    Some(value) => host.put_session(machine, session_id, value),
                    None => host.remove_session(&session_id),
                }
            }
        }
    }

    /// Returns what is new since this was called last. `now` is the time of this machine, for what is shown.
    pub fn take_changes(&mut self, age_of: AgeOf<'_>, now: SystemTime) -> Vec<SessionChange> {
        let mut changes = Vec::new();
        // A machine that is new may have a beat that was not read yet.
        let is_whole = self.read.is_none();
        for (name, host) in self.hosts.iter_mut().filter(|(_, host)| is_whole || host.reach != Reach::Untold) {
            let is_own = self.own_instance.is_some() && host.instance() == self.own_instance.as_deref();
            let reach = if is_own { Reach::Own } else { host.reach(age_of, now) };
            if host.reach != reach {
                host.reach = reach;
                host.changed.extend(host.sessions.keys().cloned());
            }
            for id in std::mem::take(&mut host.changed) {
                let session = host.sessions.get(&id).and_then(|session| shown(session, reach));
                let was_told = if session.is_some() { !host.told.insert(id.clone()) } else { host.told.remove(&id) };
                if session.is_some() || was_told {
                    changes.push((format!("{name}:{id}"), session));
                }
            }
        }
        self.hosts.retain(|_, host| host.beat.is_some() || !host.sessions.is_empty() || !host.unreadable.is_empty());
        changes
    }

    /// Returns after how long a machine becomes unreachable, or leaves, if nothing is heard of it; `None` if none can.
    pub fn next_expiry(&self, age_of: AgeOf<'_>) -> Option<Duration> {
        let expiry = |host: &FollowedHost| {
            let (beat, created) = host.beat.as_ref()?;
            let until = match host.reach {
                Reach::Reachable => beat.lease(),
                Reach::Unreachable(_) => MAX_AGE,
                Reach::Untold | Reach::Own | Reach::Gone => return None,
            };
            // A beat that is as old as its lease still holds.
            Some(until.saturating_sub(age_of(*created)) + Duration::from_millis(1))
        };
        self.hosts.values().filter_map(expiry).min()
    }

    /// Returns a sentence if sessions cannot be understood.
    pub fn failure(&self) -> Option<String> {
        let (host, _) = self.hosts.iter().find(|(_, host)| host.reach != Reach::Own && !host.unreadable.is_empty())?;
        Some(format!("{host}: not all of its sessions can be understood: does another version publish them?"))
    }
}

impl FollowedHost {
    fn instance(&self) -> Option<&str> {
        self.beat.as_ref().map(|(beat, _)| &*beat.instance)
    }

    fn put_session(&mut self, machine: String, id: String, value: &[u8]) {
        let session = serde_json::from_slice::<Session>(value).ok().filter(|session| session.format <= JSON_FORMAT);
        let Some(mut session) = session else {
            self.remove_session(&id);
            self.unreadable.insert(id);
            return;
        };
        self.unreadable.remove(&id);
        // The server knows who may write which key. It knows nothing of the values.
        session.machine = Some(machine);
        session.session_id.clone_from(&id);
        if session.reason.is_empty() {
            // Without text, only the rule was published.
            let rule = STATE_RULES.iter().find(|rule| rule.id == session.rule);
            session.reason = rule.map_or_else(String::new, |rule| rule.reason.to_owned());
        }
        self.sessions.insert(id.clone(), session);
        self.changed.insert(id);
    }

    fn remove_session(&mut self, id: &str) {
        self.unreadable.remove(id);
        if self.sessions.remove(id).is_some() {
            self.changed.insert(id.to_owned());
        }
    }

    fn reach(&self, age_of: AgeOf<'_>, now: SystemTime) -> Reach {
        let age = self.beat.as_ref().map(|(beat, created)| (beat, age_of(*created)));
        match (age, self.reach) {
            (Some((beat, age)), _) if age <= beat.lease() => Reach::Reachable,
            (Some((_, age)), _) if age > MAX_AGE => Reach::Gone,
            (_, known @ Reach::Unreachable(_)) => known,
            (Some((_, age)), _) => Reach::Unreachable(now.checked_sub(age).unwrap_or(now)),
            (None, _) => Reach::Unreachable(now),
        }
    }
}

/// Returns a session as it is shown; `None` if it is not.
fn shown(session: &Session, reach: Reach) -> Option<Session> {
    match reach {
        Reach::Untold | Reach::Own | Reach::Gone => None,
        Reach::Reachable => Some(session.clone()),
        Reach::Unreachable(since) => Some(session.clone().into_unreachable(since)),
    }
}
