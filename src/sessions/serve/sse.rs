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

use super::batch_text::BatchText;
use super::event_log::StartPosition;
use super::feed::Feed;
use super::{cursor, offset};

/// After this a client has to come again, as the protocol advises.
const LIFETIME: Duration = Duration::from_secs(60);

/// One client.
struct SseFollower {
    feed: Arc<Feed>,
    grown: watch::Receiver<()>,
    /// What the client has.
    from: StartPosition,
    /// What is being sent, and where the client is after that.
    sending: Option<(BatchText, u64)>,
    /// Whether the client knows where it is.
    is_told: bool,
    cursor: String,
    until: Instant,
}

/// Answers with a stream that ends after a minute.
pub fn follow_as_sse(feed: Arc<Feed>, from: StartPosition, cursor: Option<&str>) -> Response {
    let cursor = cursor::next_cursor(SystemTime::now(), cursor);
    let (grown, until) = (feed.subscribe(), Instant::now() + LIFETIME);
    let mut follower = SseFollower { feed, grown, from, sending: None, is_told: false, cursor, until };
    follower.read_batch();
    let pieces = stream::unfold(follower, |mut follower| async {
        let piece = follower.next_piece().await?;
        Some((piece, follower))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache, no-store")];
    (headers, Body::from_stream(pieces)).into_response()
}

impl SseFollower {
    /// Reads what is new.
    fn read_batch(&mut self) {
        self.grown.mark_unchanged();
        let batch = self.feed.start_batch(self.from);
        let tail = batch.tail();
        if batch.is_finished() {
            self.from = StartPosition::At(tail);
        } else {
            self.sending = Some((BatchText::new(batch, "event: data\n", "data:"), tail));
        }
    }

    /// What to send next, once there is something; `None` at the end.
    async fn next_piece(&mut self) -> Option<io::Result<Vec<u8>>> {
        loop {
            if let Some((frames, tail)) = &mut self.sending {
                if let Some(piece) = frames.next() {
                    return Some(piece);
                }
                self.from = StartPosition::At(*tail);
                self.sending = None;
                return Some(Ok(format!("\n\n{}", self.control_event()).into_bytes()));
            }
            if !self.is_told {
                return Some(Ok(self.control_event().into_bytes()));
            }
            // At the end of its time there is nothing to tell it but that.
            let _ = timeout_at(self.until, self.grown.changed()).await;
            if self.feed.is_closed() || Instant::now() >= self.until {
                return None;
            }
            self.read_batch();
        }
    }

    /// The event that says where the client is.
    fn control_event(&mut self) -> String {
        self.is_told = true;
        let StartPosition::At(position) = self.from else { return String::new() };
        let next = offset::format_offset(self.feed.run_id(), position);
        let mut control = json!({"streamNextOffset": next, "streamCursor": self.cursor});
        if position == self.feed.tail_position() {
            control["upToDate"] = true.into();
        }
        format!("event: control\ndata:{control}\n\n")
    }
}
