//! `sessions serve`, asked as browsers, scripts and enemies ask.

mod browser;
mod client;
mod crowd;
mod faults;
mod guard;
mod node;
mod port;
mod protocol;
mod server;
mod start;
