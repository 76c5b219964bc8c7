//! Replaces whole files. Another program sees the old file or the new one, and never a part of either; so does a reader after
//! a crash.
//!
//! A file that is replaced is never deleted while another program can still write to it.

mod exchange;
mod seen_file;
mod swap;
mod temporary;

pub use exchange::put_file;
pub use seen_file::{SeenFile, see_file};
pub use swap::{SwapResult, discard_displaced, remove_file, swap_file};
pub use temporary::{MOVED_PREFIX, TEMPORARY_PREFIX, delete_file, files_with_prefix, is_old, sync_folder, write_file};
