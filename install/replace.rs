//! Files are replaced whole: a temporary one beside them, then a rename. A reader and a crash see the old or the new.
//!
//! What a replacement displaces is never dropped here while another program can still write to it.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::{NamedTempFile, TempPath};

use crate::attributes::Attributes;
use crate::writer::{self, Writer};

/// What our temporary files begin with: doctor knows an orphan by it.
pub const PREFIX: &str = ".session-signals.";

/// Where the kernel cannot say who has a file open: so long may an editor that had it open take to write.
const WATCHED: Duration = Duration::from_millis(200);

/// A file as it was read.
#[derive(PartialEq, Eq)]
pub struct Seen {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Access lists and the like.
    pub attributes: Attributes,
    /// How many names it has.
    pub links: u64,
}

impl Seen {
    /// Whether the file at `path` is as this one was: but for its names, which come and go with our own work.
    fn is_still(&self, path: &Path) -> io::Result<bool> {
        Ok(see(path)?.is_some_and(|now| Self { links: self.links, ..now } == *self))
    }
}

/// Reads a file; `None` where there is none.
///
/// # Errors
/// Where it is there but cannot be read, or is no file.
pub fn see(path: &Path) -> io::Result<Option<Seen>> {
    let meta = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        meta => meta?,
    };
    if !meta.is_file() {
        return Err(io::Error::other(format!("{} is not a file", path.display())));
    }
    let (bytes, attributes) = (fs::read(path)?, Attributes::of(path)?);
    let (mode, owner, links) = (meta.mode() & 0o7777, (meta.uid(), meta.gid()), meta.nlink());
    Ok(Some(Seen { bytes, mode, owner, attributes, links }))
}

/// Writes `path`, new or not, with this mode.
///
/// # Errors
/// Any of the file system's; then nothing is left behind.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = stage(path, bytes, mode, None)?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(path);
    Ok(())
}

/// What became of a replacement.
pub enum Swap {
    /// It is done. The file that was displaced, which nobody has written to since, lies here.
    Done(Option<PathBuf>),
    /// The file is no longer what was seen, or somebody has it open for writing: it stands where it stood.
    Changed,
    /// The same; but two other programs wrote at once. The later one's file is in place, the other one's lies here.
    Crossed(PathBuf),
}

/// Puts `bytes` where `seen` was read, unless it is no longer what lies there.
///
/// The two files are exchanged in one step, and what came out is looked at: whatever another program wrote
/// after our last look is found, and put back; so is a file that another program has open for writing.
///
/// # Errors
/// Any of the file system's; a mode, owner or attribute that cannot be kept.
pub fn swap(path: &Path, seen: Option<&Seen>, bytes: &[u8]) -> io::Result<Swap> {
    let temporary = stage(path, bytes, seen.map_or(0o600, |seen| seen.mode), seen)?;
    let Some(seen) = seen else {
        return match temporary.persist_noclobber(path) {
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(Swap::Changed),
            Err(error) => Err(error.error),
            Ok(()) => {
                sync_folder(path);
                Ok(Swap::Done(None))
            }
        };
    };
    if !seen.is_still(path)? {
        return Ok(Swap::Changed);
    }
    let held = match trade(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Swap::Changed),
        held => held?,
    };
    // From here on its name may be that of another program's file: no error may remove it.
    let _ = temporary.keep();
    sync_folder(path);
    let Some(held) = held else { return Ok(Swap::Done(None)) };
    if is_left_alone(&held, |held| seen.is_still(held)).map_err(left(&held))? {
        return Ok(Swap::Done(Some(held)));
    }
    give_back(held, path, bytes)
}

/// Removes `path`, unless it is no longer what was `seen`.
///
/// # Errors
/// Any of the file system's.
pub fn remove(path: &Path, seen: &Seen) -> io::Result<Swap> {
    if !seen.is_still(path)? {
        return Ok(Swap::Changed);
    }
    let held = stage(path, b"", 0o600, None)?;
    match fs::rename(path, &held) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Swap::Changed),
        done => done?,
    }
    let held = held.keep().map_err(|error| error.error)?;
    sync_folder(path);
    if is_left_alone(&held, |held| seen.is_still(held)).map_err(left(&held))? {
        return Ok(Swap::Done(Some(held)));
    }
    let done = match renameat_with(CWD, &held, CWD, path, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            std::fs::hard_link(&held, path).and_then(|()| std::fs::remove_file(&held))
        }
        done => done.map_err(io::Error::from),
    };
    sync_folder(path);
    match done {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Swap::Crossed(held)),
        done => done.map(|()| Swap::Changed).map_err(left(&held)),
    }
}

/// Returns another program's file, which lies at `held`, to its place, where `ours` stands.
fn give_back(held: PathBuf, path: &Path, ours: &[u8]) -> io::Result<Swap> {
    let out = match trade(&held, path) {
        // Somebody has removed ours: the newest is that there is none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Swap::Crossed(held)),
        out => out.map_err(left(&held))?,
    };
    sync_folder(path);
    let Some(out) = out else { return Ok(Swap::Changed) };
    let is_ours = |file: &Path| Ok(fs::read(file)? == ours);
    if is_left_alone(&out, is_ours).map_err(left(&out))? {
        fs::remove_file(out)?;
        return Ok(Swap::Changed);
    }
    // Ours was written to meanwhile: that is the newest, and belongs there.
    let older = match trade(&out, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(out),
        older => older.map_err(left(&out))?,
    };
    sync_folder(path);
    Ok(older.map_or(Swap::Changed, Swap::Crossed))
}

/// Names the file that holds what must not be lost.
fn left(held: &Path) -> impl Fn(io::Error) -> io::Error {
    let held = held.display().to_string();
    move |error| io::Error::new(error.kind(), format!("{held} holds what another program wrote: {error}"))
}

/// Whether the file that we took from its place is what it was, and nobody can write to it any more.
fn is_left_alone(held: &Path, is_same: impl Fn(&Path) -> io::Result<bool>) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        let writer = writer::of(held);
        if !is_same(held)? || writer == Writer::Somebody {
            return Ok(false);
        }
        if writer == Writer::Nobody || start.elapsed() > WATCHED {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Puts the file `new` at `path`, and says where the one that stood there lies now. On a file system that can neither
/// exchange files nor give one two names, that one is gone, and `None` says so.
fn trade(new: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(Some(new.to_owned())),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        Err(error) => return Err(error.into()),
    }
    let second = tempfile::Builder::new().prefix(PREFIX).make_in(folder(path), |name| std::fs::hard_link(path, name));
    match second {
        Ok(second) => {
            // Not every file system can: there the moment from here to the rename stays open.
            fs::rename(new, path)?;
            Ok(Some(second.into_temp_path().keep().map_err(|error| error.error)?))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => fs::rename(new, path).map(|()| None),
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// A complete temporary file beside `path`, on the disk; of the kind of `like`, but for the mode.
fn stage(path: &Path, bytes: &[u8], mode: u32, like: Option<&Seen>) -> io::Result<TempPath> {
    let folder = folder(path);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("a file in {}: {error}", folder.display()));
    let mut file: NamedTempFile = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    if let Some(Seen { owner: (user, group), attributes, .. }) = like {
        let found = file.as_file().metadata()?;
        if (found.uid(), found.gid()) != (*user, *group) {
            fchown(file.as_file(), Some(*user), Some(*group)).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{} cannot keep its owner {user}:{group}: {error}", path.display()),
                )
            })?;
        }
        attributes.give(file.path(), path)?;
    }
    // At the end: a change of owner takes bits away, and an access list changes those of the group.
    file.as_file().set_permissions(PermissionsExt::from_mode(mode))?;
    file.as_file().sync_all().map_err(named)?;
    Ok(file.into_temp_path())
}

/// Makes a rename last, where the file system can. It is done in any case, so a failure is none of ours.
pub fn sync_folder(path: &Path) {
    let _ = std::fs::File::open(folder(path)).and_then(|folder| folder.sync_all());
}
