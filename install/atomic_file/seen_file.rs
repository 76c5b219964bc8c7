//! A file as it was read, to be compared with what is there later.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fs_err as fs;

use crate::file_attributes::FileAttributes;

/// What a file was when it was read.
#[derive(PartialEq, Eq)]
pub struct SeenFile {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// The ids of its user and its group.
    pub owner: (u32, u32),
    /// Its access lists and other extended attributes.
    pub attributes: FileAttributes,
    /// The number of its hard links.
    pub links: u64,
}

impl SeenFile {
    /// Returns whether the file at `path` still is as this one was. The number of links is not compared: our own work
    /// changes it.
    ///
    /// # Errors
    /// As for [`see_file`].
    pub fn is_unchanged(&self, path: &Path) -> io::Result<bool> {
        Ok(see_file(path)?.is_some_and(|now| Self { links: self.links, ..now } == *self))
    }
}

/// Reads a file; `None` if it does not exist.
///
/// # Errors
/// If the file cannot be read, or is not a regular file.
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
