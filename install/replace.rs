//! Files are replaced whole: a temporary one beside them, then a rename. A reader and a crash see the old or the new.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

use fs_err as fs;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use tempfile::{NamedTempFile, TempPath};

/// What our temporary files begin with: doctor knows an orphan by it.
pub const PREFIX: &str = ".session-signals.";

/// A file as it was read.
pub struct Seen {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// How many names it has.
    pub links: u64,
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
    let bytes = fs::read(path)?;
    Ok(Some(Seen { bytes, mode: meta.mode() & 0o7777, owner: (meta.uid(), meta.gid()), links: meta.nlink() }))
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

/// Puts `bytes` where `seen` was read, unless it is no longer what lies there: then says `false` and leaves all as it is.
///
/// The two files are exchanged in one step, and what came out is looked at: whatever another program wrote
/// after our last look is found, and put back.
///
/// # Errors
/// Any of the file system's; a mode or owner that cannot be kept.
pub fn swap(path: &Path, seen: Option<&Seen>, bytes: &[u8]) -> io::Result<bool> {
    let temporary = stage(path, bytes, seen.map_or(0o600, |seen| seen.mode), seen.map(|seen| seen.owner))?;
    let Some(seen) = seen else {
        return match temporary.persist_noclobber(path) {
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error.error),
            Ok(()) => {
                sync_folder(path);
                Ok(true)
            }
        };
    };
    let still = |path: &Path| -> io::Result<bool> { Ok(see(path)?.is_some_and(|now| now.bytes == seen.bytes)) };
    if !still(path)? {
        return Ok(false);
    }
    match exchange(&temporary, path) {
        Ok(()) if still(&temporary)? => {}
        Ok(()) => {
            let Err(error) = put_back(&temporary, path, bytes) else { return Ok(false) };
            let kept = temporary.keep().map_err(|error| error.error)?;
            let kept = kept.display();
            return Err(io::Error::new(error.kind(), format!("{kept} holds what another program wrote: {error}")));
        }
        Err(Errno::NOENT) => return Ok(false),
        // Not every file system can: there the moment since the look stays open.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => temporary.persist(path).map_err(|error| error.error)?,
        Err(error) => return Err(error.into()),
    }
    sync_folder(path);
    Ok(true)
}

/// Removes `path`, unless it is no longer what was `seen`: then says `false`.
///
/// # Errors
/// Any of the file system's.
pub fn remove(path: &Path, seen: &Seen) -> io::Result<bool> {
    if see(path)?.is_none_or(|now| now.bytes != seen.bytes) {
        return Ok(false);
    }
    fs::remove_file(path)?;
    sync_folder(path);
    Ok(true)
}

/// Returns the other program's file, which `held` now has, to its place. Should it have written once more
/// meanwhile, its newest is what comes to stand there.
fn put_back(held: &Path, path: &Path, ours: &[u8]) -> io::Result<()> {
    let mut expected = ours.to_vec();
    loop {
        let put = fs::read(held)?;
        match exchange(held, path) {
            // Its newest is that there is none.
            Err(Errno::NOENT) => return Ok(()),
            done => done?,
        }
        if fs::read(held)? == expected {
            sync_folder(path);
            return Ok(());
        }
        expected = put;
    }
}

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// A complete temporary file beside `path`, on the disk.
fn stage(path: &Path, bytes: &[u8], mode: u32, owner: Option<(u32, u32)>) -> io::Result<TempPath> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("a file in {}: {error}", folder.display()));
    let mut file: NamedTempFile = tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    if let Some((user, group)) = owner {
        let found = file.as_file().metadata()?;
        if (found.uid(), found.gid()) != (user, group) {
            fchown(file.as_file(), Some(user), Some(group)).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{} cannot keep its owner {user}:{group}: {error}", path.display()),
                )
            })?;
        }
    }
    // After the owner: a change of owner takes bits away.
    file.as_file().set_permissions(PermissionsExt::from_mode(mode))?;
    file.as_file().sync_all().map_err(named)?;
    Ok(file.into_temp_path())
}

/// Makes a rename last, where the file system can. It is done in any case, so a failure is none of ours.
fn sync_folder(path: &Path) {
    let _ = std::fs::File::open(path.parent().unwrap_or(Path::new("/"))).and_then(|folder| folder.sync_all());
}
