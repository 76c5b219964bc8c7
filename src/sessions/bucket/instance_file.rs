//! The id of this installation, stored in a file so that it outlives a restart.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The directory of what `sessions serve` keeps, in the configuration directory.
const DIRECTORY: &str = "session-stream";

/// The name of the file.
const NAME: &str = "instance";

/// The file with the id, `<config dir>/session-stream/instance`. Only one process has it open for publishing.
pub struct InstanceFile {
    id: String,
    /// Its lock is held as long as the file is open.
    _file: File,
}

impl InstanceFile {
    /// Returns the id of this installation, if there is one.
    pub fn read_id(config_dir: &Path) -> Option<String> {
        let text = fs_err::read_to_string(path_in(config_dir)).ok()?;
        parse_id(&text)
    }

    /// Opens the file, and makes it with a new id if there is none.
    ///
    /// # Errors
    /// `WouldBlock` if another process publishes, and if the file cannot be written.
    pub fn open(config_dir: &Path) -> io::Result<Self> {
        let path = path_in(config_dir);
        let directory = config_dir.join(DIRECTORY);
        // A service may start before Claude Code has run for the first time, so the configuration directory may be missing, too.
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory);
        made.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", directory.display())))?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let mut file = options.open(&path).map_err(named)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = "another `sessions serve` of this configuration directory publishes already";
                return Err(io::Error::new(io::ErrorKind::WouldBlock, message));
            }
            Err(TryLockError::Error(error)) => return Err(named(error)),
        }
        let mut text = String::new();
        // Text that cannot be read is replaced.
        let _ = file.read_to_string(&mut text);
        if let Some(id) = parse_id(&text) {
            return Ok(Self { id, _file: file });
        }
        let id = random_id()?;
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{id}"));
        written.and_then(|()| file.sync_all()).map_err(named)?;
        Ok(Self { id, _file: file })
    }

    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

fn path_in(config_dir: &Path) -> PathBuf {
    config_dir.join(DIRECTORY).join(NAME)
}

fn parse_id(text: &str) -> Option<String> {
    let id = text.trim();
    let is_id = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_id.then(|| id.to_owned())
}

/// Returns a new random id in the form of a UUID.
///
/// # Errors
/// If the system gives no random bytes.
pub fn random_id() -> io::Result<String> {
    let mut bytes = [0; 16];
    fs_err::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    // Version 4, variant 1.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_stays_and_one_process_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let config_dir = &directory.path().join("missing");
        assert_eq!(InstanceFile::read_id(config_dir), None);
        let first = InstanceFile::open(config_dir).unwrap();
        let id = first.id().to_owned();
        assert_eq!(InstanceFile::read_id(config_dir).as_deref(), Some(&*id));
        let refused = InstanceFile::open(config_dir).err().unwrap();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        assert_eq!(InstanceFile::open(config_dir).unwrap().id(), id);
        // A file that is damaged gets a new id.
        fs_err::write(path_in(config_dir), b"\xff nothing").unwrap();
        let new = InstanceFile::open(config_dir).unwrap();
        assert_ne!(new.id(), id);
        assert_eq!(InstanceFile::read_id(config_dir).as_deref(), Some(new.id()));
    }
}
