//! Batches: their text in pieces, and what they store.

use std::sync::Arc;

use super::value_text;
use crate::serve::feed::{Batch, Feed, StartPosition};
use crate::serve::stream::batch_text::BatchText;

#[test]
fn the_pieces_of_a_batch_are_together_a_json_array() {
    let pieces_of = |feed: &Arc<Feed>, opening, prefix| {
        let pieces = BatchText::new(feed.start_batch(StartPosition::Start), opening, prefix);
        pieces.map(|piece| String::from_utf8(piece.unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let feed = Arc::new(Feed::new(1));
    assert_eq!(pieces_of(&feed, "", ""), ["[]"]);
    let value = format!("{:?}", "x".repeat(1000));
    for number in 0..1000 {
        feed.publish([(format!("s{number}"), Some(value.clone()))]);
    }
    let pieces = pieces_of(&feed, "", "");
    assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() < 70_000));
    let messages: Vec<serde_json::Value> = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!((messages.len(), &messages[999]["key"]), (1000, &"s999".into()));
    let event = pieces_of(&feed, "event: data\n", "data:").concat();
    let lines = event.strip_prefix("event: data\n").unwrap().lines();
    let text: String = lines.map(|line| line.strip_prefix("data:").unwrap()).collect();
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap(), messages);
}

#[test]
fn a_large_value_is_in_memory_once_however_many_clients_read_it() {
    let feed = Arc::new(Feed::new(1));
    let value = |c: &str| Some(format!("{:?}", c.repeat(8 << 20)));
    let publish = |value: Option<String>| feed.publish([("s".to_owned(), value)]);
    publish(value("é"));
    let start_reads = |feed: &Arc<Feed>| -> Vec<BatchText> {
        (0..200).map(|_| BatchText::new(feed.start_batch(StartPosition::Start), "", "")).collect()
    };
    let mut slow = start_reads(&feed);
    let first_pieces: Vec<_> = slow.iter_mut().map(|text| text.next().unwrap().unwrap()).collect();
    assert!(first_pieces.iter().all(|piece| piece.len() <= 65 << 10), "{}", first_pieces[0].len());
    let read_rest = |text: &mut BatchText| text.collect::<Result<Vec<_>, _>>().map(|pieces| pieces.concat());
    // A superseded value is stored for the clients that read it, as long as there is room.
    publish(value("b"));
    let text = [first_pieces[0].clone(), read_rest(&mut slow[0]).unwrap()].concat();
    let messages: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(messages[0]["value"], "é".repeat(8 << 20));
    let mut later = start_reads(&feed);
    for text in &mut later {
        assert!(text.next().unwrap().is_ok());
    }
    for number in 0..20 {
        publish(value(["a", "b"][number % 2]));
        // A client reads each of the values.
        later.extend(start_reads(&feed).into_iter().take(1));
    }
    // If there is no room, the read fails. It does not go on with another value.
    assert!(read_rest(&mut slow[1]).is_err() && slow[1].next().is_none());
    let last = serde_json::from_slice::<serde_json::Value>(&read_rest(&mut start_reads(&feed)[0]).unwrap()).unwrap();
    assert_eq!(last[0]["value"], "b".repeat(8 << 20));
}

#[test]
fn a_reading_of_very_many_events_stores_none_of_them() {
    const SESSIONS: usize = 100_000;
    let feed = Arc::new(Feed::new(1));
    let id = |number: usize| format!("s{number:05}");
    feed.publish((0..SESSIONS).map(|number| (id(number), Some("1".to_owned()))));
    let mut readers: Vec<_> = (0..200).map(|_| feed.start_batch(StartPosition::Start)).collect();
    assert!(size_of_val(&readers[0]) < 128, "and has no memory of its own on the heap");
    let mut first = Vec::new();
    for reader in &mut readers {
        first.push(reader.next_message().unwrap().unwrap().key);
    }
    assert!(first.iter().all(|key| **key == *id(0)));
    let second = readers[199].next_message().unwrap().unwrap().value.unwrap();
    // All sessions change, some more than once, some go, and new ones come.
    for value in ["2", "3"] {
        feed.publish((0..SESSIONS).map(|number| (id(number), (number % 1000 > 0).then(|| value.to_owned()))));
    }
    feed.publish((SESSIONS..SESSIONS + 1000).map(|number| (id(number), Some("1".to_owned()))));
    // A reading that started before that returns what was true then. A reading that starts now returns what is true now.
    let read_all = |reader: &mut Batch| {
        let messages = std::iter::from_fn(|| reader.next_message().unwrap());
        messages.map(|message| (message.key.to_string(), value_text(&message), message.operation)).collect::<Vec<_>>()
    };
    for reader in &mut readers[..3] {
        let messages = read_all(reader);
        assert_eq!(messages.len(), SESSIONS - 1);
        let is_as_before = |(number, one): (usize, &(String, Option<String>, &str))| {
            *one == (id(number + 1), Some("1".to_owned()), "insert")
        };
        assert!(messages.iter().enumerate().all(is_as_before));
    }
    let now = read_all(&mut feed.start_batch(StartPosition::Start));
    assert_eq!(now.len(), SESSIONS - 100 + 1000);
    // After a reading that started before, the next one returns what came since.
    let mut later = feed.start_batch(StartPosition::At(readers[0].tail()));
    assert_eq!(later.next_message().unwrap().unwrap().operation, "delete");
    let operations: Vec<_> = read_all(&mut later).into_iter().map(|(.., operation)| operation).collect();
    let count = |operation| operations.iter().filter(|one| **one == operation).count();
    assert_eq!((count("delete"), count("update"), count("insert")), (99, SESSIONS - 100, 1000));
    // Superseded events are stored until the last reading that needs them ends.
    readers.truncate(1);
    assert!(second.upgrade().is_some());
    readers.clear();
    assert!(second.upgrade().is_none());
}
