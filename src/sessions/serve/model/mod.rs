//! The model: what is true of every session now. It follows the files and the time, and publishes changes to the feed.

mod known_sessions;
mod last_signals;
mod mass_removal;
mod refresh_schedule;
mod session_model;
pub mod stable_times;

pub use session_model::SessionModel;
