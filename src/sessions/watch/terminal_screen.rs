//! The terminal while `sessions --watch` runs. It is restored however the program ends.

use std::io::{self, IsTerminal as _, Write as _};

use crossterm::terminal::{self, Clear, ClearType, DisableLineWrap, EnableLineWrap};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, queue};

/// The terminal in raw mode and on its alternate screen. Dropping it restores the terminal.
pub struct TerminalScreen {
    /// The lines on the screen; `None` if the whole screen must be drawn.
    drawn: Option<Vec<String>>,
    /// Whether the screen is ours. It is the shell's while the program is suspended.
    is_entered: bool,
}

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
        let mut screen = Self { drawn: None, is_entered: false };
        screen.enter_again().map_err(|_| no_terminal())?;
        Ok(screen)
    }

    /// Gives the terminal back to the shell.
    pub fn leave(&mut self) {
        if std::mem::take(&mut self.is_entered) {
            restore_terminal();
        }
    }

    /// Takes the terminal after it was given back. Does nothing but draw everything again if the program was stopped in another
    /// way; then the shell may have changed the mode of the terminal.
    ///
    /// # Errors
    /// If raw mode cannot be set.
    pub fn enter_again(&mut self) -> io::Result<()> {
        self.redraw();
        if self.is_entered {
            terminal::disable_raw_mode()?;
            terminal::enable_raw_mode()?;
            return execute!(io::stdout(), cursor::Hide, DisableLineWrap);
        }
        terminal::enable_raw_mode()?;
        self.is_entered = true;
        // The width of some characters is not known for certain. Without line wrap, a line that is too long stays in its row.
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide, DisableLineWrap)
    }

    /// Lets the next picture be drawn as a whole.
    pub fn redraw(&mut self) {
        self.drawn = None;
    }

    /// Draws the lines that have changed. The screen is not cleared first, because that would make it flicker.
    ///
    /// # Errors
    /// If the terminal cannot be written to.
    pub fn draw(&mut self, lines: Vec<String>) -> io::Result<()> {
        if !self.is_entered || self.drawn.as_ref() == Some(&lines) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        queue!(out, terminal::BeginSynchronizedUpdate)?;
        for (row, line) in (0..).zip(&lines) {
            if self.drawn.as_ref().and_then(|drawn| drawn.get(usize::from(row))) == Some(line) {
                continue;
            }
            // Clear before the line is written: after a line of full width the cursor is still on its last character.
            queue!(out, cursor::MoveTo(0, row), Clear(ClearType::UntilNewLine))?;
            write!(out, "{line}")?;
        }
        if self.drawn.as_ref().is_none_or(|drawn| drawn.len() > lines.len())
            && let Ok(row) = u16::try_from(lines.len())
            && terminal::size().is_ok_and(|(_, rows)| row < rows)
        {
            queue!(out, cursor::MoveTo(0, row), Clear(ClearType::FromCursorDown))?;
        }
        queue!(out, terminal::EndSynchronizedUpdate)?;
        out.flush()?;
        self.drawn = Some(lines);
        Ok(())
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Restores the terminal as far as that is still possible.
fn restore_terminal() {
    let _ = execute!(io::stdout(), EnableLineWrap, cursor::Show, LeaveAlternateScreen);
    let _ = terminal::disable_raw_mode();
}
