//! Ends the daemons whose session and supervisor are both gone.

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::daemons::reap_orphans_of;
use crate::serve::error_log::{ErrorLog, log_line};

/// How often the server looks for such daemons. If no supervisor was killed, that reads one directory.
const INTERVAL: Duration = Duration::from_secs(5);

/// Ends such daemons again and again. Never returns.
pub fn reap_repeatedly(config_dir: &Path) {
    let mut errors = ErrorLog::default();
    loop {
        match reap_orphans_of(config_dir) {
            Ok(0) => {}
            Ok(count) => {
                log_line(&format!("ended {count} processes of daemons whose session and supervisor are gone"));
            }
            Err(error) => errors.log_error(&error.to_string()),
        }
        thread::sleep(INTERVAL);
    }
}
