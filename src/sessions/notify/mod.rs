//! `sessions notify` and `sessions serve --notify`: calls the user when a session begins to need them.
//!
//! The sink of the model only passes on what changed. A thread of its own decides and delivers, so that neither a desktop
//! that does not answer nor a program that hangs delays anything else.

mod desktop;
mod exec_program;
mod focus;
mod need;
mod notice;
pub mod notice_board;
mod notifier;
mod notify_target;
#[cfg(test)]
mod tests;

pub use notifier::Notifier;
pub use notify_target::{NoticeText, NotifyTarget};

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::ops::ControlFlow;

use crate::command_line::NotifyOptions;
use crate::model::{ConversationReading, Rounds, SessionChange, SessionModel, SessionSink};

/// Calls the user, and prints each notice, until a signal ends the program.
///
/// # Errors
/// If there is no configuration directory, the files cannot be watched, or a target cannot be used.
pub fn run_notify(options: &NotifyOptions) -> io::Result<()> {
    let config_dir = options.machines.config_dir()?;
    if options.notify.contains(&NotifyTarget::Desktop) {
        desktop::check_desktop()?;
    }
    let notifier = Notifier::start(&options.notify, &options.notices, true)?;
    let mut model = SessionModel::new(&config_dir, NoticeSink(notifier), Rounds::WhenNeeded)?;
    options.machines.disconnect_by_signal()?;
    model.follow_machines(&options.machines, false)?;
    let _ = model.publish_all(); // this sink never stops
    let _ = model.run_model();
    Err(io::Error::other("the files are not watched any more"))
}

/// Passes the changes on to the notifier.
struct NoticeSink(Notifier);

impl SessionSink for NoticeSink {
    type Stop = Infallible;

    fn conversation_reading(&self) -> ConversationReading {
        ConversationReading::Never
    }

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<Infallible> {
        self.0.observe(&changes);
        ControlFlow::Continue(())
    }

    fn report_failure(&mut self, sentence: &str) {
        let _ = writeln!(io::stderr(), "sessions: {sentence}");
    }
}
