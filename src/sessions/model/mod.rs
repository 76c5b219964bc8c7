//! The model: what is true of every session now. It follows the files and the time, and tells a sink of every change.

mod conversation_backlog;
mod conversation_reading;
mod conversations;
mod ended_session;
mod known_sessions;
mod last_signals;
mod mass_removal;
mod process_ends;
mod refresh_schedule;
mod session_model;
mod session_sink;
pub mod stable_times;

pub use conversation_reading::ConversationReading;
pub use session_model::{Rounds, SessionModel};
pub use session_sink::{SessionChange, SessionSink};
