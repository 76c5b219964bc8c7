//! How wide the columns are.

use crate::watch::column_widths::ColumnWidths;

#[test]
fn the_text_stays_readable_and_narrow_terminals_keep_the_project() {
    for (columns, project, branch, expected) in [
        // project, branch, id, text
        (200, 12, 20, (12, 20, 8, 135)),
        (200, 300, 300, (40, 40, 8, 87)),
        (120, 12, 20, (12, 20, 8, 55)),
        (80, 7, 6, (7, 6, 8, 34)),
        // Long names are shortened at 80 columns, and the id is left out.
        (80, 300, 6, (16, 6, 0, 35)),
        (80, 12, 30, (12, 15, 0, 30)),
        (80, 300, 300, (16, 11, 0, 30)),
        (80, 0, 300, (0, 16, 8, 33)),
        (60, 300, 300, (12, 0, 0, 27)),
        (50, 7, 6, (7, 0, 0, 22)),
        (40, 7, 6, (7, 0, 0, 12)),
        (40, 300, 300, (21, 0, 0, 0)),
        (40, 9, 6, (9, 0, 0, 0)),
        (40, 0, 6, (0, 0, 0, 21)),
        (20, 300, 300, (1, 0, 0, 0)),
        (10, 300, 300, (0, 0, 0, 0)),
        (0, 300, 300, (0, 0, 0, 0)),
    ] {
        let widths = ColumnWidths::divide(columns, project, branch);
        let found = (widths.project, widths.branch, widths.id, widths.text);
        assert_eq!(found, expected, "{columns} columns, project {project}, branch {branch}");
    }
    for columns in 17..300 {
        for project in [0, 3, 12, 20, 300] {
            for branch in [0, 3, 12, 20, 300] {
                let ColumnWidths { project, branch, id, text } = ColumnWidths::divide(columns, project, branch);
                let used: usize = [project, branch, id, text].iter().filter(|width| **width > 0).map(|w| w + 2).sum();
                assert!(17 + used <= columns, "{columns}, {project}, {branch}");
                assert!(columns < 80 || text >= 30, "{columns}: {text}");
            }
        }
    }
}
