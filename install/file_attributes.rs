//! What a file has besides bytes, mode and owner: access lists and other extended attributes.

use std::ffi::{CStr, CString};
use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, listxattr, removexattr, setxattr};
use rustix::io::Errno;

/// The access list of files on Linux.
pub const ACCESS_LIST: &CStr = c"system.posix_acl_access";

/// Name and value of each, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileAttributes(Vec<(CString, Vec<u8>)>);

impl FileAttributes {
    /// Those of a file; none where the file system has none.
    ///
    /// # Errors
    /// Any of the file system's but that.
    pub fn read_from(path: &Path) -> io::Result<Self> {
        let names = match read_whole(|buffer| listxattr(path, buffer)) {
            Err(Errno::OPNOTSUPP) => return Ok(Self::default()),
            names => names?,
        };
        let mut found = Vec::new();
        for name in names.split_inclusive(|byte| *byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
            match read_whole(|buffer| getxattr(path, name, buffer)) {
                Ok(value) => found.push((name.to_owned(), value)),
                // The system's own, or gone since.
                Err(Errno::OPNOTSUPP | Errno::NODATA) => {}
                Err(_) if is_set_by_system(name) => {}
                Err(error) => return Err(attribute_error(path, name, "be read", error)),
            }
        }
        found.sort();
        Ok(Self(found))
    }

    /// Gives exactly these to the file at `copy`, which is to take the place of `path`. An access list changes the
    /// mode, so that comes after.
    ///
    /// # Errors
    /// Where one cannot be given, or one that it has from its directory cannot be taken away.
    pub fn copy_to(&self, copy: &Path, path: &Path) -> io::Result<()> {
        let there = Self::read_from(copy)?;
        for (name, _) in there.0.iter().filter(|(name, _)| self.0.iter().all(|(wanted, _)| wanted != name)) {
            match removexattr(copy, name.as_c_str()) {
                Err(error) if !is_set_by_system(name) => {
                    return Err(attribute_error(path, name, "be taken from its copy", error));
                }
                _ => {}
            }
        }
        for (name, value) in self.0.iter().filter(|attribute| !there.0.contains(attribute)) {
            match setxattr(copy, name.as_c_str(), value, XattrFlags::empty()) {
                Err(error) if !is_set_by_system(name) => {
                    let (path, name) = (path.display(), name.to_string_lossy());
                    let error = io::Error::from(error);
                    let said = format!("{path} has the attribute {name}, which a new file cannot be given: {error}");
                    return Err(io::Error::new(error.kind(), said));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Labels that a security module or macOS gives by rules of its own: where we may not set them, they do.
fn is_set_by_system(name: &CStr) -> bool {
    [&b"security."[..], b"com.apple."].iter().any(|prefix| name.to_bytes().starts_with(prefix))
}

fn attribute_error(path: &Path, name: &CStr, what: &str, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    let said = format!("the attribute {} of {} cannot {what}: {error}", name.to_string_lossy(), path.display());
    io::Error::new(error.kind(), said)
}

/// Reads into a buffer that grows until it is large enough; the kernel's limit is 64 KiB.
fn read_whole(read: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0; 1 << 10];
    loop {
        match read(&mut buffer) {
            Err(Errno::RANGE) if buffer.len() < 1 << 20 => buffer.resize(buffer.len() * 8, 0),
            Err(error) => return Err(error),
            Ok(len) => {
                buffer.truncate(len);
                return Ok(buffer);
            }
        }
    }
}
