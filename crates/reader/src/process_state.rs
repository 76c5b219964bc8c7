//! Whether the process of a session lives.

/// What is known of the process of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessState {
    /// Nothing: no signal names it.
    #[default]
    Unknown,
    /// It lives.
    Alive,
    /// It has ended, or its PID is another process's by now.
    Dead,
    /// It is of another machine or pid namespace.
    Elsewhere,
}
