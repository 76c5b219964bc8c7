//! `sessions serve`, tested as clients use it: browsers, scripts, and programs that mean harm.

pub mod browser;
mod catch_up;
mod cleanup;
pub mod dashboard;
mod deleted_signals;
mod disk;
mod event_stream;
mod file_changes;
mod http_answer;
mod long_poll;
mod many_clients;
mod messages;
mod node_process;
mod official_client;
mod page;
mod repair;
mod request_policy;
mod restart;
mod scale;
pub mod server;
mod server_sent_events;
mod shutdown;
mod start;
mod taken_port;
mod unreadable_files;
