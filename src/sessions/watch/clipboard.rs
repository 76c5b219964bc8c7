//! Puts text into the clipboard of the user's terminal, also of a terminal on the other side of ssh.

use std::io::{self, Write as _};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::program_command::program_command;

/// Copies the text. Whether the terminal allows that cannot be known.
///
/// # Errors
/// If the terminal cannot be written to.
pub fn copy_text(text: &str, is_in_tmux: bool) -> io::Result<()> {
    if is_in_tmux {
        load_tmux_buffer(text);
    }
    let mut out = io::stdout().lock();
    out.write_all(clipboard_sequence(text, is_in_tmux).as_bytes())?;
    out.flush()
}

/// Returns the escape sequence OSC 52. In tmux it is wrapped, so that tmux hands it on to its own terminal.
pub fn clipboard_sequence(text: &str, is_in_tmux: bool) -> String {
    let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    if is_in_tmux { format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence }
}

/// Gives the text to tmux itself, which puts it into its newest buffer and into the clipboard of its terminal. As tmux is set up
/// when it is new, it hands on no escape sequence of this kind.
fn load_tmux_buffer(text: &str) {
    let mut tmux = program_command("tmux");
    tmux.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // The escape sequence is left if tmux cannot be run, or is too old.
    let Ok(mut child) = tmux.spawn() else { return };
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(text.as_bytes());
    }
    let _ = child.wait();
}
