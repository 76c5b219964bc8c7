//! What a command that reads once could not read: files of this machine, and other machines.

use std::io::{self, Write as _};

use session_signals_cli::ExitStatus;

use crate::display_text::make_harmless;

/// What could not be read. If there is any, a session may be missing. `list`, `line`, `jump` and `next` all ask this type what to say
/// of it, and how they end.
pub struct ReadingGaps {
    /// A sentence for each source, harmless for a terminal: first the machines, then the files.
    sentences: Vec<String>,
    /// Whether a file or a directory of this machine is among them.
    is_here: bool,
}

impl ReadingGaps {
    /// Takes the sentences about what is unreadable on this machine, and about machines that could not be read. They may hold a path
    /// that a program chose, or what another machine has printed.
    pub fn new(unreadable: &[String], lost_machines: &[String]) -> Self {
        let sentences = lost_machines.iter().chain(unreadable).map(|sentence| make_harmless(sentence)).collect();
        Self { sentences, is_here: !unreadable.is_empty() }
    }

    /// Returns whether everything could be read.
    pub fn is_empty(&self) -> bool {
        self.sentences.is_empty()
    }

    /// Writes a line for each gap to standard error.
    ///
    /// # Errors
    /// If standard error cannot be written to.
    pub fn report(&self) -> io::Result<()> {
        self.sentences.iter().try_for_each(|sentence| writeln!(io::stderr(), "sessions: {sentence}"))
    }

    /// Writes at most two lines to standard error: the first gap, and how many more there are. It is for a command that runs again and
    /// again.
    ///
    /// # Errors
    /// As for [`report`](Self::report).
    pub fn report_briefly(&self) -> io::Result<()> {
        let Some((first, rest)) = self.sentences.split_first() else { return Ok(()) };
        writeln!(io::stderr(), "sessions: {first}")?;
        if !rest.is_empty() {
            let count = rest.len();
            writeln!(
                io::stderr(),
                "sessions: there is more that could not be read ({count}): `sessions` names it all"
            )?;
        }
        Ok(())
    }

    /// Returns how a command ends that has printed all sessions it could read.
    pub fn reading_status(&self) -> ExitStatus {
        match self.is_empty() {
            true => ExitStatus::Success,
            false if self.is_here => ExitStatus::Failure,
            false => ExitStatus::Incomplete,
        }
    }

    /// Returns how a command ends that has chosen one session and has ended like this with it: another session may be the right one.
    pub fn choice_status(&self, status: ExitStatus) -> ExitStatus {
        if status == ExitStatus::Success && !self.is_empty() { ExitStatus::Incomplete } else { status }
    }

    /// Returns the words of [`describe_limit`] for these gaps.
    pub fn limit(&self) -> &'static str {
        describe_limit(!self.is_empty())
    }
}

/// Returns the words after `no session` in a sentence that says that there is none.
pub fn describe_limit(has_gaps: bool) -> &'static str {
    if has_gaps { " that could be read" } else { "" }
}
