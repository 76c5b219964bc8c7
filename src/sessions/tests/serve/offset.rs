//! Offsets of the stream.

use crate::serve::feed::{Feed, StartPosition};
use crate::serve::stream::offset::{self, Offset};

#[test]
fn offsets_belong_to_one_run_and_sort_in_the_order_of_events() {
    let feed = Feed::new(7);
    feed.publish([("s".to_owned(), Some("1".to_owned()))]);
    let format = |position| offset::format_offset(feed.run_id(), position);
    assert_eq!(offset::parse_offset("-1", &feed), Some(Offset::After(StartPosition::Start)));
    assert_eq!(offset::parse_offset("now", &feed), Some(Offset::Now));
    assert_eq!(offset::parse_offset(&format(1), &feed), Some(Offset::After(StartPosition::At(1))));
    // Offsets of an earlier and of a later run, and of a position that this run has not reached.
    for other in [offset::format_offset(8, 1), offset::format_offset(6, 1), format(2)] {
        assert_eq!(offset::parse_offset(&other, &feed), Some(Offset::After(StartPosition::Elsewhere)));
    }
    assert!(format(9) < format(10) && format(u64::MAX) < offset::format_offset(8, 0));
    for wrong in
        ["", "0", "1_1", "-1 ", "Now", &offset::format_offset(10, 1).to_uppercase(), &format!("{}0", format(1))]
    {
        assert_eq!(offset::parse_offset(wrong, &feed), None, "{wrong}");
    }
}
