//! The history of a port, over restarts of the server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::serve::feed::{Feed, StartPosition, StreamHistory};
use crate::tests::at;

#[test]
fn every_run_has_a_larger_number_than_the_one_before_whatever_the_clock_says() {
    let config_dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    // The clock is set back by an hour and to 1970, and then stands still.
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    for seconds in [10_000, 6400, 6400, 0, 0, 6401, 20_000] {
        let history = StreamHistory::read(config_dir.path(), 4450);
        let feed = Feed::new(history.next_run(at(seconds)));
        assert!(feed.run_id() > last, "{seconds}");
        last = feed.run_id();
        feed.restore_history(history);
    }
    assert_eq!(last, 20_000_000_000_000, "the time is the number if it is larger than the last one");
    // A file that is torn or forged is ignored.
    let path = config_dir.path().join("session-stream/4450");
    for text in ["", "run", "run x\n+../..\n-", "run ffffffffffffffff\n", "\0\u{fffd}"] {
        std::fs::write(&path, text).unwrap();
        let history = StreamHistory::read(config_dir.path(), 4450);
        assert_eq!(history.next_run(at(1)), 1_000_000_000, "{text:?}");
        assert_eq!(history.sessions().count(), 0);
    }
}

#[test]
fn clients_are_told_which_sessions_went_while_no_server_ran() {
    let config_dir = tempfile::tempdir().unwrap();
    let publish = |feed: &Feed, session: &str, value: Option<&str>| {
        feed.publish([(session.to_owned(), value.map(str::to_owned))]);
    };
    let start_run = |at_first: &[&str]| {
        let history = StreamHistory::read(config_dir.path(), 4450);
        let feed = Arc::new(Feed::new(history.next_run(at(5))));
        for session in at_first {
            publish(&feed, session, Some("1"));
        }
        feed.restore_history(history);
        feed
    };
    let messages = |feed: &Arc<Feed>, from| {
        let mut batch = feed.start_batch(from);
        let messages = std::iter::from_fn(|| batch.next_message().unwrap());
        messages.map(|message| format!("{} {}", message.operation, message.key)).collect::<Vec<_>>()
    };
    let first = start_run(&["stays", "goes-later"]);
    publish(&first, "comes", Some("1"));
    publish(&first, "goes", Some("1"));
    publish(&first, "goes", None);
    publish(&first, "stays", Some("2"));
    // Two runs later: a client may have missed one of them.
    start_run(&["stays", "comes", "goes-later"]);
    let third = start_run(&["stays"]);
    assert_eq!(messages(&third, StartPosition::Start), ["insert stays"]);
    assert_eq!(
        messages(&third, StartPosition::Elsewhere),
        ["upsert stays", "delete goes", "delete comes", "delete goes-later"].map(str::to_owned)
    );
    // A session that comes back exists again.
    publish(&third, "goes", Some("3"));
    assert_eq!(
        messages(&start_run(&["stays", "goes"]), StartPosition::Elsewhere)[..2],
        ["upsert stays", "upsert goes"]
    );
    let file = config_dir.path().join("session-stream/4450");
    let mode = |path: &std::path::Path| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).unwrap().mode() & 0o777
    };
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    // The sessions of other machines are remembered, too. Their machines may have any name that ssh takes.
    publish(&start_run(&["stays", "goes"]), "me@box:there", Some("1"));
    let fourth = start_run(&["stays", "goes"]);
    assert!(messages(&fourth, StartPosition::Elsewhere).contains(&"delete me@box:there".to_owned()));
    // The file does not grow without limit when very many sessions come and go.
    for number in 0..20_000 {
        publish(&fourth, &number.to_string(), Some("1"));
        publish(&fourth, &number.to_string(), None);
    }
    assert!(std::fs::metadata(&file).unwrap().len() < 400_000);
    // If the system chose the port, no file is written.
    Feed::new(1).restore_history(StreamHistory::read(config_dir.path(), 0));
    assert_eq!(std::fs::read_dir(config_dir.path().join("session-stream")).unwrap().count(), 1);
}
