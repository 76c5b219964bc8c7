//! HTTP: the ports, the connections, what every request must fulfil, and the page.

pub mod connections;
mod descriptor_limit;
mod listener;
pub mod loopback;
pub mod page;
mod port_owner;
pub mod refusal;
pub mod request_policy;
mod write_timeout;
