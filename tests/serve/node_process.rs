//! A script of Node.js that takes orders on standard input.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use super::server::TIMEOUT;

/// A running script. It is ended when it is dropped.
pub struct NodeProcess {
    process: Child,
    /// Closing it ends the script.
    orders: Option<ChildStdin>,
    /// The lines of standard output. Another thread reads them, so that a script that hangs does not hang the test.
    answers: Receiver<String>,
}

impl NodeProcess {
    /// Starts the script.
    pub fn start(mut node: Command) -> Self {
        let mut process = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (orders, lines) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()).lines());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line); // fails if nobody waits any more
            }
        });
        Self { process, orders, answers }
    }

    /// Sends an order, and returns the answer. The head of the script describes its orders.
    #[track_caller]
    pub fn send_order(&mut self, order: &str) -> Value {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        // A script waits for up to a minute itself.
        let answer = self.answers.recv_timeout(2 * TIMEOUT).unwrap_or_else(|error| panic!("{order}: {error}"));
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{order}: {answer:?}"))
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        drop(self.orders.take());
        for _ in 0..500 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // A browser that the script has started ends with it, because its pipe is closed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
