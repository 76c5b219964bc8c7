//! The spool: its permissions, and sessions with two signals that cannot both be true.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use session_signals::event::KINDS;

use super::{Finding, Mend};
use crate::env::Env;
use crate::evidence::spool::parse_name;
use crate::spool::{Fault, fault};

/// The hooks wait no longer for each other.
const PATIENCE: Duration = Duration::from_millis(200);

/// The spool, held against the hooks while it is looked at.
pub struct Spool {
    folder: PathBuf,
    _lock: Option<File>,
}

impl Spool {
    /// Takes the hooks' own lock; goes on without it as they do.
    #[must_use]
    pub fn lock(folder: &Path) -> Self {
        let file = File::open(folder).ok();
        let tries = PATIENCE.as_millis() / 5;
        for _ in 0..tries {
            match file.as_ref().map(File::try_lock) {
                Some(Err(TryLockError::WouldBlock)) => thread::sleep(Duration::from_millis(5)),
                _ => break,
            }
        }
        Self { folder: folder.to_owned(), _lock: file }
    }
}

/// Two signals of one session, one of which supersedes the other.
pub struct Conflict {
    /// Whose.
    pub session: String,
    /// The kind of the newer.
    pub newer: &'static str,
    /// The kind of the older.
    pub older: &'static str,
    /// The older's file.
    pub path: PathBuf,
}

/// Every conflict. The newer signal is the true one: a hook publishes before it clears.
#[must_use]
pub fn conflicts(spool: &Spool) -> Vec<Conflict> {
    let mut sessions: BTreeMap<String, [Option<(SystemTime, PathBuf)>; 4]> = BTreeMap::new();
    for entry in std::fs::read_dir(&spool.folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        // Names that no hook gives stay unread: what they hold would reach the terminal.
        let Some((session, kind)) = parse_name(&name) else { continue };
        let Ok(modified) = entry.metadata().and_then(|meta| meta.modified()) else { continue };
        // From the future: the clock stepped back, and it is old.
        let modified = if modified > SystemTime::now() { UNIX_EPOCH } else { modified };
        sessions.entry(session.to_owned()).or_default()[kind as usize] = Some((modified, entry.path()));
    }
    let mut found = Vec::new();
    for (session, signals) in sessions {
        for (newer, older) in
            KINDS.into_iter().flat_map(|kind| kind.supersedes().iter().map(move |older| (kind, *older)))
        {
            let (Some((of_newer, _)), Some((of_older, path))) = (&signals[newer as usize], &signals[older as usize])
            else {
                continue;
            };
            // Of two in one instant, the one that readers prefer.
            if (of_newer, newer as usize) > (of_older, older as usize) {
                found.push(Conflict {
                    session: session.clone(),
                    newer: newer.word(),
                    older: older.word(),
                    path: path.clone(),
                });
            }
        }
    }
    found
}

/// Everything about the spool.
pub fn check(env: &Env) -> Vec<Finding> {
    let folder = env.spool();
    let shown = env.brief(&folder);
    let finding = match fault(&folder) {
        None => None,
        Some(Fault::NotADirectory) => {
            Some(("spool-not-a-directory", format!("{shown} is not a directory: the hooks refuse it"), Mend::ByHand))
        }
        Some(Fault::NotOurs(owner)) => {
            Some(("spool-not-ours", format!("{shown} belongs to user {owner}: the hooks refuse it"), Mend::ByHand))
        }
        Some(Fault::Open(mode)) => Some((
            "spool-open",
            format!("{shown} can be written by others (mode {mode:o}): the hooks refuse it"),
            Mend::Tighten,
        )),
        Some(Fault::Readable(mode)) => Some((
            "spool-readable",
            format!("{shown} can be read by others (mode {mode:o}), and signals hold what you ask and are told"),
            Mend::Tighten,
        )),
    };
    let of_folder = finding.map(|(id, sentence, mend)| Finding::new(id, sentence, mend).at(&folder));
    let of_signals = conflicts(&Spool::lock(&folder)).into_iter().map(|conflict| {
        let Conflict { session, newer, older, path } = conflict;
        Finding::new(
            "signal-conflict",
            format!("{session} has both {newer} and {older}"),
            Mend::Supersede(session, older),
        )
        .at(&path)
    });
    of_folder.into_iter().chain(of_signals).collect()
}
