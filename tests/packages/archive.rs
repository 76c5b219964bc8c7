//! The archive of a release.

use super::release::Release;

#[test]
#[ignore = "needs strip and tar"]
fn the_archive_does_not_depend_on_the_modes_that_new_files_get() {
    let release = Release::with_text_after_a_hook("");
    assert_eq!(release.pack("open", "000"), release.pack("closed", "077"));
}
