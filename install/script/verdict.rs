//! What a script does to the signals, as far as its text tells.

use session_signals::event::KINDS;

use super::DIRECTORY;

/// Stands in a path for a piece that only a run would tell.
pub const UNKNOWN: char = '\0';

/// No path is longer.
const LONGEST: usize = 4096;

/// Ordered by how much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It writes none: it reads them, deletes them, or has nothing to do with them.
    #[default]
    Silent,
    /// It may write some.
    Unclear,
    /// It writes signals.
    Writes,
}

impl Verdict {
    /// Of a script that writes to `path`, one of whose values it has.
    pub fn of(values: &[String]) -> Self {
        let mut verdicts = values.iter().map(|path| of_path(path));
        let Some(first) = verdicts.next() else { return Self::Silent };
        if verdicts.all(|other| other == first) { first } else { Self::Unclear }
    }
}

fn of_path(path: &str) -> Verdict {
    let path = path.replace('\\', "/");
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let folder = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let (is_ours, may_be_ours) =
        (folder == DIRECTORY, folder.contains(UNKNOWN) || path.starts_with(UNKNOWN) && folder.is_empty());
    // What begins with a dot is a temporary file.
    let endings = || KINDS.iter().map(|kind| format!(".{}.json", kind.word()));
    let is_signal = !name.starts_with('.') && endings().any(|ending| name.ends_with(&ending));
    let end = name.rsplit(UNKNOWN).next().unwrap_or_default();
    let may_be_signal = is_signal || name.contains(UNKNOWN) && endings().any(|ending| ending.ends_with(end));
    match (is_ours, is_signal) {
        (true, true) => Verdict::Writes,
        _ if (is_ours || may_be_ours) && may_be_signal => Verdict::Unclear,
        _ => Verdict::Silent,
    }
}

/// Whether the path leads to the signals, or into them.
pub fn is_of_signals(path: &str) -> bool {
    path.split(['/', '\\']).any(|part| part == DIRECTORY)
}

/// `folder/name`, for every value of either; what is too much to tell is unknown.
pub fn joined(folders: &[String], names: &[String]) -> Vec<String> {
    let longest = |values: &[String]| values.iter().map(String::len).max().unwrap_or_default();
    if folders.len() * names.len() > 16 || longest(folders) + longest(names) > LONGEST {
        return vec![UNKNOWN.to_string()];
    }
    folders.iter().flat_map(|folder| names.iter().map(move |name| format!("{folder}{name}"))).collect()
}
