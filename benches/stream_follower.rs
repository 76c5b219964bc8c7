//! A client that follows the event stream of `sessions serve` and notes when each signal arrives.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::Value;

/// For each signal number, when the signal was renamed into place, and when its event arrived.
pub type SignalTimes = Arc<Mutex<Vec<(Instant, Option<Instant>)>>>;

/// The last signal number that arrived, by session id.
pub type LastNumbers = Arc<Mutex<HashMap<String, u32>>>;

/// Follows the stream in a thread of its own, from now on until the server ends. The number of a signal is its prompt
/// or its last message.
pub fn follow(port: u16, times: &SignalTimes) -> LastNumbers {
    let (times, last_numbers) = (Arc::clone(times), LastNumbers::default());
    let arrived = Arc::clone(&last_numbers);
    let mut offset = "now".to_owned();
    let mut reader = open_stream(port, &offset).expect("an answer");
    std::thread::spawn(move || {
        let mut line = String::new();
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) => {
                    // The server ends each stream after a minute.
                    let Some(next) = open_stream(port, &offset) else { return };
                    reader = next;
                }
                Ok(_) => {}
                Err(_) => return,
            }
            let now = Instant::now();
            let json = line.strip_prefix("data:").map(|data| data.trim_end().trim_end_matches(','));
            let Some(Ok(message)) = json.map(serde_json::from_str::<Value>) else { continue };
            if let Some(next) = message["streamNextOffset"].as_str() {
                next.clone_into(&mut offset);
            }
            let Some(number) = signal_number(&message["value"]) else { continue };
            if let Some((_, time)) =
                times.lock().expect("no panic").get_mut(usize::try_from(number).unwrap_or(usize::MAX))
            {
                time.get_or_insert(now);
            }
            arrived.lock().expect("no panic").insert(message["key"].as_str().unwrap_or_default().to_owned(), number);
        }
    });
    last_numbers
}

fn signal_number(session: &Value) -> Option<u32> {
    session["prompt"].as_str().or_else(|| session["lastMessage"].as_str())?.parse().ok()
}

/// Opens the stream at an offset and reads the head of the answer. No event after that is missed. `None` if the server
/// has ended.
pub fn open_stream(port: u16, offset: &str) -> Option<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET /sessions?offset={offset}&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    }
    Some(reader)
}
