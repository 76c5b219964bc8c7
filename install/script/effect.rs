//! What a script does to the signals, as far as its text shows.

use std::path::{Path, PathBuf};

use session_signals_protocol::SIGNAL_KINDS;
use session_signals_protocol::file_names::SIGNAL_DIR;

use crate::environment::Environment;

/// Stands in a path for a part that is known only when the script runs.
pub const UNKNOWN: char = '\0';

/// The most bytes that a path can have.
const MAX_PATH_LEN: usize = 4096;

/// What a script does to the signals. If parts of a script differ, the greatest value counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptEffect {
    /// It writes no signals. It may read or delete them.
    #[default]
    Silent,
    /// It may write signals.
    Unclear,
    /// It writes signals.
    Writes,
}

/// Where the signals are, and the variables with which a script may name that place.
pub struct SignalPaths {
    home: String,
    config_dir: String,
    /// The signal directories, each with and without symlinks.
    folders: Vec<PathBuf>,
}

/// Whether a directory is the signal directory.
#[derive(PartialEq)]
enum FolderKind {
    Ours,
    /// This is known only when the script runs.
    Perhaps,
    Another,
}

impl SignalPaths {
    /// Returns the paths of this home: in its configuration directory, and in `~/.claude`.
    pub fn of_environment(env: &Environment) -> Self {
        let home = env.home.clone().unwrap_or_default();
        let mut folders = vec![env.signal_dir(), home.join(".claude").join(SIGNAL_DIR)];
        folders.extend(folders.clone().iter().filter_map(|folder| real_path(folder)));
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Self { home: text(&home), config_dir: text(&env.config_dir), folders }
    }

    /// Returns the environment variables that a script may use in such a path.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [("HOME", self.home.clone()), ("CLAUDE_CONFIG_DIR", self.config_dir.clone())]
    }

    /// Returns what a write does to a path that has one of these values.
    pub fn effect_of_values(&self, values: &[String]) -> ScriptEffect {
        let mut effects = values.iter().map(|path| self.effect_of_path(path));
        let Some(first) = effects.next() else { return ScriptEffect::Silent };
        if effects.all(|other| other == first) { first } else { ScriptEffect::Unclear }
    }

    fn effect_of_path(&self, path: &str) -> ScriptEffect {
        let path = path.replace('\\', "/");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // A name that begins with a dot is that of a temporary file.
        let endings = || SIGNAL_KINDS.iter().map(|kind| format!(".{}.json", kind.word()));
        let is_signal = !name.starts_with('.') && endings().any(|ending| name.ends_with(&ending));
        let end = name.rsplit(UNKNOWN).next().unwrap_or_default();
        let may_be_signal = is_signal || name.contains(UNKNOWN) && endings().any(|ending| ending.ends_with(end));
        if !may_be_signal {
            return ScriptEffect::Silent;
        }
        let folder =
            if folder.is_empty() && path.starts_with(UNKNOWN) { FolderKind::Perhaps } else { self.folder_kind(folder) };
        match folder {
            FolderKind::Ours if is_signal => ScriptEffect::Writes,
            FolderKind::Ours | FolderKind::Perhaps => ScriptEffect::Unclear,
            FolderKind::Another => ScriptEffect::Silent,
        }
    }

    /// Returns whether a path is, or may be, that of the signal directory or of a file in it.
    pub fn is_signal_path(&self, path: &str) -> bool {
        let path = path.replace('\\', "/");
        let ends = path.match_indices(SIGNAL_DIR).map(|(at, _)| at + SIGNAL_DIR.len());
        ends.filter(|end| path[*end..].is_empty() || path[*end..].starts_with('/'))
            .any(|end| self.folder_kind(&path[..end]) != FolderKind::Another)
    }

    /// Returns whether a directory is the signal directory. Another directory may have the same name.
    fn folder_kind(&self, folder: &str) -> FolderKind {
        let mut names: Vec<&str> = Vec::new();
        let folder = match folder.strip_prefix('~') {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", self.home),
            _ => folder.to_owned(),
        };
        for name in folder.split('/').filter(|name| !matches!(*name, "" | ".")) {
            if name == ".." && names.last().is_some_and(|last| *last != ".." && !last.contains(UNKNOWN)) {
                names.pop();
            } else {
                names.push(name);
            }
        }
        let is_absolute = folder.starts_with('/') || folder.chars().nth(1) == Some(':');
        let last = names.last().copied().unwrap_or_default();
        if !is_absolute || folder.contains(UNKNOWN) {
            return if last == SIGNAL_DIR || last.contains(UNKNOWN) {
                FolderKind::Perhaps
            } else {
                FolderKind::Another
            };
        }
        let path = PathBuf::from(format!("/{}", names.join("/")));
        let is_signal_dir = |path: &PathBuf| self.folders.contains(path);
        if is_signal_dir(&path) || real_path(&path).is_some_and(|real| is_signal_dir(&real)) {
            FolderKind::Ours
        } else {
            FolderKind::Another
        }
    }
}

/// Resolves the symlinks of a directory, which need not exist.
fn real_path(folder: &Path) -> Option<PathBuf> {
    let of_parent = || Some(folder.parent()?.canonicalize().ok()?.join(folder.file_name()?));
    folder.canonicalize().ok().or_else(of_parent)
}

/// Joins every value of one part of a path with every value of the next part. If there are too many, the result is unknown.
pub fn join_all(folders: &[String], names: &[String]) -> Vec<String> {
    let longest = |values: &[String]| values.iter().map(String::len).max().unwrap_or_default();
    if folders.len() * names.len() > 16 || longest(folders) + longest(names) > MAX_PATH_LEN {
        return vec![UNKNOWN.to_string()];
    }
    folders.iter().flat_map(|folder| names.iter().map(move |name| format!("{folder}{name}"))).collect()
}
