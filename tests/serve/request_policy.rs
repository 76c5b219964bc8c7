//! Which requests are allowed, and which headers protect a browser.

use std::net::{IpAddr, TcpStream, UdpSocket};

use super::server::Server;
use crate::sandbox::Sandbox;

#[test]
fn a_foreign_host_name_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("secret", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let request = |path: &str, hosts: &[&str]| {
        let hosts: Vec<_> = hosts.iter().map(|host| format!("Host: {host}\r\n")).collect();
        server.send_raw(&format!("GET {path} HTTP/1.1\r\n{}Connection: close\r\n\r\n", hosts.concat()))
    };
    for host in ["localhost", "LocalHost:4450", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:4450"] {
        assert_eq!(request("/sessions", &[host]).status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:4450",
        "localhost.evil.example",
        "evil.example@localhost",
        "localhost@evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "127.0.0.2",
        "192.168.1.1:4450",
        "[::]",
        "::1",
        "localhost.",
        "",
        " ",
        "localhost, evil.example",
        "localhost:abc",
        "localhost:",
        "localhost:+80",
        "127.0.0.1:65536",
        "[::1]:99999999",
    ] {
        for path in ["/", "/sessions", "/else"] {
            let answer = request(path, &[host]);
            assert_eq!(answer.status, 403, "{host}{path}");
            assert!(!answer.body.contains("secret"));
        }
    }
    assert_eq!(request("/sessions", &[]).status, 403);
    assert_eq!(request("/sessions", &["localhost", "evil.example"]).status, 403);
    assert_eq!(request("http://evil.example/sessions", &["localhost"]).status, 403);
    assert_eq!(request("http://localhost/sessions", &["localhost"]).status, 200);
}

#[test]
fn only_pages_of_this_machine_may_read() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    for origin in ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:3000", "https://localhost:8443"] {
        let answer = server.request("GET", "/sessions", &[&format!("Origin: {origin}")]);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin));
        assert_eq!(answer.header("vary"), "origin");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["stream-next-offset", "stream-cursor", "stream-up-to-date", "etag"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        // A page can read the reason of a refusal.
        let answer = server.request("GET", "/sessions?offset=x", &[&format!("Origin: {origin}")]);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (400, origin));
    }
    for origin in [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://evil.example#localhost",
        "http://localhost@evil.example",
        "null",
        "file://",
        "chrome-extension://localhost",
        "",
    ] {
        let answer = server.request("GET", "/sessions", &[&format!("Origin: {origin}")]);
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, ""), "{origin}");
    }
    assert_eq!(server.get("/sessions").header("access-control-allow-origin"), "");
}

#[test]
fn only_read_methods_without_a_body_are_allowed() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"] {
        for path in ["/", "/sessions", "/else"] {
            let answer = server.request(method, path, &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method} {path}");
        }
    }
    assert_eq!(server.request("CONNECT", "localhost:22", &[]).status, 405);
    for body in ["Content-Length: 1", "Content-Length: 99999999999"] {
        assert_eq!(server.request("GET", "/sessions", &[body]).status, 413, "{body}");
    }
    let chunked = "GET /sessions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    assert_eq!(server.send_raw(chunked).status, 413);
    assert_eq!(server.request("GET", "/sessions", &["Content-Length: 0"]).status, 200);
}

#[test]
fn options_returns_what_is_allowed() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let origin = "http://localhost:5173";
    for path in ["/", "/sessions", "/sessions?offset=-1&live=sse"] {
        let answer = server.request("OPTIONS", path, &[]);
        assert_eq!((answer.status, &*answer.body, answer.header("allow")), (204, "", "GET, HEAD, OPTIONS"), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), "");
        // The preflight request of a browser, for a page of another port.
        let preflight = ["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: if-none-match"];
        let answer = server.request("OPTIONS", path, &[&[&*format!("Origin: {origin}")], &preflight[..]].concat());
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
        assert!(answer.header("access-control-allow-headers").contains("if-none-match"));
        let foreign = server.request("OPTIONS", path, &[&["Origin: https://example.com"], &preflight[..]].concat());
        assert_eq!((foreign.status, foreign.header("access-control-allow-origin")), (403, ""), "{path}");
        assert_eq!((foreign.header("allow"), foreign.header("access-control-allow-methods")), ("", ""));
    }
    assert_eq!(server.send_raw("OPTIONS /sessions HTTP/1.0\r\nHost: evil.example\r\n\r\n").status, 403);
}

#[test]
fn every_answer_has_the_headers_that_protect_a_browser() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let answers = [
        server.get("/"),
        server.get("/sessions"),
        server.get("/else"),
        server.get("/sessions?offset=x"),
        server.request("POST", "/", &[]),
        server.send_raw("GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n"),
    ];
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {}", answer.status);
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    assert!(server.follow("-1").head.contains("x-content-type-options: nosniff\r\n"));
}

#[test]
fn the_page_loads_nothing() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let page = server.get("/");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    // Nothing from another server, and nothing that needs a weaker policy.
    for forbidden in ["https://", "src=", "@import", "onclick", "style=\"", "innerHTML", "insertAdjacentHTML", "eval("]
    {
        assert!(!page.body.contains(forbidden), "{forbidden}");
    }
    // Its only picture is part of the page.
    assert_eq!(page.body.matches("url(").count(), page.body.matches(r#"url("data:image/svg+xml,"#).count());
    let policy = page.header("content-security-policy");
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
}

#[test]
fn the_server_listens_on_loopback_addresses_only() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    assert!(
        TcpStream::connect(("::1", server.port)).is_ok()
            || TcpStream::connect(("::1", 9)).is_err_and(|error| error.kind() == std::io::ErrorKind::AddrNotAvailable)
    );
    // The address under which other machines reach this one. No packet is sent.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let outward = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()).map(|address| address.ip());
    let addresses = outward.into_iter().chain([IpAddr::from([127, 0, 0, 2])]);
    for address in addresses.filter(|address| *address != IpAddr::from([127, 0, 0, 1])) {
        assert!(TcpStream::connect((address, server.port)).is_err(), "{address}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_system_lists_no_other_address_of_the_port() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    // No socket of this port on any other address.
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| fs_err::read_to_string(table).unwrap_or_default());
    let port = format!(":{:04X}", server.port);
    let local =
        tables.iter().flat_map(|table| table.lines()).filter(|line| line.split_whitespace().nth(3) == Some("0A"));
    let local: Vec<_> = local.filter_map(|line| line.split_whitespace().nth(1)?.strip_suffix(&*port)).collect();
    assert!(!local.is_empty());
    assert!(
        local.iter().all(|address| matches!(*address, "0100007F" | "00000000000000000000000001000000")),
        "{local:?}"
    );
}
