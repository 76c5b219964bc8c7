//! The sessions of other machines, wherever they come from. The rest of `sessions` knows only this folder: it reads them once,
//! or follows them together with those of this machine.
//!
//! `../remote/` reaches a machine by ssh, and `../bucket/` reads what machines publish to a server.

mod followed_machines;
mod machine_news;
mod machine_options;
mod read_machines;

pub use followed_machines::FollowedMachines;
pub use machine_news::MachineNews;
pub use machine_options::MachineOptions;
pub use read_machines::read_machines;
