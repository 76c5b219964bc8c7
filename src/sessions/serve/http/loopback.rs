//! The sockets that the server listens on: the same port on both loopback addresses.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::Path;

use super::port_owner::{PortOwner, find_owner};

/// How many ports are tried if the system chooses them.
const FREE_PORT_TRIES: usize = 20;

/// Listens on the port on 127.0.0.1 and, if the system has IPv6, on `::1`. Port 0 lets the system choose one.
///
/// # Errors
/// `AddrInUse` if another process has the port. The message names that process, if the system tells which one it is.
pub fn bind_loopback(port: u16, config_dir: &Path) -> io::Result<Vec<TcpListener>> {
    // A port that the system chose for the one address may be taken on the other.
    let mut tries = if port == 0 { FREE_PORT_TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_both_addresses(port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                let message = describe_owner(port, find_owner(port), config_dir);
                return Err(io::Error::new(error.kind(), message));
            }
            Err(error) => return Err(io::Error::new(error.kind(), format!("port {port}: {error}"))),
            bound => return bound,
        }
    }
}

fn bind_both_addresses(port: u16) -> io::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port()));
    let listeners = match v6 {
        Ok(v6) => vec![v4, v6],
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
        Err(_) => vec![v4], // the system has no IPv6
    };
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(listeners)
}

fn describe_owner(port: u16, owner: Option<PortOwner>, config_dir: &Path) -> String {
    match owner {
        Some(owner) if owner.name == "sessions" && owner.config_dir.as_deref() == Some(config_dir) => {
            format!("already serving at http://127.0.0.1:{port}/ (PID {})", owner.pid)
        }
        Some(owner) => {
            format!("port {port} is taken by `{}` (PID {}); choose another one with --port", owner.name, owner.pid)
        }
        None => format!("port {port} is taken; choose another one with --port"),
    }
}
