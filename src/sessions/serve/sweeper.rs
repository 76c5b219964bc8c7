//! Ends the daemons that outlived both their session and their guard.

use std::path::Path;
use std::time::Duration;

use super::heal::log;
use crate::daemons::sweep;

/// How often is looked. Where no guard was killed, a look reads one directory.
const PAUSE: Duration = Duration::from_secs(5);

/// Looks for ever.
pub fn run(config: &Path) {
    let mut complaint = String::new();
    loop {
        match sweep(config) {
            Ok(0) => {}
            Ok(count) => log(&format!("ended {count} processes of daemons whose session and guard are gone")),
            Err(error) if error.to_string() == complaint => {}
            Err(error) => {
                complaint = error.to_string();
                log(&format!("sessions: {complaint}"));
            }
        }
        std::thread::sleep(PAUSE);
    }
}
