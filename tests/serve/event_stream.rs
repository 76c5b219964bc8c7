//! Clients that follow the stream as server-sent events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use serde_json::Value;

/// A client that follows the stream.
pub struct EventStream {
    pub head: String,
    reader: BufReader<TcpStream>,
}

/// One server-sent event.
#[derive(Debug)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

impl EventStream {
    /// Requests everything after the offset on this connection, and reads the head of the answer.
    pub fn open(mut connection: TcpStream, offset: &str) -> Self {
        write!(connection, "GET /sessions?offset={offset}&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut reader = BufReader::new(connection);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
        }
        Self { head, reader }
    }

    /// Reads the next event; `None` at the end.
    pub fn next_event(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value)))
            {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data += value,
                _ if data.is_empty() => {}
                _ => return Some(Event { name, data: serde_json::from_str(&data).unwrap() }),
            }
        }
    }

    /// Reads messages up to the next offset. Returns both.
    #[track_caller]
    pub fn next_batch(&mut self) -> (Vec<Value>, String) {
        let mut messages = Vec::new();
        loop {
            let event = self.next_event().expect("the stream must go on");
            match &*event.name {
                "data" => messages.extend(event.data.as_array().unwrap().clone()),
                "control" => return (messages, event.data["streamNextOffset"].as_str().unwrap().to_owned()),
                name => panic!("{name}"),
            }
        }
    }
}
