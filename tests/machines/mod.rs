//! Three machines that publish, one that reads, and the NATS servers between them. Each machine has a network card, a host name,
//! processes and mounts of its own, and the servers are set up with the files of `packaging/nats`.
//!
//! After each fault, the reader must show what each machine itself shows.

mod cli_process;
mod cluster;
mod machine;
mod namespaces;
mod nats_site;
mod network;
mod one_server;
mod program;
mod view;
