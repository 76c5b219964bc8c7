//! `live=sse`: everything from some offset on, as server-sent events.

use std::convert::Infallible;
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
use super::offset::{self, Offset};
use super::{cursor, stream as reading};

/// After this a client has to come again, as the protocol advises.
const LIFETIME: Duration = Duration::from_secs(60);

/// One client.
struct Follower {
    feed: Arc<Feed>,
    grown: watch::Receiver<()>,
    /// What the client has; `None` where it has nothing.
    position: Option<u64>,
    /// What is being sent, and where the client is after that.
    sending: Option<(Frames, u64)>,
    /// Whether the client knows where it is.
    is_told: bool,
    cursor: String,
    until: Instant,
}

/// Answers with a stream that ends after a minute.
pub fn follow(feed: Arc<Feed>, from: Offset, cursor: Option<&str>) -> Response {
    let position = match from {
        Offset::Start => None,
        Offset::Now => Some(feed.tail()),
        Offset::At(position) => Some(position),
    };
    let cursor = cursor::next(SystemTime::now(), cursor);
    let (grown, until) = (feed.subscribe(), Instant::now() + LIFETIME);
    let mut follower = Follower { feed, grown, position, sending: None, is_told: false, cursor, until };
    // Read now, so that what is gone can be said with a status.
    if !follower.read() {
        return reading::gone();
    }
    let pieces = stream::unfold(follower, |mut follower| async {
        let piece = follower.next().await?;
        Some((Ok::<_, Infallible>(piece), follower))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response()
}

impl Follower {
    /// Reads what is new; `false` where the client's position is no longer known.
    fn read(&mut self) -> bool {
        self.grown.mark_unchanged();
        let Some(batch) = self.feed.read(self.position) else { return false };
        if batch.events.is_empty() {
            self.position = Some(batch.tail);
        } else {
            let tail = batch.tail;
            self.sending = Some((Frames::new(batch, "event: data\n", "data: "), tail));
        }
        true
    }

    /// What to send next, once there is something; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((frames, tail)) = &mut self.sending {
                if let Some(piece) = frames.next() {
                    return Some(piece);
                }
                self.position = Some(*tail);
                self.sending = None;
                return Some(format!("\n\n{}", self.control()));
            }
            if !self.is_told {
                return Some(self.control());
            }
            // At the end of its time there is nothing to tell it but that.
            let _ = timeout_at(self.until, self.grown.changed()).await;
            if self.feed.is_closed() || Instant::now() >= self.until || !self.read() {
                return None;
            }
        }
    }

    /// The event that says where the client is.
    fn control(&mut self) -> String {
        self.is_told = true;
        let position = self.position.unwrap_or_default();
        let next = offset::show(self.feed.run(), position);
        let mut control = json!({"streamNextOffset": next, "streamCursor": self.cursor});
        if position == self.feed.tail() {
            control["upToDate"] = true.into();
        }
        format!("event: control\ndata: {control}\n\n")
    }
}
