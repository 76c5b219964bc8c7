//! The same calls through std, for systems that [`super`] has no raw calls for.

mod call;
mod files;
mod process;
mod stdin;

pub use files::{Directory, File, read_path};
pub use process::{
    Environment, allocate_pages, block_signals, describe_error, monotonic, node_name, now, parent_id, pid_namespace,
    sleep, write_error_line,
};
pub use stdin::Stdin;
