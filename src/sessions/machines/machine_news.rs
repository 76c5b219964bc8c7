//! What a source of other machines tells.

use crate::model::SessionChange;

/// What is new about other machines.
pub enum MachineNews {
    /// Sessions may have changed. Each has its [key](session_signals_reader::Session::key).
    Sessions(Vec<SessionChange>),
    /// Whether a source can be read now. A source is what the user has named: a machine or a server.
    Source {
        /// The name of the source.
        name: String,
        /// A sentence that says why it cannot be read; `None` if it can.
        failure: Option<String>,
    },
}
