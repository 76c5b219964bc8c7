//! Who writes the keys of a machine: whoever holds the beat.
//!
//! A beat is written only if nobody else has written one since: the server compares the revision. So of two that want the same name,
//! one gets it.

use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::StreamMessage;
use async_nats::{HeaderMap, HeaderValue};

use super::super::bucket_key::BucketKey;
use super::super::bucket_store::{read_entry, subject_of};
use super::super::connect::describe;
use super::super::host_beat::HostBeat;
use super::super::host_name::HostName;
use super::super::server_clock::ServerClock;
use super::publish_trouble::PublishTrouble;

/// How often the beat is read again because another one was written meanwhile.
const TRIES: usize = 5;

/// The name of this machine, held by this process. It outlives a connection.
pub struct HostClaim {
    host: HostName,
    beat: HostBeat,
    clock: ServerClock,
    revision: u64,
}

impl HostClaim {
    /// Takes the name. `may_replace_copy` says whether a beat that another process of the same installation wrote may be replaced at
    /// once: that is so after a restart.
    pub async fn take(
        jetstream: &Context,
        host: &HostName,
        beat: HostBeat,
        clock: ServerClock,
        may_replace_copy: bool,
    ) -> Result<Self, PublishTrouble> {
        let mut claim = Self { host: host.clone(), beat, clock, revision: 0 };
        for _ in 0..TRIES {
            let entry = claim.read(jetstream).await?;
            if let Some(trouble) = claim.find_owner(entry.as_ref(), may_replace_copy) {
                return Err(trouble);
            }
            claim.revision = entry.map_or(0, |entry| entry.sequence);
            if claim.write(jetstream).await? {
                return Ok(claim);
            }
        }
        Err(PublishTrouble::Server(format!("the beat of {host} changes again and again")))
    }

    /// Writes the next beat. Returns `false` if the bucket has lost the last one, or if somebody else had the name for a while: then
    /// nothing is known of the bucket any more. Fails if another process has taken the name.
    pub async fn renew(&mut self, jetstream: &Context) -> Result<bool, PublishTrouble> {
        if self.write(jetstream).await? {
            return Ok(true);
        }
        let entry = self.read(jetstream).await?;
        if let Some(owner) = self.find_owner(entry.as_ref(), false) {
            return Err(owner);
        }
        // This process may have written it, if the answer of the server was lost. An older beat of this process means that the bucket
        // has lost newer entries.
        let is_own = |entry: &StreamMessage| {
            entry.sequence > self.revision && beat_of(entry).is_some_and(|beat| beat.run == self.beat.run)
        };
        let Some(entry) = entry.filter(is_own) else { return Ok(false) };
        self.revision = entry.sequence;
        self.write(jetstream).await
    }

    /// Writes the beat if nobody else has since the one that this process knows. Returns whether it was written.
    async fn write(&mut self, jetstream: &Context) -> Result<bool, PublishTrouble> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, HeaderValue::from(self.revision));
        let subject = subject_of(&BucketKey::beat(&self.host));
        let published = match jetstream.publish_with_headers(subject, headers, self.beat.to_json().into()).await {
            Ok(answer) => answer.await,
            Err(error) => Err(error),
        };
        match published {
            Ok(answer) => {
                self.revision = answer.sequence;
                Ok(true)
            }
            Err(error) => match error.kind() {
                PublishErrorKind::WrongLastSequence => Ok(false),
                PublishErrorKind::StreamNotFound => Err(PublishTrouble::NoBucket(format!(
                    "the beat of {} cannot be written: no server answers for the bucket",
                    self.host
                ))),
                _ => Err(PublishTrouble::Server(format!("the beat cannot be written: {}", describe(&error)))),
            },
        }
    }

    /// Returns who holds the name; `None` if it is free for this process.
    fn find_owner(&mut self, entry: Option<&StreamMessage>, may_replace_copy: bool) -> Option<PublishTrouble> {
        let entry = entry?;
        let (beat, host) = (beat_of(entry)?, &self.host);
        let written = entry.time.unix_timestamp_nanos();
        self.clock.catch_up_with(written);
        let age = self.clock.age_of(written);
        let left = beat.lease().saturating_sub(age);
        let is_copy = beat.instance == self.beat.instance;
        if left.is_zero() || beat.run == self.beat.run || is_copy && may_replace_copy {
            return None;
        }
        let seconds = age.as_secs();
        let sentence = if is_copy {
            format!(
                "another process publishes as {host}, with the id of this installation. If the configuration directory is a copy, \
                 delete session-stream/instance in one of them and start again"
            )
        } else {
            format!(
                "another machine publishes as {host}: its last beat came {seconds} s ago. Give this machine another name with \
                 --host. If the other one is gone, wait {} s",
                left.as_secs() + 1
            )
        };
        Some(PublishTrouble::NameIsTaken(sentence, left))
    }

    async fn read(&self, jetstream: &Context) -> Result<Option<StreamMessage>, PublishTrouble> {
        let entry = read_entry(jetstream, &BucketKey::beat(&self.host)).await;
        entry.map_err(|error| PublishTrouble::Server(format!("the beat of {} cannot be read: {error}", self.host)))
    }
}

/// Returns the beat in an entry; `None` if it has none, for example because the key is deleted.
fn beat_of(entry: &StreamMessage) -> Option<HostBeat> {
    HostBeat::parse(&entry.payload)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_lease_of_another_machine_gets_shorter_also_after_this_one_has_slept() {
        let beat = |instance: &str| HostBeat::new(instance, "run", Duration::from_secs(30));
        let clock = ServerClock::new(1_000_000_000_000);
        let host: HostName = "box".parse().unwrap();
        let mut claim = HostClaim { host, beat: beat("this"), clock, revision: 0 };
        // The other one has written its beat an hour after this one has asked for the time.
        let entry = StreamMessage {
            subject: "h.box".into(),
            sequence: 1,
            headers: HeaderMap::new(),
            payload: HostBeat::new("other", "another", Duration::from_secs(30)).to_json().into(),
            time: (std::time::UNIX_EPOCH + Duration::from_secs(4600)).into(),
        };
        let mut left = || match claim.find_owner(Some(&entry), false) {
            Some(PublishTrouble::NameIsTaken(_, left)) => left,
            other => panic!("{other:?}"),
        };
        let first = left();
        std::thread::sleep(Duration::from_millis(5));
        assert!(left() < first);
    }
}
