//! The address of a NATS server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The port of a NATS server.
const DEFAULT_PORT: u16 = 4222;

/// The address of a NATS server: `tls://HOST:PORT`, or `nats://HOST:PORT` for a server of this machine.
///
/// Sessions are sent in the clear to this machine alone. A name or a password has no place here, because every process can read the
/// command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    is_encrypted: bool,
    /// With brackets if it is an address of IPv6.
    host: String,
    port: u16,
}

impl ServerUrl {
    /// Returns whether the connection must be encrypted.
    #[cfg(feature = "nats")]
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }
}

impl FromStr for ServerUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (is_encrypted, rest) = match text.split_once("://") {
            Some(("tls", rest)) => (true, rest),
            Some(("nats", rest)) => (false, rest),
            _ => return Err("the address of the server begins with tls:// or, on this machine, nats://".to_owned()),
        };
        if rest.contains('@') {
            return Err("every process can read the command line, so it must hold no password: use --credentials \
                        or SESSION_SIGNALS_NATS_CREDENTIALS"
                .to_owned());
        }
        let wrong = || format!("{text:?} is not tls://HOST:PORT");
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            // The last colon is a part of an address of IPv6.
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| wrong())?),
            _ => (rest, DEFAULT_PORT),
        };
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_address = address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok());
        let is_name =
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if !is_address && !is_name {
            return Err(wrong());
        }
        let ip = address.unwrap_or(host).parse::<IpAddr>();
        let is_here = host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback());
        if !is_encrypted && !is_here {
            return Err("nats:// is not encrypted, so it may only lead to this machine: use tls://".to_owned());
        }
        Ok(Self { is_encrypted, host: host.to_owned(), port })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "tls" } else { "nats" };
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        text.parse().map(|url: ServerUrl| url.to_string())
    }

    #[test]
    fn an_address_is_encrypted_or_of_this_machine() {
        for (text, read) in [
            ("tls://nats.example.org", "tls://nats.example.org:4222"),
            ("tls://nats.example.org:4443/", "tls://nats.example.org:4443"),
            ("tls://[2001:db8::1]:4443", "tls://[2001:db8::1]:4443"),
            ("tls://[2001:db8::1]", "tls://[2001:db8::1]:4222"),
            ("nats://localhost", "nats://localhost:4222"),
            ("nats://127.0.0.3:1", "nats://127.0.0.3:1"),
            ("nats://[::1]", "nats://[::1]:4222"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(read));
        }
        for text in
            ["nats://nats.example.org", "nats://10.0.0.1", "nats://[2001:db8::1]", "nats://localhost.example.org"]
        {
            assert!(parse(text).unwrap_err().contains("not encrypted"), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_and_what_holds_a_password_is_refused() {
        for text in ["tls://me:secret@nats.example.org", "nats://token@localhost"] {
            assert!(parse(text).unwrap_err().contains("--credentials"), "{text}");
        }
        for text in ["", "localhost", "http://localhost", "localhost:4222"] {
            assert!(parse(text).unwrap_err().contains("tls://"), "{text}");
        }
        for text in
            ["tls://", "tls://:4222", "tls://a:b", "tls://a:70000", "tls://a/b", "tls://a b", "tls://::1", "tls://[x]"]
        {
            assert!(parse(text).unwrap_err().contains("is not tls://HOST:PORT"), "{text}");
        }
    }
}
