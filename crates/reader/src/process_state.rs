//! Whether the process of a session lives.

/// What is known of the process of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProcessState {
    /// Nothing is known, because no signal names the process.
    #[default]
    Unknown,
    /// The process lives.
    Alive,
    /// The process has ended. Its PID may be another process's by now.
    Dead,
    /// The process is of another machine or of another pid namespace, and nothing shows whether it lives.
    Elsewhere,
}
