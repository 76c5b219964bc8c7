//! The extended attributes of files, and their access lists, which Linux stores as such.

use std::ffi::{CStr, CString};
use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, getxattr, listxattr, removexattr, setxattr};
use rustix::io::Errno;

/// The attribute in which Linux stores the access list of a file.
pub const ACCESS_LIST: &CStr = c"system.posix_acl_access";

/// The error for an attribute that a file does not have.
#[cfg(target_os = "macos")]
const NO_ATTRIBUTE: Errno = Errno::NOATTR;
#[cfg(not(target_os = "macos"))]
const NO_ATTRIBUTE: Errno = Errno::NODATA;

/// The attributes of a file: names and values, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileAttributes(Vec<(CString, Vec<u8>)>);

impl FileAttributes {
    /// Reads the attributes of a file; there are none if the file system does not support them.
    ///
    /// # Errors
    /// If an attribute cannot be read.
    pub fn read_from(path: &Path) -> io::Result<Self> {
        let names = match read_whole(|buffer| listxattr(path, buffer)) {
            Err(Errno::NOTSUP) => return Ok(Self::default()),
            names => names?,
        };
        let mut attributes = Vec::new();
        for name in names.split_inclusive(|byte| *byte == 0) {
            let Ok(name) = CStr::from_bytes_with_nul(name) else { continue };
            match read_whole(|buffer| getxattr(path, name, buffer)) {
                Ok(value) => attributes.push((name.to_owned(), value)),
                // The attribute is the system's own, or was removed in the meantime.
                Err(Errno::NOTSUP | NO_ATTRIBUTE) => {}
                Err(_) if is_set_by_system(name) => {}
                Err(error) => return Err(attribute_error(path, name, "be read", error)),
            }
        }
        attributes.sort();
        Ok(Self(attributes))
    }

    /// Gives the file at `copy` these attributes and no others. `path` is the file that the copy will replace. The mode of the
    /// copy has to be set afterwards, because an access list changes it.
    ///
    /// # Errors
    /// If an attribute cannot be set, or one that the directory gave to the copy cannot be removed.
    pub fn copy_to(&self, copy: &Path, path: &Path) -> io::Result<()> {
        let existing = Self::read_from(copy)?;
        for (name, _) in existing.0.iter().filter(|(name, _)| self.0.iter().all(|(kept, _)| kept != name)) {
            match removexattr(copy, name.as_c_str()) {
                Err(error) if !is_set_by_system(name) => {
                    return Err(attribute_error(path, name, "be removed from its copy", error));
                }
                _ => {}
            }
        }
        for (name, value) in self.0.iter().filter(|attribute| !existing.0.contains(attribute)) {
            match setxattr(copy, name.as_c_str(), value, XattrFlags::empty()) {
                Err(error) if !is_set_by_system(name) => {
                    let (path, name) = (path.display(), name.to_string_lossy());
                    let error = io::Error::from(error);
                    let message =
                        format!("{path} has the attribute {name}, which cannot be set on a new file: {error}");
                    return Err(io::Error::new(error.kind(), message));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns whether a security module or macOS sets this attribute by its own rules. If we may not set it, the system does.
fn is_set_by_system(name: &CStr) -> bool {
    [&b"security."[..], b"com.apple."].iter().any(|prefix| name.to_bytes().starts_with(prefix))
}

fn attribute_error(path: &Path, name: &CStr, what: &str, error: Errno) -> io::Error {
    let error = io::Error::from(error);
    let message = format!("the attribute {} of {} cannot {what}: {error}", name.to_string_lossy(), path.display());
    io::Error::new(error.kind(), message)
}

/// Calls `read` with a growing buffer until the buffer is large enough. The kernel's limit is 64 KiB.
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
