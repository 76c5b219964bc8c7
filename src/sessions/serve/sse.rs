//! `live=sse`: everything from some offset on, as server-sent events.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::feed::Feed;
use super::frames::Frames;
use super::log::From;
use super::{cursor, offset};

/// After this a client has to come again, as the protocol advises.
const LIFETIME: Duration = Duration::from_secs(60);

/// One client.
struct Follower {
    feed: Arc<Feed>,
    grown: watch::Receiver<()>,
    /// What the client has.
    from: From,
    /// What is being sent, and where the client is after that.
    sending: Option<(Frames, u64)>,
    /// Whether the client knows where it is.
    is_told: bool,
    cursor: String,
    until: Instant,
}

/// Answers with a stream that ends after a minute.
pub fn follow(feed: Arc<Feed>, from: From, cursor: Option<&str>) -> Response {
    let cursor = cursor::next(SystemTime::now(), cursor);
    let (grown, until) = (feed.subscribe(), Instant::now() + LIFETIME);
    let mut follower = Follower { feed, grown, from, sending: None, is_told: false, cursor, until };
    follower.read();
    let pieces = stream::unfold(follower, |mut follower| async {
        let piece = follower.next().await?;
        Some((piece, follower))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-store")];
    (headers, Body::from_stream(pieces)).into_response()
}

impl Follower {
    /// Reads what is new.
    fn read(&mut self) {
        self.grown.mark_unchanged();
        let batch = self.feed.read(self.from);
        let tail = batch.tail();
        if batch.is_over() {
            self.from = From::At(tail);
        } else {
            self.sending = Some((Frames::new(batch, "event: data\n", "data:"), tail));
        }
    }

    /// What to send next, once there is something; `None` at the end.
    async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            if let Some((frames, tail)) = &mut self.sending {
                if let Some(piece) = frames.next() {
                    return Some(piece);
                }
                self.from = From::At(*tail);
                self.sending = None;
                return Some(Ok(format!("\n\n{}", self.control()).into_bytes()));
            }
            if !self.is_told {
                return Some(Ok(self.control().into_bytes()));
            }
            // At the end of its time there is nothing to tell it but that.
            let _ = timeout_at(self.until, self.grown.changed()).await;
            if self.feed.is_closed() || Instant::now() >= self.until {
                return None;
            }
            self.read();
        }
    }

    /// The event that says where the client is.
    fn control(&mut self) -> String {
        self.is_told = true;
        let From::At(position) = self.from else { return String::new() };
        let next = offset::show(self.feed.run(), position);
        let mut control = json!({"streamNextOffset": next, "streamCursor": self.cursor});
        if position == self.feed.tail() {
            control["upToDate"] = true.into();
        }
        format!("event: control\ndata:{control}\n\n")
    }
}
