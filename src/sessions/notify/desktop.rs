//! Notices of the desktop: through D-Bus as freedesktop.org describes it, or as macOS shows them.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::Duration;

use notify_rust::{Notification, NotificationHandle};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::notice::Notice;
use crate::display_text::make_harmless;

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// The notices that are shown.
pub struct DesktopNotices {
    runtime: Runtime,
    /// Each holds its connection: some desktops remove a notice when the program that sent it is gone.
    shown: HashMap<u64, NotificationHandle>,
    /// The last failure, which is not reported again.
    last_error: String,
}

impl DesktopNotices {
    /// Starts without a notice, and without a connection.
    ///
    /// # Errors
    /// If the system has no more descriptors.
    pub fn new() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, shown: HashMap::new(), last_error: String::new() })
    }

    /// Shows a notice. A failure is reported once.
    pub fn show(&mut self, notice: &Notice) {
        let mut notification = Notification::new();
        notification.appname("sessions").summary(&notice.title);
        if let Some(text) = &notice.text {
            notification.body(&escape_markup(text));
        }
        #[cfg(not(target_os = "macos"))]
        let shown = notification.show_async();
        // On macOS the library has no other way.
        #[cfg(target_os = "macos")]
        let shown = std::future::ready(notification.show());
        let result = self.runtime.block_on(async { timeout(LIMIT, shown).await });
        let error = match result {
            Ok(Ok(handle)) => {
                self.shown.insert(notice.number, handle);
                self.last_error.clear();
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it did not answer within {} seconds", LIMIT.as_secs()),
        };
        if error != self.last_error {
            let _ = writeln!(io::stderr(), "sessions: the desktop shows no notice: {}", make_harmless(&error));
            self.last_error = error;
        }
    }

    /// Takes a notice back, if it is still shown.
    pub fn withdraw(&mut self, number: u64) {
        let Some(handle) = self.shown.remove(&number) else { return };
        #[cfg(not(target_os = "macos"))]
        // A notice that the user has closed is no failure.
        let _ = self.runtime.block_on(async { timeout(LIMIT, handle.close_async()).await });
        // macOS keeps the notice: the library has no way to take it back without waiting for the user.
        #[cfg(target_os = "macos")]
        drop(handle);
    }
}

/// Looks for a program that shows notices.
///
/// # Errors
/// If there is none, or if it does not answer.
#[cfg_attr(target_os = "macos", expect(clippy::unnecessary_wraps, reason = "it fails on other systems"))]
pub fn check_desktop() -> io::Result<()> {
    #[cfg(not(target_os = "macos"))]
    {
        let (sender, answer) = std::sync::mpsc::channel();
        // The call has no limit of time.
        std::thread::spawn(move || sender.send(notify_rust::get_server_information()));
        let result = match answer.recv_timeout(LIMIT) {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it did not answer within {} seconds", LIMIT.as_secs()),
        };
        Err(io::Error::other(format!("no desktop shows notices: {}", make_harmless(&result))))
    }
    #[cfg(target_os = "macos")]
    Ok(())
}

/// Escapes a text for a desktop that reads the body of a notice as markup.
fn escape_markup(text: &str) -> String {
    if cfg!(target_os = "macos") {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
