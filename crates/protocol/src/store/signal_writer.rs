//! Writes the content of a signal.

use crate::system::{self, File};
use crate::time::Time;

/// Writes a whole file and then sets its modification time.
///
/// # Errors
/// The system's error.
pub fn write_file(
    file: File,
    time: Time,
    content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
) -> system::Result<()> {
    let mut writer = SignalWriter { file, buffer: [0; 4096], used: 0 };
    content(&mut writer)?;
    writer.flush()?;
    writer.file.set_modified(time)
}

/// Collects the pieces of a signal, so that most signals are written by one system call.
pub struct SignalWriter {
    file: File,
    buffer: [u8; 4096],
    used: usize,
}

impl SignalWriter {
    /// Appends `piece`.
    ///
    /// # Errors
    /// The system's error if the collected pieces cannot be written.
    pub fn put(&mut self, piece: &[u8]) -> system::Result<()> {
        if piece.len() > self.buffer.len() - self.used {
            self.flush()?;
        }
        match self.buffer.get_mut(self.used..self.used + piece.len()) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.used += piece.len();
                Ok(())
            }
            None => self.file.write_all(piece),
        }
    }

    fn flush(&mut self) -> system::Result<()> {
        self.file.write_all(&self.buffer[..core::mem::take(&mut self.used)])
    }
}
