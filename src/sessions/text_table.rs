//! Tables for a terminal. Each row begins with a coloured status; the columns after it are as wide as their widest cell.

use std::fmt::Write as _;

use crate::display_text::{display_width, pad_right, truncate};

/// How a status looks in a table.
pub struct StatusStyle {
    pub symbol: &'static str,
    pub word: &'static str,
    /// The colour, as the number of an SGR escape sequence.
    pub colour: u8,
}

/// One row of a table with `N` columns after the status.
pub struct TableRow<const N: usize> {
    pub status: StatusStyle,
    /// The text of the cells. It must be harmless for a terminal.
    pub cells: [String; N],
}

/// How a table is drawn.
#[derive(Clone, Copy)]
pub struct TableFormat {
    /// The width of the terminal. Longer lines are cut, but never within the status; `None` cuts nothing.
    pub columns: Option<usize>,
    /// Whether the status is coloured.
    pub is_coloured: bool,
}

/// Draws the rows, one line each. The status takes `status_width` columns.
pub fn draw_rows<const N: usize>(rows: &[TableRow<N>], status_width: usize, format: TableFormat) -> String {
    let widest = |column: usize| rows.iter().map(|row| display_width(&row.cells[column])).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(widest);
    let mut table = String::new();
    for TableRow { status, cells } in rows {
        let head = pad_right(&format!("{} {}", status.symbol, status.word), status_width);
        let padded: Vec<_> = cells.iter().zip(widths).map(|(cell, width)| pad_right(cell, width)).collect();
        let rest = format!("  {}", padded.join("  "));
        let room = format.columns.map_or(usize::MAX, |columns| columns.saturating_sub(display_width(&head)));
        let rest = truncate(rest.trim_end(), room);
        // Writing to a string cannot fail.
        let _ = if format.is_coloured {
            writeln!(table, "\x1b[{}m{head}\x1b[0m{rest}", status.colour)
        } else {
            writeln!(table, "{head}{rest}")
        };
    }
    table
}
