//! The registry of the CLI: `<config dir>/sessions/<pid>.json`, one file for each live process. It exists since CLI 2.1.139 and
//! is undocumented, so nothing here requires it.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use crate::host::Host;
use crate::registry_entry::RegistryEntry;
use crate::registry_file::RegistryFile;
use crate::regular_file;

/// The name of the registry in the configuration directory.
pub const REGISTRY_DIR: &str = "sessions";

/// The largest file that is read, in bytes. The CLI writes some 700.
const MAX_LEN: u64 = 1 << 20;

/// The entries of the registry at one time. Entries of processes that have ended are left out.
#[derive(Default)]
pub struct Registry {
    /// The entries of processes that live.
    pub vouched: Vec<RegistryEntry>,
    /// The entries of processes in other pid namespaces. They may or may not live.
    pub unproven: Vec<RegistryEntry>,
    /// The entries of processes that the background service keeps ready: nobody has used their sessions yet.
    pub spare: Vec<RegistryEntry>,
    /// The entries of windows that have handed their sessions over to the background.
    pub parked: Vec<RegistryEntry>,
    /// How many files could not be understood.
    pub skipped_files: usize,
    /// What is there and could not be read: a sentence each.
    pub unreadable: Vec<String>,
}

impl Registry {
    /// Reads all files of a registry directory. Other files than `<pid>.json` are ignored. A directory that does not exist has
    /// no entries.
    #[must_use]
    pub fn read(directory: &Path, host: &Host) -> Self {
        let mut registry = Self::default();
        for name in regular_file::list_names(directory, &mut registry.unreadable) {
            if let Some(pid) = parse_file_name(&name) {
                registry.add_file(&directory.join(&name), pid, host);
            }
        }
        registry
    }

    fn add_file(&mut self, path: &Path, pid: &str, host: &Host) {
        let content = match regular_file::read_regular(path, MAX_LEN) {
            Ok(content) => content,
            Err(error) => {
                match regular_file::describe_failure(path, &error) {
                    Some(sentence) => self.unreadable.push(sentence),
                    // A process that ends deletes its file.
                    None => self.skipped_files += usize::from(error.kind() != io::ErrorKind::NotFound),
                }
                return;
            }
        };
        match RegistryFile::parse(&content.bytes, content.modified, pid, host) {
            Some(RegistryFile::Vouched(entry)) => self.vouched.push(entry),
            Some(RegistryFile::Unproven(entry)) => self.unproven.push(entry),
            Some(RegistryFile::Spare(entry)) => self.spare.push(entry),
            Some(RegistryFile::Parked(entry)) => self.parked.push(entry),
            Some(RegistryFile::Silent) => {}
            None => self.skipped_files += 1,
        }
    }
}

/// Returns the PID of a file name `<pid>.json`; `None` for any other name.
fn parse_file_name(name: &OsStr) -> Option<&str> {
    let pid = name.to_str()?.strip_suffix(".json")?;
    (!pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit())).then_some(pid)
}
