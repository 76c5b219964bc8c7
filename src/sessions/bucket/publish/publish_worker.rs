//! The thread that publishes.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, sleep_until};

use super::super::backoff::Backoff;
use super::super::connect::{BucketServer, Connection, connect, in_own_runtime};
use super::super::host_beat::HostBeat;
use super::super::host_name::HostName;
use super::super::instance_file::InstanceFile;
use super::desired_sessions::DesiredSessions;
use super::publication::{Publication, read_again};
use super::publish_trouble::PublishTrouble;

/// The first pause after a trouble, and the longest one.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often sessions that have ended are looked at.
const SWEEP: Duration = Duration::from_secs(60);

/// What the thread has.
pub struct PublishWorker {
    /// The server.
    pub server: BucketServer,
    /// The name of this machine.
    pub host: HostName,
    /// The configuration directory.
    pub config_dir: PathBuf,
    /// The id of this installation. `None` while another process has the file.
    pub instance: Option<InstanceFile>,
    /// The id of this process.
    pub run: String,
    /// The time between two beats.
    pub interval: Duration,
    /// What the bucket should have.
    pub desired: Arc<DesiredSessions>,
    /// Takes a sentence for the user.
    pub log: Box<dyn FnMut(&str) + Send>,
    /// The trouble that was told last, without its numbers; `None` if all is well.
    pub last_trouble: Option<String>,
    /// Takes the failure of the first contact. `None` after it, and if nobody is to know of it.
    pub failed: Option<oneshot::Sender<io::Error>>,
    /// Whether another process has had the name. If it has the id of this installation, the name is not taken back at once: the two
    /// would take it from each other again and again.
    pub was_displaced: bool,
}

impl PublishWorker {
    /// Publishes until the program ends.
    pub fn run(mut self) {
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        let mut publication = None;
        loop {
            let trouble = match in_own_runtime(self.publish_once(&mut publication, &mut backoff)) {
                Ok(trouble) => trouble,
                Err(error) => PublishTrouble::Server(error.to_string()),
            };
            if let PublishTrouble::NameIsTaken(sentence, _) = &trouble
                && let Some(failed) = self.failed.take()
            {
                // It ends the program. If that has ended already, there is nobody to tell.
                let _ = failed.send(io::Error::other(sentence.clone()));
                return;
            }
            self.tell_trouble(trouble.sentence());
            sleep(match trouble {
                PublishTrouble::NameIsTaken(_, left) => {
                    self.was_displaced = true;
                    left.max(backoff.next_pause())
                }
                PublishTrouble::Refused(_) => backoff.next_pause_if_refused(),
                PublishTrouble::Server(_) | PublishTrouble::NoBucket(_) => backoff.next_pause(),
            });
        }
    }

    /// Says what is wrong, unless it was said last. The seconds in a sentence may differ.
    fn tell_trouble(&mut self, sentence: &str) {
        let same = sentence.replace(|c: char| c.is_ascii_digit(), "");
        if self.last_trouble.as_ref() != Some(&same) {
            (self.log)(&format!("not published: {sentence}"));
            self.last_trouble = Some(same);
        }
    }

    /// Says that all is well, if it was not.
    fn tell_success(&mut self) {
        if self.last_trouble.take().is_some() {
            (self.log)(&format!("published again, as {}", self.host));
        }
    }

    /// Returns the id of this installation. Fails while another process has the file.
    fn instance_id(&mut self) -> Result<String, PublishTrouble> {
        let instance = match self.instance.take() {
            Some(instance) => instance,
            None => InstanceFile::open(&self.config_dir).map_err(|error| error.to_string())?,
        };
        Ok(self.instance.insert(instance).id().to_owned())
    }

    /// Connects and publishes until something is wrong.
    async fn publish_once(&mut self, publication: &mut Option<Publication>, backoff: &mut Backoff) -> PublishTrouble {
        let connection = match connect(&self.server).await {
            Ok(connection) => connection,
            Err(failure) => return failure.into(),
        };
        let published = tokio::select! {
            published = self.use_connection(&connection, publication, backoff) => published,
            () = connection.lost() => Err(PublishTrouble::Server("the connection to the server is lost".to_owned())),
        };
        match published {
            Ok(never) => match never {},
            // The server does not answer what it refuses. So what it has said last is why an answer is missing.
            Err(PublishTrouble::Server(sentence) | PublishTrouble::NoBucket(sentence)) => {
                PublishTrouble::Server(match connection.refusal() {
                    Some(refusal) if !sentence.contains(&refusal) => format!("{sentence} (the server says: {refusal})"),
                    _ => sentence,
                })
            }
            Err(trouble) => trouble,
        }
    }

    async fn use_connection(
        &mut self,
        connection: &Connection,
        publication: &mut Option<Publication>,
        backoff: &mut Backoff,
    ) -> Result<Infallible, PublishTrouble> {
        let resumed = match publication {
            Some(publication) => publication.resume(connection, self.interval).await?,
            None => false,
        };
        if !resumed {
            let beat = HostBeat::new(&self.instance_id()?, &self.run, self.interval);
            *publication = None;
            *publication = Some(Publication::begin(connection, &self.host, beat, !self.was_displaced).await?);
        }
        let Some(publication) = publication else { unreachable!("it was begun or resumed") };
        self.failed = None;
        let every = |time| interval_at(tokio::time::Instant::now() + time, time);
        let (mut beats, mut sweeps) = (every(self.interval), every(SWEEP));
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reading = JoinSet::new();
        loop {
            let next = publication.sender.start_sending(&self.desired, Instant::now());
            if publication.sender.is_idle() {
                backoff.reset();
                self.tell_success();
            }
            tokio::select! {
                answer = publication.sender.next_answer(backoff) => {
                    if let Some(reason) = answer? {
                        self.tell_trouble(&reason);
                    }
                }
                () = self.desired.changed() => {}
                () = sleep_until(next.unwrap_or_else(|| Instant::now() + SWEEP).into()) => {}
                _ = beats.tick() => {
                    if !publication.claim.renew(&connection.jetstream).await? {
                        return Err(PublishTrouble::Server(format!("the bucket has lost the beat of {}", self.host)));
                    }
                }
                _ = sweeps.tick() => self.desired.remove_ended(SystemTime::now()),
                () = sleep_until(publication.next_reading.into()), if reading.is_empty() => {
                    reading.spawn(read_again(connection.clone(), self.host.clone()));
                }
                Some(Ok(read)) = reading.join_next() => {
                    if let Some(reason) = publication.end_reading(read, self.interval) {
                        (self.log)(&reason);
                    }
                }
            }
        }
    }
}
