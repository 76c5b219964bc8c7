//! The configurations of git repositories, of which only the remote matters.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::file_stamp::FileStamp;
use crate::git_remote::GitRemote;
use crate::regular_file::read_linked;

/// The largest configuration file that is read, in bytes.
const MAX_CONFIG_LEN: u64 = 1 << 20;

/// The remotes of configuration files. A file is read and parsed again only if it changed.
#[derive(Default)]
pub struct GitConfigs(HashMap<PathBuf, KnownConfig>);

/// What was read of a configuration file.
struct KnownConfig {
    stamp: FileStamp,
    remote: Option<GitRemote>,
    /// Whether somebody asked for it since [`GitConfigs::forget_unused`].
    is_used: bool,
}

impl GitConfigs {
    /// Returns the remote that this configuration file names.
    pub fn find_remote(&mut self, path: &Path) -> Option<GitRemote> {
        // The stamp is older than what is read, so a change in between is seen the next time.
        let stamp = FileStamp::of(&fs_err::metadata(path).ok()?);
        if let Some(known) = self.0.get_mut(path).filter(|known| known.stamp == stamp) {
            known.is_used = true;
            return known.remote.clone();
        }
        let config = read_linked(path, MAX_CONFIG_LEN);
        let remote = config.ok().and_then(|config| GitRemote::from_config(&String::from_utf8_lossy(&config.bytes)));
        self.0.insert(path.to_owned(), KnownConfig { stamp, remote: remote.clone(), is_used: true });
        remote
    }

    /// Forgets the files for which nobody asked since the last call.
    pub fn forget_unused(&mut self) {
        self.0.retain(|_, known| std::mem::take(&mut known.is_used));
    }
}
