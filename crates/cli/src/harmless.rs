//! Text that other programs wrote, on a terminal.

/// Returns whether a terminal shows this character and does nothing else. A terminal obeys control characters, and a character
/// that changes the direction of writing can make a command look like another one.
#[must_use]
pub fn is_harmless(character: char) -> bool {
    let changes_direction = matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    !character.is_control() && !changes_direction
}
