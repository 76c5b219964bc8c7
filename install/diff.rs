//! The unified diff of `--dry-run`, byte for byte as `patch` takes it.

use std::fmt::Write;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use crate::settings_editor::EditPlan;

/// Returns the diff of what `plan` does to `file`; an empty text if that is nothing.
#[must_use]
pub fn unified_diff(file: &Path, plan: &EditPlan) -> String {
    if !plan.is_change() {
        return String::new();
    }
    // The settings editor accepts nothing but UTF-8.
    let (before, after) = (String::from_utf8_lossy(&plan.before), String::from_utf8_lossy(&plan.after));
    // A line ends in \n. A \r before it belongs to the line.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split_inclusive('\n').collect(), after.split_inclusive('\n').collect());
    let changes = TextDiff::from_slices(&old, &new);
    let name = file.display();
    let mut text = format!("--- {name}\n+++ {name}\n");
    for group in changes.grouped_ops(3) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |start: usize, end: usize| match end - start {
            // An empty range is named by the line before it, as in GNU diff.
            0 => format!("{start},0"),
            1 => (start + 1).to_string(),
            length => format!("{},{length}", start + 1),
        };
        let old_range = range(first.old_range().start, last.old_range().end);
        let new_range = range(first.new_range().start, last.new_range().end);
        let _ = writeln!(text, "@@ -{old_range} +{new_range} @@");
        for change in group.iter().flat_map(|op| changes.iter_changes(op)) {
            text.push(match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            });
            let line: &str = change.value();
            text.push_str(line);
            if !line.ends_with('\n') {
                text.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    text
}
