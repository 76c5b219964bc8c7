//! The same calls through std, for systems that [`super`] has no raw calls for.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Access, Errno, Metadata, RETRIES, Result};
use crate::text::{Name, Terminated};
use crate::time::Time;

/// What a call is told that the system does not have.
const ENOSYS: Errno = Errno(38);

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn errno(error: io::Error) -> Errno {
    Errno(error.raw_os_error().unwrap_or_default())
}

fn path(name: Terminated<'_>) -> &Path {
    let name = name.bytes().split(|&byte| byte == 0).next().unwrap_or_default();
    Path::new(OsStr::from_bytes(name))
}

/// As in `linux.rs`: an interrupted call is made again, but not for ever.
fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T> {
    for _ in 1..RETRIES {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(errno),
        }
    }
    call().map_err(errno)
}

/// The realtime clock.
///
/// # Errors
/// Where it stands before 1970.
pub fn now() -> Result<Time> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Errno(0))?;
    Ok(Time::new(since.as_secs().cast_signed(), since.subsec_nanos()))
}

/// A clock that nobody sets, in milliseconds.
///
/// # Errors
/// None here.
pub fn monotonic() -> Result<u64> {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let passed = BEGIN.get_or_init(Instant::now).elapsed().as_millis();
    Ok(u64::try_from(passed).unwrap_or(u64::MAX))
}

// std has neither a user id nor a way to ignore a signal. Both are POSIX, and the same on every system that has std.
#[allow(unsafe_code)]
unsafe extern "C" {
    safe fn geteuid() -> u32;
    fn signal(number: i32, handler: usize) -> usize;
}

/// Makes a file that grows past its limit an error like any other; std has done so for a broken pipe.
pub fn block_signals() {
    const SIGXFSZ: i32 = 25; // on Linux, macOS and every BSD
    const SIG_IGN: usize = 1;
    // SAFETY: no handler of ours is installed.
    #[allow(unsafe_code)]
    let _ = unsafe { signal(SIGXFSZ, SIG_IGN) };
}

/// Lets `milliseconds` pass.
pub fn sleep(milliseconds: u32) {
    std::thread::sleep(Duration::from_millis(milliseconds.into()));
}

/// The process that started this one.
#[must_use]
pub fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// The machine's node name, where the system has a file that says it.
#[must_use]
pub fn node_name() -> Option<Name> {
    let name = fs::read("/proc/sys/kernel/hostname").ok()?;
    Some(Name::concat(&[name.trim_ascii()]))
}

/// The inode of this process's pid namespace, where the system has such.
#[must_use]
pub fn pid_namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|metadata| metadata.ino())
}

/// Fills `buffer` from the start of the file at `path`; how many bytes there were.
///
/// # Errors
/// Where it cannot be opened or read.
pub fn read_path(name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    read_file(path(name), buffer)
}

fn read_file(path: &Path, buffer: &mut [u8]) -> Result<usize> {
    let mut file = retry(|| fs::File::open(path))?;
    let mut len = 0;
    while len < buffer.len() {
        match retry(|| file.read(&mut buffer[len..]))? {
            0 => break,
            count => len += count,
        }
    }
    Ok(len)
}

/// Fresh memory, all zero. It is never given back: a hook is short.
///
/// # Errors
/// None here; where there is no memory, the process ends.
pub fn allocate_pages(len: usize) -> Result<&'static mut [u8]> {
    Ok(vec![0; len].leak())
}

/// Writes one line to standard error, as far as it takes it.
pub fn write_error_line(line: &[u8]) {
    // There is nobody left to tell of an error.
    let _ = io::stderr().write_all(line);
}

/// Standard input, which must bring what it has within a time limit.
///
/// std cannot wait for a descriptor with a limit, so a thread reads it; the process ends without it.
pub struct Stdin {
    chunks: Receiver<Result<Vec<u8>>>,
    rest: Vec<u8>,
    until: Instant,
}

impl Stdin {
    /// Waits no longer than `milliseconds` in all.
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

    /// The next bytes; 0 at the end; `None` where the time is up.
    ///
    /// # Errors
    /// Where it cannot be read.
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

/// An open file; closed when dropped.
pub struct File(fs::File);

impl File {
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// Where they cannot all be written.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match retry(|| self.0.write(bytes))? {
                0 => return Err(Errno(28)), // ENOSPC, here as everywhere
                count => bytes = &bytes[count..],
            }
        }
        Ok(())
    }

    /// Sets when it was modified (and read).
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn set_modified(&mut self, time: Time) -> Result<()> {
        let time = UNIX_EPOCH + Duration::new(time.seconds(), time.nanoseconds());
        retry(|| self.0.set_times(fs::FileTimes::new().set_modified(time).set_accessed(time)))
    }
}

/// An open directory.
pub struct Directory {
    path: PathBuf,
    file: fs::File,
}

impl Directory {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(name: Terminated<'_>) -> Result<Self> {
        // The slash makes the system say ENOTDIR where it is none.
        let path = path(name).join("");
        let file = retry(|| fs::File::open(&path))?;
        Ok(Self { path, file })
    }

    /// Makes the directory at `path`, mode 0700.
    ///
    /// # Errors
    /// Where something is there, or it cannot be made.
    pub fn create(name: Terminated<'_>) -> Result<()> {
        retry(|| fs::DirBuilder::new().mode(0o700).create(path(name)))
    }

    /// Whose it is, and who may write to it.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn access(&self) -> Result<Access> {
        let metadata = retry(|| self.file.metadata())?;
        Ok(Access { is_ours: metadata.uid() == geteuid(), mode: metadata.mode() & 0o7777 })
    }

    /// Takes the directory's lock; `false` where another process holds it. It goes with this value.
    ///
    /// # Errors
    /// Where the file system has no locks.
    pub fn try_lock(&self) -> Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(errno(error)),
        }
    }

    /// What `name` is.
    ///
    /// # Errors
    /// Where there is no such name.
    pub fn metadata(&self, name: Terminated<'_>) -> Result<Metadata> {
        let metadata = retry(|| fs::symlink_metadata(self.path.join(path(name))))?;
        let nanoseconds = u32::try_from(metadata.mtime_nsec()).unwrap_or_default();
        Ok(Metadata {
            is_file: metadata.is_file(),
            modified: Time::new(metadata.mtime(), nanoseconds),
            len: metadata.len(),
        })
    }

    /// Fills `buffer` from the start of `name`; how many bytes there were.
    ///
    /// # Errors
    /// Where it cannot be opened or read.
    pub fn read(&self, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
        read_file(&self.path.join(path(name)), buffer)
    }

    /// Makes a new file, mode 0600 or narrower.
    ///
    /// # Errors
    /// Where `name` is taken, be it by a symbolic link, or cannot be made.
    pub fn create_file(&self, name: Terminated<'_>) -> Result<File> {
        retry(|| OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(path(name)))).map(File)
    }

    /// Gives `from` the name `to`, in the place of what had it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn rename(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        retry(|| fs::rename(self.path.join(path(from)), self.path.join(path(to))))
    }

    /// The same, but only where nothing has the name `to`.
    ///
    /// # Errors
    /// Always: std has no such call.
    pub fn rename_new(&self, _from: Terminated<'_>, _to: Terminated<'_>) -> Result<()> {
        Err(ENOSYS)
    }

    /// Gives each of two files the other's name, at one moment.
    ///
    /// # Errors
    /// Always: std has no such call.
    pub fn exchange(&self, _one: Terminated<'_>, _other: Terminated<'_>) -> Result<()> {
        Err(ENOSYS)
    }

    /// Gives the file `from` a second name, where nothing has it.
    ///
    /// # Errors
    /// Where something has it, or the file system cannot do this.
    pub fn link(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        retry(|| fs::hard_link(self.path.join(path(from)), self.path.join(path(to))))
    }

    /// Deletes the file `name`.
    ///
    /// # Errors
    /// Where there is none, or it cannot be deleted.
    pub fn remove(&self, name: Terminated<'_>) -> Result<()> {
        retry(|| fs::remove_file(self.path.join(path(name))))
    }
}

/// What the system gave the process at its start.
#[derive(Default)]
pub struct Environment;

impl Environment {
    /// The value of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static [u8]> {
        let value = std::env::var_os(name)?.into_encoded_bytes();
        Some(value.leak())
    }

    /// Bits that nobody can foresee: std seeds its hash maps with such.
    #[must_use]
    pub fn random(&self) -> u64 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(std::process::id())
    }
}

/// What an error means, in the system's words.
#[must_use]
pub fn describe_error(errno: Errno) -> Name {
    let mut line = io::Error::from_raw_os_error(errno.0).to_string();
    line.truncate(63);
    Name::concat(&[line.as_bytes()])
}
