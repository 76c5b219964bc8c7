//! Raw Linux system calls for `x86_64` and `aarch64`, without the C library and its start-up cost.
//!
//! # Safety
//!
//! Each `unsafe` block here makes a system call, or reads the stack that the kernel prepared. The pointers that are passed to
//! the kernel point to live memory of the length that is passed with them.
#![allow(unsafe_code)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the kernel's types"
)]

mod call;
mod describe_error;
mod environment;
mod files;
mod numbers;
mod process;
mod stdin;

pub use describe_error::describe_error;
pub use environment::Environment;
pub use files::{Directory, File, has_no_writer, read_path};
pub use process::{
    allocate_pages, block_signals, exit, monotonic, node_name, now, parent_id, pid_namespace, sleep, write_error_line,
};
pub use stdin::Stdin;
