//! What this process holds in the bucket: the name of the machine, and the values under its keys.

use std::time::{Duration, Instant};

use super::super::bucket_store::{open_bucket, open_or_make_bucket};
use super::super::connect::Connection;
use super::super::host_beat::HostBeat;
use super::super::host_name::HostName;
use super::held_keys::KeyReading;
use super::host_claim::HostClaim;
use super::publish_trouble::PublishTrouble;
use super::send_plan::HeldValues;
use super::value_sender::ValueSender;

/// How often the keys are read again, in case something else has changed them.
const READ_AGAIN: Duration = Duration::from_secs(3600);

/// How many readings may fail before the user is told.
const MAX_FAILED_READINGS: u32 = 5;

/// What this process holds in the bucket. It outlives a connection.
///
/// To begin, the bucket is opened and the keys of the machine are read. In a cluster that has lost a server, that may take a while:
/// a reading needs the leader of the whole cluster, and the server that is lost may be chosen to do it. After a lost connection neither
/// is needed. If nobody else has written the beat, all is still known but for what was on its way. A process that has lost the name
/// may still have written values until its next beat, and the servers may have lost values. So the keys are read again later.
pub struct Publication {
    /// The name of the machine.
    pub claim: HostClaim,
    /// The values.
    pub sender: ValueSender,
    /// When the keys are read again.
    pub next_reading: Instant,
    failed_readings: u32,
}

impl Publication {
    /// Takes the name of the machine, and reads what the bucket has of it.
    pub async fn begin(
        connection: &Connection,
        host: &HostName,
        beat: HostBeat,
        may_replace_copy: bool,
    ) -> Result<Self, PublishTrouble> {
        let store = open_or_make_bucket(&connection.jetstream).await?;
        let reading = KeyReading::begin(connection, &store, host).await?;
        let claim = HostClaim::take(&connection.jetstream, host, beat, reading.clock, may_replace_copy).await?;
        let sender = ValueSender::new(connection, &store, host.clone(), reading.read().await?);
        Ok(Self { claim, sender, next_reading: Instant::now() + READ_AGAIN, failed_readings: 0 })
    }

    /// Goes on over another connection. Returns whether that is possible. If it is not, everything must be read again. The keys are read
    /// after this time at the latest.
    pub async fn resume(&mut self, connection: &Connection, time: Duration) -> Result<bool, PublishTrouble> {
        let renewed = self.claim.renew(&connection.jetstream).await;
        if matches!(renewed, Err(PublishTrouble::NoBucket(_))) && open_bucket(&connection.jetstream).await?.is_none() {
            return Ok(false);
        }
        let is_resumed = renewed?;
        if is_resumed {
            self.sender.use_connection(connection);
            self.next_reading = self.next_reading.min(Instant::now() + time);
        }
        Ok(is_resumed)
    }

    /// Takes what came of a reading. If it has failed, the keys are read again after this time. Returns the reason if the user must be
    /// told: values arrive all the same, so only a reading that fails again and again counts.
    pub fn end_reading(&mut self, read: Result<KeysRead, String>, time: Duration) -> Option<String> {
        match read {
            Ok(KeysRead { since, held }) => {
                self.sender.set_held(held, since);
                self.next_reading = Instant::now() + READ_AGAIN;
                self.failed_readings = 0;
                None
            }
            Err(reason) => {
                self.next_reading = Instant::now() + time;
                self.failed_readings += 1;
                (self.failed_readings == MAX_FAILED_READINGS).then_some(reason)
            }
        }
    }
}

/// What the bucket had of this machine when it was read again.
pub struct KeysRead {
    /// When the reading began.
    since: Instant,
    held: HeldValues,
}

/// Reads what the bucket has of this machine now. The error is a sentence.
pub async fn read_again(connection: Connection, host: HostName) -> Result<KeysRead, String> {
    let store = open_bucket(&connection.jetstream).await?.ok_or("there is no bucket")?;
    let since = Instant::now();
    let held = KeyReading::begin(&connection, &store, &host).await?.read().await?;
    Ok(KeysRead { since, held })
}
