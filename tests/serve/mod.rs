//! `sessions serve`, asked as browsers, scripts and enemies ask.

pub mod browser;
mod client;
mod crowd;
mod faults;
mod guard;
mod healing;
mod port;
mod protocol;
pub mod server;
mod shared;
mod start;
mod upkeep;
