//! Sets when a file was modified.

use std::path::Path;
use std::time::{Duration, SystemTime};

/// Makes a file look as if it was modified at this time.
pub fn set_modified(path: &Path, time: SystemTime) {
    fs_err::File::options().write(true).open(path).unwrap().file().set_modified(time).unwrap();
}

/// Makes a file look as if it was modified so many seconds ago.
pub fn set_age(path: &Path, seconds: u64) {
    set_modified(path, SystemTime::now() - Duration::from_secs(seconds));
}
