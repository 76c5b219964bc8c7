//! What a script does to the signals, as far as its text tells.

use std::path::{Path, PathBuf};

use session_signals_protocol::SIGNAL_KINDS;

use super::DIRECTORY;
use crate::environment::Environment;

/// Stands in a path for a piece that only a run would tell.
pub const UNKNOWN: char = '\0';

/// No path is longer.
const MAX_VALUES: usize = 4096;

/// Ordered by how much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScriptEffect {
    /// It writes none: it reads them, deletes them, or has nothing to do with them.
    #[default]
    Silent,
    /// It may write some.
    Unclear,
    /// It writes signals.
    Writes,
}

/// Where the signals lie, and what a script may call that by.
pub struct SignalPaths {
    home: String,
    config: String,
    /// Each with and without symlinks.
    folders: Vec<PathBuf>,
}

/// Whether a directory is that of the signals.
#[derive(PartialEq)]
enum FolderKind {
    Ours,
    Perhaps,
    Another,
}

impl SignalPaths {
    /// Those of this home: in its config dir, and in the usual one.
    pub fn of_environment(env: &Environment) -> Self {
        let home = env.home.clone().unwrap_or_default();
        let mut folders = vec![env.signal_dir(), home.join(".claude").join(DIRECTORY)];
        folders.extend(folders.clone().iter().filter_map(|folder| real_path(folder)));
        let text = |path: &Path| path.to_string_lossy().into_owned();
        Self { home: text(&home), config: text(&env.config), folders }
    }

    /// The environment of a script, as far as it matters.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [("HOME", self.home.clone()), ("CLAUDE_CONFIG_DIR", self.config.clone())]
    }

    /// What a script does that writes to a path, one of whose values it has.
    pub fn effect_of_values(&self, values: &[String]) -> ScriptEffect {
        let mut verdicts = values.iter().map(|path| self.effect_of_path(path));
        let Some(first) = verdicts.next() else { return ScriptEffect::Silent };
        if verdicts.all(|other| other == first) { first } else { ScriptEffect::Unclear }
    }

    fn effect_of_path(&self, path: &str) -> ScriptEffect {
        let path = path.replace('\\', "/");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // What begins with a dot is a temporary file.
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

    /// Whether the path leads to the signals, or into them; or may.
    pub fn is_signal_path(&self, path: &str) -> bool {
        let path = path.replace('\\', "/");
        let ends = path.match_indices(DIRECTORY).map(|(at, _)| at + DIRECTORY.len());
        ends.filter(|end| path[*end..].is_empty() || path[*end..].starts_with('/'))
            .any(|end| self.folder_kind(&path[..end]) != FolderKind::Another)
    }

    /// A directory of the same name may be anybody's, unless its parent is known.
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
            return if last == DIRECTORY || last.contains(UNKNOWN) { FolderKind::Perhaps } else { FolderKind::Another };
        }
        let path = PathBuf::from(format!("/{}", names.join("/")));
        let is_one = |path: &PathBuf| self.folders.contains(path);
        if is_one(&path) || real_path(&path).is_some_and(|real| is_one(&real)) {
            FolderKind::Ours
        } else {
            FolderKind::Another
        }
    }
}

/// A directory without symlinks; it may not be there yet.
fn real_path(folder: &Path) -> Option<PathBuf> {
    let of_parent = || Some(folder.parent()?.canonicalize().ok()?.join(folder.file_name()?));
    folder.canonicalize().ok().or_else(of_parent)
}

/// `folder/name`, for every value of either; what is too much to tell is unknown.
pub fn join_all(folders: &[String], names: &[String]) -> Vec<String> {
    let longest = |values: &[String]| values.iter().map(String::len).max().unwrap_or_default();
    if folders.len() * names.len() > 16 || longest(folders) + longest(names) > MAX_VALUES {
        return vec![UNKNOWN.to_string()];
    }
    folders.iter().flat_map(|folder| names.iter().map(move |name| format!("{folder}{name}"))).collect()
}
