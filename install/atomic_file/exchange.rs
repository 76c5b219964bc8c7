//! Renames that lose no file of another program.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::temporary::{MOVED_PREFIX, TEMPORARY_PREFIX, reserve_name};

/// The result of [`exchange_files`].
pub struct ExchangedFile {
    /// Where the file is now that was at the path before.
    pub old: PathBuf,
    /// Whether the new file is at the path. If not, another program put a file there first, and the new file is still where
    /// it was.
    pub is_placed: bool,
}

/// Puts the file `new` at `path`, and keeps the file that was there.
///
/// If the file system cannot exchange two files, the old file is moved away first. A kill at that moment leaves nothing at
/// `path`; the name of the old file then begins with [`MOVED_PREFIX`], and the next run puts it back.
///
/// # Errors
/// `NotFound` if there is no file at `path`. An error of [`check_target`], or of another step. The old file is then at `path`,
/// or the error names the place where it is.
pub fn exchange_files(new: &Path, path: &Path) -> io::Result<ExchangedFile> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE) {
        Ok(()) => return Ok(ExchangedFile { old: new.to_owned(), is_placed: true }),
        Err(error) if is_not_supported(error) => {}
        Err(error) => return Err(error.into()),
    }
    check_target(path)?;
    let old = reserve_name(path, MOVED_PREFIX)?;
    fs::rename(path, &old)?;
    let old = old.keep().map_err(|error| error.error)?;
    match put_file(new, path) {
        Ok(()) => Ok(ExchangedFile { old, is_placed: true }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(ExchangedFile { old, is_placed: false }),
        Err(error) => {
            put_file(&old, path).map_err(left_behind_error(&old))?;
            Err(error)
        }
    }
}

/// Renames a file to a name that no file has.
///
/// # Errors
/// `AlreadyExists` if a file has that name. Any other error of the file system.
pub fn put_file(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(error) if is_not_supported(error) => {}
        result => return Ok(result?),
    }
    std::fs::hard_link(from, to)?;
    // The file has its new name. If it also keeps the old one, nothing is lost.
    let _ = std::fs::remove_file(from);
    Ok(())
}

/// Returns whether the file system, or the system, does not have a call. macOS has two numbers for that, and Linux has one.
fn is_not_supported(error: Errno) -> bool {
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}

/// Checks that [`put_file`] works in the directory of `path`. Without it, a file that another program saves between a check
/// and a rename would be lost.
///
/// # Errors
/// If the file system can neither rename without replacing nor make hard links.
pub fn check_target(path: &Path) -> io::Result<()> {
    let (from, to) = (reserve_name(path, TEMPORARY_PREFIX)?, reserve_name(path, TEMPORARY_PREFIX)?);
    fs::remove_file(&to)?;
    put_file(&from, &to).map_err(|error| {
        let path = path.display();
        let message = format!(
            "{path} is on a file system that can neither exchange two files nor rename a file without replacing another ({error}): what another program saves at the same time could be lost"
        );
        io::Error::new(error.kind(), message)
    })
}

/// Returns a function that makes an error name the file that must not be lost.
pub fn left_behind_error(left: &Path) -> impl Fn(io::Error) -> io::Error {
    let left = left.display().to_string();
    move |error| io::Error::new(error.kind(), format!("{left} contains what another program wrote: {error}"))
}
