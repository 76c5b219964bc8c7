//! The git checkouts of several directories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::git_checkout::GitCheckout;
use crate::git_configs::GitConfigs;

/// The checkouts of directories, each read once.
#[derive(Default)]
pub struct GitCheckouts {
    checkouts: HashMap<PathBuf, Option<GitCheckout>>,
    configs: GitConfigs,
}

impl GitCheckouts {
    /// Returns the checkout around this directory.
    pub fn find(&mut self, directory: &Path) -> Option<&GitCheckout> {
        // `entry` would copy the path at every call.
        if !self.checkouts.contains_key(directory) {
            let checkout = GitCheckout::read_with(directory, &mut self.configs);
            self.checkouts.insert(directory.to_owned(), checkout);
        }
        self.checkouts.get(directory)?.as_ref()
    }

    /// Forgets all of them, so that they are read again. A configuration that has not changed is not read again.
    pub fn clear(&mut self) {
        self.checkouts.clear();
        self.configs.forget_unused();
    }
}
