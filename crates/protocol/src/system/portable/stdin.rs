//! Standard input with a time limit.

use std::io::{self, Read as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use super::call::retry;
use crate::system::Result;

/// Standard input, read within a time limit.
///
/// std cannot wait for a descriptor with a time limit, so a thread reads it. The process ends without waiting for the thread.
pub struct Stdin {
    chunks: Receiver<Result<Vec<u8>>>,
    rest: Vec<u8>,
    until: Instant,
}

impl Stdin {
    /// Sets the limit for all reads together, in milliseconds.
    #[must_use]
    pub fn with_limit(milliseconds: u32) -> Self {
        let (sender, chunks) = sync_channel(1);
        std::thread::spawn(move || {
            loop {
                let mut chunk = vec![0; 64 * 1024];
                let count = retry(|| io::stdin().read(&mut chunk));
                let last = !matches!(count, Ok(1..));
                let chunk = count.map(|count| {
                    chunk.truncate(count);
                    chunk
                });
                if sender.send(chunk).is_err() || last {
                    return;
                }
            }
        });
        Self { chunks, rest: Vec::new(), until: Instant::now() + Duration::from_millis(milliseconds.into()) }
    }

    /// Reads the next bytes, and returns how many: 0 at the end of the input, `None` if the time is up.
    ///
    /// # Errors
    /// If standard input cannot be read.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        if self.rest.is_empty() {
            match self.chunks.recv_timeout(self.until.saturating_duration_since(Instant::now())) {
                Ok(chunk) => self.rest = chunk?,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => {}
            }
        }
        let count = buffer.len().min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(Some(count))
    }
}
