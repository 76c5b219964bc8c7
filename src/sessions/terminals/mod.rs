//! The terminals in which sessions run: what a process tells of its terminal, and how the programs of terminals are run.
//!
//! `jump` and `notify` use this. What only `jump` asks of a kind of terminal is beside `jump`.

pub mod process;
pub mod terminal_command;
pub mod tmux;
