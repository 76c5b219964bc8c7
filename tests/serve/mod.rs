//! `sessions serve`, asked as browsers, scripts and enemies ask.

mod browser;
mod client;
mod crowd;
mod faults;
mod node;
mod guard;
mod port;
mod protocol;
mod server;
mod start;
