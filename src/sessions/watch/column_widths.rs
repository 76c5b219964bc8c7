//! How wide the columns of the list are.

use crate::session_table::STATUS_WIDTH;

/// The columns before the project: the mark of the selection, the state, and for how long the session has been in it.
const FIRST_COLUMNS: usize = 2 + STATUS_WIDTH + 2 + AGE_WIDTH;

pub const AGE_WIDTH: usize = 4;
pub const ID_WIDTH: usize = 8;

/// The space before each column.
const GAP: usize = 2;

/// What a session asks or does has at least this width, as far as the terminal has it.
const MIN_TEXT_WIDTH: usize = 30;

/// A narrower text says nothing. Then the project takes its place.
const MIN_USEFUL_TEXT: usize = 12;

/// The project and the branch are cut to these widths, if they are longer, before the branch is left out.
const MIN_PROJECT_WIDTH: usize = 12;
const MIN_BRANCH_WIDTH: usize = 8;

/// The widths of the columns whose width depends on the terminal. A column without a width is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnWidths {
    pub project: usize,
    pub branch: usize,
    pub id: usize,
    pub text: usize,
}

impl ColumnWidths {
    /// Divides the columns of the terminal. Zero for the widest project or branch leaves
    /// its column out.
    pub fn divide(columns: usize, widest_project: usize, widest_branch: usize) -> Self {
        let room = columns.saturating_sub(FIRST_COLUMNS);
        let longest = (columns / 5).clamp(16, 40);
        let (mut project, mut branch) = (widest_project.min(longest), widest_branch.min(longest));
        let with_gap = |width: usize| if width == 0 { 0 } else { GAP + width };
        let before_text = room.saturating_sub(GAP + MIN_TEXT_WIDTH);
        let used = with_gap(project) + with_gap(branch);
        if used + with_gap(ID_WIDTH) <= before_text {
            let text = room - used - with_gap(ID_WIDTH) - GAP;
            return Self { project, branch, id: ID_WIDTH, text };
        }
        let shrink = |width: &mut usize, others: usize, least: usize| {
            let excess = (with_gap(*width) + others).saturating_sub(before_text);
            *width = (*width).min(width.saturating_sub(excess).max(least));
        };
        shrink(&mut branch, with_gap(project), MIN_BRANCH_WIDTH);
        shrink(&mut project, with_gap(branch), MIN_PROJECT_WIDTH);
        if with_gap(project) + with_gap(branch) > before_text {
            branch = 0;
        }
        let text = room.saturating_sub(with_gap(project) + with_gap(branch) + GAP);
        if text < MIN_USEFUL_TEXT {
            return Self { project: widest_project.min(room.saturating_sub(GAP)), branch: 0, id: 0, text: 0 };
        }
        Self { project, branch, id: 0, text }
    }
}
