//! `live=sse`: everything after an offset, as server-sent events.

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

use super::batch_text::BatchText;
use super::{cursor, offset};
use crate::serve::feed::{Feed, StartPosition};

/// After this time the answer ends, and the client must send another request. The protocol recommends this.
const LIFETIME: Duration = Duration::from_secs(60);

/// One client that follows the stream.
struct SseFollower {
    feed: Arc<Feed>,
    grown: watch::Receiver<()>,
    /// The position up to which the client has everything.
    from: StartPosition,
    /// The batch that is being sent, and the client's position after it.
    sending: Option<(BatchText, u64)>,
    /// Whether the position was sent to the client.
    has_position: bool,
    cursor: String,
    deadline: Instant,
}

/// Answers with a stream of events that ends after a minute.
pub fn follow_as_sse(feed: Arc<Feed>, from: StartPosition, client_cursor: Option<&str>) -> Response {
    let cursor = cursor::next_cursor(SystemTime::now(), client_cursor);
    let (grown, deadline) = (feed.subscribe(), Instant::now() + LIFETIME);
    let mut follower = SseFollower { feed, grown, from, sending: None, has_position: false, cursor, deadline };
    follower.start_batch();
    let pieces = stream::unfold(follower, |mut follower| async {
        let piece = follower.next_piece().await?;
        Some((piece, follower))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-store")];
    (headers, Body::from_stream(pieces)).into_response()
}

impl SseFollower {
    /// Starts to send what is new, if there is something.
    fn start_batch(&mut self) {
        self.grown.mark_unchanged();
        let batch = self.feed.start_batch(self.from);
        let tail = batch.tail();
        if batch.is_finished() {
            self.from = StartPosition::At(tail);
        } else {
            self.sending = Some((BatchText::new(batch, "event: data\n", "data:"), tail));
        }
    }

    /// Returns the next piece of text, and waits until there is one. `None` at the end of the answer.
    async fn next_piece(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            if let Some((text, tail)) = &mut self.sending {
                if let Some(piece) = text.next() {
                    return Some(piece);
                }
                self.from = StartPosition::At(*tail);
                self.sending = None;
                return Some(Ok(format!("\n\n{}", self.control_event()).into_bytes()));
            }
            if !self.has_position {
                return Some(Ok(self.control_event().into_bytes()));
            }
            let _ = timeout_at(self.deadline, self.grown.changed()).await;
            if self.feed.is_closed() || Instant::now() >= self.deadline {
                return None;
            }
            self.start_batch();
        }
    }

    /// Returns the event that tells the client its position.
    fn control_event(&mut self) -> String {
        self.has_position = true;
        let StartPosition::At(position) = self.from else { return String::new() };
        let next = offset::format_offset(self.feed.run_id(), position);
        let mut control = json!({"streamNextOffset": next, "streamCursor": self.cursor});
        if position == self.feed.tail_position() {
            control["upToDate"] = true.into();
        }
        format!("event: control\ndata:{control}\n\n")
    }
}
