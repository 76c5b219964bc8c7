//! The terminal in the hands of `sessions --watch`, and given back, however that ends.

use std::io::{self, IsTerminal as _, Write as _};

use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};

/// Holds the terminal; gives it back at the end.
pub struct TerminalScreen;

impl TerminalScreen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where there is none.
    pub fn enter() -> io::Result<Self> {
        let none = || io::Error::other("--watch needs a terminal");
        if !io::stdout().is_terminal() {
            return Err(none());
        }
        // Runs where a panic aborts, too, which drops nothing.
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore_terminal();
            tell(panic);
        }));
        terminal::enable_raw_mode().map_err(|_| none())?;
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

/// Whatever is still possible.
fn restore_terminal() {
    let _ = execute!(io::stdout(), cursor::Show, LeaveAlternateScreen);
    let _ = terminal::disable_raw_mode();
}

/// Draws over what stands there, so that nothing flickers.
///
/// # Errors
/// Where the terminal is gone.
pub fn show_page(table: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    queue!(out, terminal::BeginSynchronizedUpdate, cursor::MoveTo(0, 0))?;
    let rows = terminal::size().map_or(usize::MAX, |(_, rows)| rows.into());
    let lines = page_lines(table, rows);
    for line in &lines {
        // Not after it: behind a line of full width the cursor stands on its last character.
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

/// The lines that so many rows hold; the last says how many there are besides.
pub fn page_lines(table: &str, rows: usize) -> Vec<String> {
    let count = table.lines().count();
    let shown = if count > rows { rows.saturating_sub(1) } else { count };
    let more = (shown < count && rows > 0).then(|| format!("… {} more", count - shown));
    table.lines().take(shown).map(str::to_owned).chain(more).collect()
}
