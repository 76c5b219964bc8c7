//! Reads the bucket once, or follows it over lost connections.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::thread;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use session_signals_reader::{Session, SessionFilter};
use tokio::time::Instant;

use super::bucket_reader::{BucketEntry, BucketReader};
use super::followed_hosts::FollowedHosts;
use crate::bucket::backoff::Backoff;
use crate::bucket::bucket_key::BucketKey;
use crate::bucket::connect::{BucketServer, ConnectFailure, in_own_runtime};
use crate::bucket::credentials::CredentialsSource;
use crate::bucket::host_beat::HostBeat;
use crate::bucket::instance_file::InstanceFile;
use crate::bucket::server_clock::ServerClock;
use crate::bucket::server_url::ServerUrl;
use crate::command_line::LoginOptions;
use crate::machines::MachineNews;
use crate::model::SessionChange;

/// The pauses between attempts to reach the server. They are short, because a server that is back is to be seen within a second.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(800);

/// How long the bucket may take if it is read once, and for the next key of what it has at the beginning if it is followed.
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// How many entries are told together at most.
const MAX_BATCH: usize = 1000;

const TOO_SLOW: &str = "the server does not answer in time";

/// Why the following ends.
enum End {
    /// The server cannot be read now.
    Lost(ConnectFailure),
    /// Nobody wants to know any more.
    Unwanted,
}

/// Reads the sessions of all machines of the bucket but this one. Returns them, and a sentence if some cannot be understood.
///
/// # Errors
/// A sentence, if the bucket cannot be read.
pub fn read_bucket(
    urls: &[ServerUrl],
    login: &LoginOptions,
    config_dir: &Path,
    filter: SessionFilter,
) -> Result<(Vec<Session>, Option<String>), String> {
    let mut follower = BucketFollower::new(urls, login, config_dir, |_| true);
    let server = follower.server.clone();
    let read = async {
        let read = async {
            let mut reader = BucketReader::open(&server).await?;
            follower.read_whole(&mut reader).await
        };
        tokio::time::timeout(READ_TIMEOUT, read).await
    };
    match in_own_runtime(read).map_err(|error| error.to_string())? {
        Ok(Ok(())) => {}
        Ok(Err(End::Lost(failure))) => return Err(follower.describe(&failure.reason)),
        Ok(Err(End::Unwanted)) | Err(_) => return Err(follower.describe(TOO_SLOW)),
    }
    let sessions = follower.take_changes().into_iter().filter_map(|(_, session)| session);
    let is_wanted = |session: &Session| filter == SessionFilter::All || session.is_open();
    let sessions = sessions.filter(is_wanted).collect();
    Ok((sessions, follower.hosts.failure().map(|failure| follower.describe(&failure))))
}

/// Follows the bucket in a thread of its own. `tell` gets what is new, and returns whether anybody still wants to know.
///
/// # Errors
/// If the thread cannot be started.
pub fn follow_bucket(
    urls: &[ServerUrl],
    login: &LoginOptions,
    config_dir: &Path,
    tell: impl Fn(MachineNews) -> bool + Send + 'static,
) -> io::Result<()> {
    let follower = BucketFollower::new(urls, login, config_dir, tell);
    thread::Builder::new().name("bucket".to_owned()).spawn(move || follower.run()).map(drop)
}

/// Follows the bucket.
struct BucketFollower<T> {
    server: BucketServer,
    /// The addresses of the server.
    name: String,
    config_dir: PathBuf,
    hosts: FollowedHosts,
    /// The clock of the server, once it is known.
    clock: Option<ServerClock>,
    tell: T,
}

impl<T: Fn(MachineNews) -> bool> BucketFollower<T> {
    fn new(urls: &[ServerUrl], login: &LoginOptions, config_dir: &Path, tell: T) -> Self {
        let credentials = CredentialsSource::of_options(login);
        Self {
            name: urls.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            server: BucketServer { urls: urls.to_vec(), credentials },
            config_dir: config_dir.to_owned(),
            hosts: FollowedHosts::default(),
            clock: None,
            tell,
        }
    }

    fn run(mut self) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let followed = in_own_runtime(async {
                let Err(End::Lost(failure)) = Box::pin(self.follow_once(&mut backoff)).await else {
                    return Err(End::Unwanted);
                };
                self.tell_source(Some(&failure.reason))?;
                let pause = if failure.is_refusal { backoff.next_pause_if_refused() } else { backoff.next_pause() };
                self.while_waiting(tokio::time::sleep(pause)).await
            });
            match followed {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                // The system has no descriptors left for now.
                Err(error) => {
                    if self.tell_source(Some(&error.to_string())).is_err() {
                        return;
                    }
                    thread::sleep(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Follows the bucket until the connection ends.
    async fn follow_once(&mut self, backoff: &mut Backoff) -> Result<Infallible, End> {
        let server = self.server.clone();
        let opening = Box::pin(async move { BucketReader::open(&server).await });
        let mut reader = self.while_waiting(opening).await??;
        self.read_whole(&mut reader).await?;
        backoff.reset();
        self.tell_changes()?;
        let mut failure = self.hosts.failure();
        self.tell_source(failure.as_deref())?;
        loop {
            let entry = self.while_waiting(reader.next_entry()).await??;
            self.apply(entry);
            // What has come already is told together.
            for _ in 0..MAX_BATCH {
                let Some(entry) = reader.next_entry().now_or_never() else { break };
                self.apply(entry?);
            }
            self.tell_changes()?;
            let now = self.hosts.failure();
            if failure != now {
                self.tell_source(now.as_deref())?;
                failure = now;
            }
        }
    }

    /// Reads all that the bucket has now, and tells it.
    async fn read_whole(&mut self, reader: &mut BucketReader) -> Result<(), End> {
        self.clock = Some(reader.clock());
        self.hosts.set_own_instance(InstanceFile::read_id(&self.config_dir));
        self.hosts.begin_reading();
        let (mut missing, mut deadline) = (usize::MAX, Instant::now());
        while reader.missing() > 0 {
            // An entry that is written again and again is no progress.
            if reader.missing() < missing {
                (missing, deadline) = (reader.missing(), Instant::now() + READ_TIMEOUT);
            }
            let next = tokio::time::timeout_at(deadline, reader.next_entry());
            let entry = self.while_waiting(next).await?;
            self.apply(entry.map_err(|_| End::from(TOO_SLOW.to_owned()))??);
        }
        self.hosts.end_reading();
        Ok(())
    }

    fn apply(&mut self, entry: Option<BucketEntry>) {
        let Some(BucketEntry { key, value, created }) = entry else { return };
        if let Some(clock) = &mut self.clock {
            clock.catch_up_with(created);
        }
        if let (BucketKey::Beat { .. }, Some(value)) = (&key, &value)
            && let Some(beat) = HostBeat::parse(value)
            && !self.hosts.has_instance(&beat.instance)
        {
            // It may be this machine, which has just begun to publish.
            self.hosts.set_own_instance(InstanceFile::read_id(&self.config_dir));
        }
        self.hosts.apply(key, value.as_deref(), created);
    }

    /// Waits for this, and meanwhile tells which machines have become unreachable.
    async fn while_waiting<R>(&mut self, waiting: impl Future<Output = R>) -> Result<R, End> {
        let mut waiting = pin!(waiting);
        loop {
            let clock = self.clock;
            let expiry = clock.and_then(|clock| self.hosts.next_expiry(&|created| clock.age_of(created)));
            let Some(expiry) = expiry else { return Ok(waiting.await) };
            match tokio::time::timeout(expiry, &mut waiting).await {
                Ok(result) => return Ok(result),
                Err(_) => self.tell_changes()?,
            }
        }
    }

    fn take_changes(&mut self) -> Vec<SessionChange> {
        let Some(clock) = self.clock else { return Vec::new() };
        self.hosts.take_changes(&|created| clock.age_of(created), SystemTime::now())
    }

    fn tell_changes(&mut self) -> Result<(), End> {
        let changes = self.take_changes();
        if changes.is_empty() { Ok(()) } else { self.send(MachineNews::Sessions(changes)) }
    }

    fn tell_source(&self, failure: Option<&str>) -> Result<(), End> {
        self.send(MachineNews::Source {
            name: self.name.clone(),
            failure: failure.map(|failure| self.describe(failure)),
        })
    }

    fn describe(&self, failure: &str) -> String {
        // What goes wrong with a connection names the server already.
        if failure.starts_with(&self.name) { failure.to_owned() } else { format!("{}: {failure}", self.name) }
    }

    fn send(&self, news: MachineNews) -> Result<(), End> {
        if (self.tell)(news) { Ok(()) } else { Err(End::Unwanted) }
    }
}

impl From<ConnectFailure> for End {
    fn from(failure: ConnectFailure) -> Self {
        Self::Lost(failure)
    }
}

impl From<String> for End {
    fn from(reason: String) -> Self {
        Self::Lost(reason.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use session_signals_reader::Evidence;

    use super::*;

    fn entry(name: &str, value: String, seconds: i128) -> BucketEntry {
        let key = BucketKey::parse(name).unwrap();
        BucketEntry { key, value: Some(value.into()), created: seconds * 1_000_000_000 }
    }

    #[test]
    fn a_machine_that_was_lost_while_this_one_slept_is_noticed_at_the_next_entry() {
        let directory = tempfile::tempdir().unwrap();
        let mut follower = BucketFollower::new(&[], &LoginOptions::default(), directory.path(), |_| true);
        follower.clock = Some(ServerClock::new(1_000_000_000_000));
        let beat = |name: &str| HostBeat::new(name, "run", Duration::from_secs(30)).to_json();
        let session = Session::from_evidence("a", &Evidence::default(), SystemTime::UNIX_EPOCH);
        let mut session = serde_json::to_value(&session).unwrap();
        session.as_object_mut().unwrap().extend(json!({"state": "working"}).as_object().unwrap().clone());
        follower.apply(Some(entry("h.lost", beat("lost"), 1000)));
        follower.apply(Some(entry("s.lost.a", session.to_string(), 1000)));
        let states = |follower: &mut BucketFollower<_>| {
            let changes = follower.take_changes().into_iter();
            changes.map(|(_, session)| session.unwrap().state.word()).collect::<Vec<_>>()
        };
        assert_eq!(states(&mut follower), ["working"]);
        // Meanwhile, 100 s have passed, and this machine has slept most of them.
        follower.apply(Some(entry("h.other", beat("other"), 1100)));
        assert_eq!(states(&mut follower), ["unreachable"]);
    }
}
