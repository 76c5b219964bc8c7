//! The terminal while `sessions --watch` runs. It is restored however the program ends.

use std::io::{self, IsTerminal as _, Write as _};

use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};

/// The terminal in raw mode and on its alternate screen. Dropping it restores the terminal.
pub struct TerminalScreen;

impl TerminalScreen {
    /// Switches the terminal to raw mode and to its alternate screen.
    ///
    /// # Errors
    /// If standard output is no terminal, or raw mode cannot be set.
    pub fn enter() -> io::Result<Self> {
        let no_terminal = || io::Error::other("--watch needs a terminal");
        if !io::stdout().is_terminal() {
            return Err(no_terminal());
        }
        // A panic that aborts drops nothing, so the terminal is restored before the panic is printed.
        let print_panic = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore_terminal();
            print_panic(panic);
        }));
        terminal::enable_raw_mode().map_err(|_| no_terminal())?;
        let screen = Self;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        Ok(screen)
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Restores the terminal as far as that is still possible.
fn restore_terminal() {
    let _ = execute!(io::stdout(), cursor::Show, LeaveAlternateScreen);
    let _ = terminal::disable_raw_mode();
}

/// Draws the table over the one on the screen. The screen is not cleared first, because that would make it flicker.
///
/// # Errors
/// If the terminal cannot be written to.
pub fn draw_screen(table: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    queue!(out, terminal::BeginSynchronizedUpdate, cursor::MoveTo(0, 0))?;
    let rows = terminal::size().map_or(usize::MAX, |(_, rows)| rows.into());
    let lines = screen_lines(table, rows);
    for line in &lines {
        // Clear before the line is written: after a line of full width the cursor is still on its last character.
        queue!(out, Clear(ClearType::UntilNewLine))?;
        write!(out, "{line}")?;
        queue!(out, cursor::MoveToNextLine(1))?;
    }
    if lines.len() < rows {
        queue!(out, Clear(ClearType::FromCursorDown))?;
    }
    queue!(out, terminal::EndSynchronizedUpdate)?;
    out.flush()
}

/// Returns the lines of the table that fit on a screen of `rows` rows. If some do not fit, the last row says how many.
pub fn screen_lines(table: &str, rows: usize) -> Vec<String> {
    let count = table.lines().count();
    let shown = if count > rows { rows.saturating_sub(1) } else { count };
    let more = (shown < count && rows > 0).then(|| format!("… {} more", count - shown));
    table.lines().take(shown).map(str::to_owned).chain(more).collect()
}
