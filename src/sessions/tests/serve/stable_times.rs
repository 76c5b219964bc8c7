//! Times that stay the same over refreshes.

use crate::model::stable_times::StableTimes;
use crate::tests::{at, evidence};
use session_signals_reader::Session;

#[test]
fn times_that_no_file_tells_stay_as_they_were_first_published() {
    let session = |signals: &[_], seconds| Session::from_evidence("s", &evidence(signals), at(seconds));
    // No file tells the time, so it is "now". At the next refresh it would be another "now".
    let mut first = session(&[], 10);
    let times = StableTimes::keep_first_times(&mut first, None, at(10));
    assert_eq!((first.rule, first.since), ("unknown", at(10)));
    let mut next = session(&[], 11);
    let times = StableTimes::keep_first_times(&mut next, Some(&times), at(11));
    assert_eq!((next.since, next.last_activity_at), (at(10), at(10)));
    // A time that a file tells is used. With another rule, another time begins.
    let mut stopped = session(&[("stop", 12, "{}")], 13);
    let times = StableTimes::keep_first_times(&mut stopped, Some(&times), at(13));
    assert_eq!((stopped.since, stopped.last_activity_at), (at(12), at(12)));
    let mut unknown = session(&[], 20);
    StableTimes::keep_first_times(&mut unknown, Some(&times), at(20));
    assert_eq!(unknown.since, at(20));
    // The time of a signal from the future counts as "now" at every refresh.
    let mut ahead = session(&[("stop", 100, "{}")], 30);
    let times = StableTimes::keep_first_times(&mut ahead, None, at(30));
    let mut later = session(&[("stop", 100, "{}")], 31);
    StableTimes::keep_first_times(&mut later, Some(&times), at(31));
    assert_eq!((ahead.last_activity_at, later.last_activity_at), (at(30), at(30)));
}
