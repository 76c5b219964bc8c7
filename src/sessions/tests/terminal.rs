//! The screen of `sessions --watch`.

use crate::terminal::screen_lines;

#[test]
fn lines_that_do_not_fit_on_the_screen_are_counted() {
    assert_eq!(screen_lines("a\nb\nc\n", 3), ["a", "b", "c"]);
    assert_eq!(screen_lines("a\nb\nc\n", 2), ["a", "… 2 more"]);
    assert_eq!((screen_lines("a\nb\n", 1), screen_lines("a\n", 0)), (vec!["… 2 more".to_owned()], vec![]));
}
