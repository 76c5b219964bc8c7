//! What users get: the archives of a release, and the packages that are made from them.

mod archive;
mod binstall;
mod checkout;
mod debian;
mod homebrew;
mod install_script;
mod npm;
mod readme;
mod release;
mod static_build;
mod upgrades;
