//! Replaces or removes a file, unless another program has changed it or is about to.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use session_signals_cli::wait_until;

use super::exchange::{ExchangedFile, check_target, exchange_files, left_behind_error, put_file};
use super::seen_file::SeenFile;
use super::temporary::{TEMPORARY_PREFIX, reserve_name, sync_folder, write_temporary};
use crate::open_writer::{self, OpenWriter};

/// How long a replaced file is watched for changes if the kernel cannot tell who has it open. An editor that had it open
/// writes within this time.
const WATCH_TIME: Duration = Duration::from_millis(200);

/// The pause between two looks at a watched file.
const WATCH_PAUSE: Duration = Duration::from_millis(10);

/// The result of [`swap_file`] and [`remove_file`].
pub enum SwapResult {
    /// The change is made. The replaced file, which nobody has written to since, is at this path.
    Done(Option<PathBuf>),
    /// Another program has changed the file, or has it open for writing. The file of that program is where it was.
    Changed,
    /// Several programs wrote at the same time. The latest file is in place, the others are at these paths.
    Crossed(Vec<PathBuf>),
}

/// Replaces the content of the file that was read as `seen`; `None` means that there was no file.
///
/// The new file and the old one are exchanged in one step, and then the old one is compared with `seen`. So a change that
/// another program makes after the last comparison is found, and its file is put back. A file that another program has open
/// for writing is put back, too.
///
/// # Errors
/// If the file system refuses a step, if the mode, the owner or an attribute cannot be kept, and if the file system has no
/// rename that is safe for files of other programs.
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
    let ExchangedFile { old, is_placed } = match exchange_files(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Changed),
        exchanged => exchanged?,
    };
    if is_placed {
        // The temporary name may now be that of another program's file, so an error must not remove it.
        let _ = temporary.keep();
    }
    sync_folder(path);
    let is_unchanged = stays_unchanged(&old, |old| seen.is_unchanged(old)).map_err(left_behind_error(&old))?;
    match (is_placed, is_unchanged) {
        (true, true) => Ok(SwapResult::Done(Some(old))),
        (true, false) => put_back(old, path, bytes),
        // The newest file is the one that another program put at the path.
        (false, true) => discard_displaced(&old).map(|_| SwapResult::Changed),
        (false, false) => Ok(SwapResult::Crossed(vec![old])),
    }
}

/// Removes the file that was read as `seen`.
///
/// # Errors
/// As for [`swap_file`].
pub fn remove_file(path: &Path, seen: &SeenFile) -> io::Result<SwapResult> {
    if !seen.is_unchanged(path)? {
        return Ok(SwapResult::Changed);
    }
    check_target(path)?;
    let moved = reserve_name(path, TEMPORARY_PREFIX)?;
    match fs::rename(path, &moved) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Changed),
        result => result?,
    }
    let moved = moved.keep().map_err(|error| error.error)?;
    sync_folder(path);
    if stays_unchanged(&moved, |moved| seen.is_unchanged(moved)).map_err(left_behind_error(&moved))? {
        return Ok(SwapResult::Done(Some(moved)));
    }
    let result = put_file(&moved, path);
    sync_folder(path);
    match result {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(SwapResult::Crossed(vec![moved])),
        result => result.map(|()| SwapResult::Changed).map_err(left_behind_error(&moved)),
    }
}

/// Removes a file that was replaced, if no program has it open for writing or if it has another name. Returns whether it was
/// removed. A file that stays is found by `hooks doctor`.
///
/// # Errors
/// If the file system refuses to read or remove the file.
pub fn discard_displaced(displaced: &Path) -> io::Result<bool> {
    let is_removable =
        open_writer::find_writer(displaced) == OpenWriter::Nobody || displaced.symlink_metadata()?.nlink() > 1;
    if is_removable {
        fs::remove_file(displaced)?;
    }
    Ok(is_removable)
}

/// Puts the file of another program, which is at `displaced`, back to `path`, where our file is now.
fn put_back(displaced: PathBuf, path: &Path, our_bytes: &[u8]) -> io::Result<SwapResult> {
    let ExchangedFile { old, is_placed } = match exchange_files(&displaced, path) {
        // Another program has removed our file, so the newest state is that there is no file.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(SwapResult::Crossed(vec![displaced])),
        exchanged => exchanged.map_err(left_behind_error(&displaced))?,
    };
    sync_folder(path);
    let is_ours = |file: &Path| Ok(fs::read(file)? == our_bytes);
    if stays_unchanged(&old, is_ours).map_err(left_behind_error(&old))? {
        discard_displaced(&old)?;
        return Ok(if is_placed { SwapResult::Changed } else { SwapResult::Crossed(vec![displaced]) });
    }
    if !is_placed {
        return Ok(SwapResult::Crossed(vec![displaced, old]));
    }
    // Another program has changed our file in the meantime. That is the newest file, so it goes back to the path.
    let older = match exchange_files(&old, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![old],
        exchanged => match exchanged.map_err(left_behind_error(&old))? {
            ExchangedFile { old: older, is_placed: true } => vec![older],
            ExchangedFile { old: older, is_placed: false } => vec![older, old],
        },
    };
    sync_folder(path);
    Ok(SwapResult::Crossed(older))
}

/// Returns whether a replaced file is unchanged and no program can write to it any more.
fn stays_unchanged(displaced: &Path, is_same: impl Fn(&Path) -> io::Result<bool>) -> io::Result<bool> {
    let result = wait_until(WATCH_TIME, WATCH_PAUSE, || {
        // Look for a writer first: if a program closes the file in between, all that it wrote is compared.
        let writer = open_writer::find_writer(displaced);
        match is_same(displaced) {
            Ok(true) if writer == OpenWriter::Nobody => Some(Ok(true)),
            Ok(true) if writer == OpenWriter::Unknown => None,
            result => Some(result.map(|_| false)),
        }
    });
    result.unwrap_or(Ok(true))
}
