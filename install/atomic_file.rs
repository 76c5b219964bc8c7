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

use crate::file_attributes::FileAttributes;
use crate::open_writer::{self, OpenWriter};

/// What our temporary files begin with: doctor knows an orphan by it.
pub const TEMPORARY_PREFIX: &str = ".session-signals.";

/// What the name of a file begins with that was moved out of its place, and whose place was then empty for a moment.
pub const MOVED_PREFIX: &str = ".session-signals.moved.";

/// Where the kernel cannot say who has a file open: so long may an editor that had it open take to write.
const WATCH_TIME: Duration = Duration::from_millis(200);

/// A file as it was read.
#[derive(PartialEq, Eq)]
pub struct SeenFile {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Access lists and the like.
    pub attributes: FileAttributes,
    /// How many names it has.
    pub links: u64,
}

impl SeenFile {
    /// Whether the file at `path` is as this one was: but for its names, which come and go with our own work.
    fn is_unchanged(&self, path: &Path) -> io::Result<bool> {
        Ok(see_file(path)?.is_some_and(|now| Self { links: self.links, ..now } == *self))
    }
}

/// Reads a file; `None` where there is none.
///
/// # Errors
/// Where it is there but cannot be read, or is no file.
pub fn see_file(path: &Path) -> io::Result<Option<SeenFile>> {
    let meta = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        meta => meta?,
    };
    if !meta.is_file() {
        return Err(io::Error::other(format!("{} is not a file", path.display())));
    }
    let (bytes, attributes) = (fs::read(path)?, FileAttributes::read_from(path)?);
    let (mode, owner, links) = (meta.mode() & 0o7777, (meta.uid(), meta.gid()), meta.nlink());
    Ok(Some(SeenFile { bytes, mode, owner, attributes, links }))
}

/// Writes `path`, new or not, with this mode.
///
/// # Errors
/// Any of the file system's; then nothing is left behind.
pub fn write_file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_temporary(path, bytes, mode, None)?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_folder(path);
    Ok(())
}

/// What became of a replacement.
pub enum SwapResult {
    /// It is done. The file that was displaced, which nobody has written to since, lies here.
    Done(Option<PathBuf>),
    /// The file is no longer what was seen, or somebody has it open for writing: it stands where it stood.
    Changed,
    /// The same; but other programs wrote at once. The latest one's file is in place, the others' lie here.
    Crossed(Vec<PathBuf>),
}

/// Puts `bytes` where `seen` was read, unless it is no longer what lies there.
///
/// The two files are exchanged in one step, and what came out is looked at: whatever another program wrote
/// after our last look is found, and put back; so is a file that another program has open for writing.
///
/// # Errors
/// Any of the file system's; a mode, owner or attribute that cannot be kept; a file system where a file of another
/// program could be lost.
pub fn swap_file(path: &Path, seen: Option<&SeenFile>, bytes: &[u8]) -> io::Result<SwapResult> {
    let temporary = write_temporary(path, bytes, seen.map_or(0o600, |seen| seen.mode), seen)?;
    let Some(seen) = seen else {
        return match temporary.persist_noclobber(path) {
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(SwapResult::Changed),
            Err(error) => Err(error.error),
            Ok(()) => {
                sync_folder(path);
                Ok(SwapResult::Done(None))
            }
        };
    };
    if !seen.is_unchanged(path)? {
        return Ok(SwapResult::Changed);
    }
    let ExchangedFile { out, is_in } = match exchange_files(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Changed),
        traded => traded?,
    };
    if is_in {
        // From here on its name may be that of another program's file: no error may remove it.
        let _ = temporary.keep();
    }
    sync_folder(path);
    let is_left_alone = stays_unchanged(&out, |out| seen.is_unchanged(out)).map_err(left_behind_error(&out))?;
    match (is_in, is_left_alone) {
        (true, true) => Ok(SwapResult::Done(Some(out))),
        (true, false) => put_back(out, path, bytes),
        // What has appeared in its place is the newest.
        (false, true) => discard_displaced(&out).map(|_| SwapResult::Changed),
        (false, false) => Ok(SwapResult::Crossed(vec![out])),
    }
}

/// Removes `path`, unless it is no longer what was `seen`.
///
/// # Errors
/// Any of the file system's; one where a file of another program could be lost.
pub fn remove_file(path: &Path, seen: &SeenFile) -> io::Result<SwapResult> {
    if !seen.is_unchanged(path)? {
        return Ok(SwapResult::Changed);
    }
    check_target(path)?;
    let held = reserve_name(path, TEMPORARY_PREFIX)?;
    match fs::rename(path, &held) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Changed),
        done => done?,
    }
    let held = held.keep().map_err(|error| error.error)?;
    sync_folder(path);
    if stays_unchanged(&held, |held| seen.is_unchanged(held)).map_err(left_behind_error(&held))? {
        return Ok(SwapResult::Done(Some(held)));
    }
    let done = put_file(&held, path);
    sync_folder(path);
    match done {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(SwapResult::Crossed(vec![held])),
        done => done.map(|()| SwapResult::Changed).map_err(left_behind_error(&held)),
    }
}

/// Removes what was displaced, where nobody can write to it any more, or it has another name; whether that is so. Else it
/// stays under its dot name, and `hooks doctor` knows it.
///
/// # Errors
/// Any of the file system's.
pub fn discard_displaced(displaced: &Path) -> io::Result<bool> {
    let is_nobodys =
        open_writer::find_writer(displaced) == OpenWriter::Nobody || displaced.symlink_metadata()?.nlink() > 1;
    if is_nobodys {
        fs::remove_file(displaced)?;
    }
    Ok(is_nobodys)
}

/// Gives a file a name that nothing has.
///
/// # Errors
/// `AlreadyExists` where something has it. Any other of the file system's.
pub fn put_file(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    std::fs::hard_link(from, to)?;
    // It is there: that it has a second name is no failure.
    let _ = std::fs::remove_file(from);
    Ok(())
}

/// Refuses a file system where [`put`] cannot work: what appears there between a look and a rename would be lost.
fn check_target(path: &Path) -> io::Result<()> {
    let (one, other) = (reserve_name(path, TEMPORARY_PREFIX)?, reserve_name(path, TEMPORARY_PREFIX)?);
    fs::remove_file(&other)?;
    put_file(&one, &other).map_err(|error| {
        let path = path.display();
        let said = format!(
            "{path} is on a file system that can neither exchange two files nor give a file a free name only ({error}): what another program saves at the same time could be lost"
        );
        io::Error::new(error.kind(), said)
    })
}

/// Returns another program's file, which lies at `held`, to its place, where `ours` stands.
fn put_back(held: PathBuf, path: &Path, ours: &[u8]) -> io::Result<SwapResult> {
    let ExchangedFile { out, is_in } = match exchange_files(&held, path) {
        // Somebody has removed ours: the newest is that there is none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Crossed(vec![held])),
        traded => traded.map_err(left_behind_error(&held))?,
    };
    sync_folder(path);
    let is_ours = |file: &Path| Ok(fs::read(file)? == ours);
    if stays_unchanged(&out, is_ours).map_err(left_behind_error(&out))? {
        discard_displaced(&out)?;
        return Ok(if is_in { SwapResult::Changed } else { SwapResult::Crossed(vec![held]) });
    }
    if !is_in {
        return Ok(SwapResult::Crossed(vec![held, out]));
    }
    // Ours was written to meanwhile: that is the newest, and belongs there.
    let older = match exchange_files(&out, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![out],
        traded => match traded.map_err(left_behind_error(&out))? {
            ExchangedFile { out: older, is_in: true } => vec![older],
            ExchangedFile { out: older, is_in: false } => vec![older, out],
        },
    };
    sync_folder(path);
    Ok(SwapResult::Crossed(older))
}

/// Names the file that holds what must not be lost.
fn left_behind_error(held: &Path) -> impl Fn(io::Error) -> io::Error {
    let held = held.display().to_string();
    move |error| io::Error::new(error.kind(), format!("{held} holds what another program wrote: {error}"))
}

/// Whether the file that we took from its place is what it was, and nobody can write to it any more.
fn stays_unchanged(held: &Path, is_same: impl Fn(&Path) -> io::Result<bool>) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        let writer = open_writer::find_writer(held);
        if !is_same(held)? || writer == OpenWriter::Somebody {
            return Ok(false);
        }
        if writer == OpenWriter::Nobody || start.elapsed() > WATCH_TIME {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// What came of a trade.
struct ExchangedFile {
    /// Where the file lies that stood in the place.
    out: PathBuf,
    /// Whether the new one stands there. Else another program was quicker, and the new one lies where it lay.
    is_in: bool,
}

/// Puts the file `new` at `path`. Where the file system cannot exchange the two, the old one is moved aside first: so
/// whatever stands there at that moment is kept. A kill before the new one is there leaves nothing in its place; the
/// name of the old one then says where it belongs.
fn exchange_files(new: &Path, path: &Path) -> io::Result<ExchangedFile> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(ExchangedFile { out: new.to_owned(), is_in: true }),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        Err(error) => return Err(error.into()),
    }
    check_target(path)?;
    let out = reserve_name(path, MOVED_PREFIX)?;
    fs::rename(path, &out)?;
    let out = out.keep().map_err(|error| error.error)?;
    match put_file(new, path) {
        Ok(()) => Ok(ExchangedFile { out, is_in: true }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(ExchangedFile { out, is_in: false }),
        Err(error) => {
            put_file(&out, path).map_err(left_behind_error(&out))?;
            Err(error)
        }
    }
}

/// An empty file beside `path`, whose name is ours until another file is moved over it.
fn reserve_name(path: &Path, prefix: &str) -> io::Result<TempPath> {
    Ok(tempfile::Builder::new().prefix(prefix).tempfile_in(folder_of(path))?.into_temp_path())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// A complete temporary file beside `path`, on the disk; of the kind of `like`, but for the mode.
fn write_temporary(path: &Path, bytes: &[u8], mode: u32, like: Option<&SeenFile>) -> io::Result<TempPath> {
    let folder = folder_of(path);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("a file in {}: {error}", folder.display()));
    let mut file: NamedTempFile =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    if let Some(SeenFile { owner: (user, group), attributes, .. }) = like {
        let found = file.as_file().metadata()?;
        if (found.uid(), found.gid()) != (*user, *group) {
            fchown(file.as_file(), Some(*user), Some(*group)).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{} cannot keep its owner {user}:{group}: {error}", path.display()),
                )
            })?;
        }
        attributes.copy_to(file.path(), path)?;
    }
    // At the end: a change of owner takes bits away, and an access list changes those of the group.
    file.as_file().set_permissions(PermissionsExt::from_mode(mode))?;
    file.as_file().sync_all().map_err(named)?;
    Ok(file.into_temp_path())
}

/// Makes a rename last, where the file system can. It is done in any case, so a failure is none of ours.
pub fn sync_folder(path: &Path) {
    let _ = std::fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}
