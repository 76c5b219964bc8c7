//! The lines that say whether a target is met.

/// Returns such a line: `met: 3 % of a processor (target: under 4)`. `benches/report` turns it into a list item.
pub fn verdict(is_met: bool, text: &str) -> String {
    format!("{}: {text}", if is_met { "met" } else { "MISSED" })
}
