//! Where the configuration directory is.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::config_dir::config_dir_of;

#[test]
fn an_empty_variable_counts_as_not_set() {
    let find =
        |config_dir: Option<&str>, home: Option<&str>| config_dir_of(config_dir.map(OsStr::new), home.map(OsStr::new));
    assert_eq!(find(Some("/config"), Some("/home/you")), Some(PathBuf::from("/config")));
    for config_dir in [None, Some("")] {
        assert_eq!(find(config_dir, Some("/home/you")), Some(PathBuf::from("/home/you/.claude")));
        assert_eq!(find(config_dir, None), None);
        assert_eq!(find(config_dir, Some("")), None);
    }
}
