//! Ends the daemons that outlived both their session and their guard.

use std::path::Path;
use std::time::Duration;

use super::repair::log_line;
use crate::daemons::reap_orphans;

/// How often is looked. Where no guard was killed, a look reads one directory.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks for ever.
pub fn reap_repeatedly(config: &Path) {
    let mut complaint = String::new();
    loop {
        match reap_orphans(config) {
            Ok(0) => {}
            Ok(count) => log_line(&format!("ended {count} processes of daemons whose session and guard are gone")),
            Err(error) if error.to_string() == complaint => {}
            Err(error) => {
                complaint = error.to_string();
                log_line(&format!("sessions: {complaint}"));
            }
        }
        std::thread::sleep(PAUSE);
    }
}
