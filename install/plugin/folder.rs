//! The folder of the plugin: which of its files are ours, and which are somebody else's.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::plugin_receipt::PluginReceipt;
use crate::atomic_file::{self, TEMPORARY_PREFIX};
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::{phrases, release_version};

/// A file of the plugin.
pub struct PluginFile {
    /// Its path in the folder of the plugin.
    pub name: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// The manifest. Without it, Claude Code does not take the folder for a plugin.
const MANIFEST: &str = ".claude-plugin/plugin.json";

/// The files of the plugin. The manifest is the last one that is written and the first one that is removed, so Claude Code never
/// loads a part of the plugin.
pub const PLUGIN_FILES: [PluginFile; 5] = [
    PluginFile { name: "LICENSE", bytes: include_bytes!("../../plugin/LICENSE") },
    PluginFile { name: "README.md", bytes: include_bytes!("../../plugin/README.md") },
    PluginFile { name: "hooks/mod.js", bytes: include_bytes!("../../plugin/hooks/mod.js") },
    PluginFile { name: "hooks/hooks.json", bytes: include_bytes!("../../plugin/hooks/hooks.json") },
    PluginFile { name: MANIFEST, bytes: include_bytes!("../../plugin/.claude-plugin/plugin.json") },
];

/// The folders inside the folder of the plugin.
const SUBFOLDERS: [&str; 2] = [".claude-plugin", "hooks"];

/// What is at the path of a file of the plugin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FileState {
    Missing,
    /// The file of this build.
    Current,
    /// A file that an earlier installation wrote.
    Outdated,
    /// A file that somebody else wrote, or something that is no file.
    Foreign,
}

/// What is in the place of the plugin.
pub struct PluginFolder {
    /// The files of this build, with what is at their paths.
    files: Vec<(&'static PluginFile, FileState)>,
    /// The names of files that an earlier version wrote and that this one does not have.
    obsolete: Vec<String>,
    /// What somebody else put into the place of the plugin.
    foreign: Vec<PathBuf>,
}

impl PluginFolder {
    /// Looks at the place of the plugin. `receipt` tells what earlier installations wrote.
    #[must_use]
    pub fn inspect(env: &Environment, receipt: &PluginReceipt) -> Self {
        let dir = env.plugin_dir();
        // Claude Code loads no plugin through a symbolic link.
        let mut foreign: Vec<PathBuf> = needed_folders(env).into_iter().filter(|path| is_no_folder(path)).collect();
        let is_reachable = foreign.is_empty();
        let state = |name: &str, current: Option<&[u8]>| {
            if is_reachable { inspect_file(&dir.join(name), name, current, receipt) } else { FileState::Missing }
        };
        let files: Vec<_> = PLUGIN_FILES.iter().map(|file| (file, state(file.name, Some(file.bytes)))).collect();
        foreign.extend(
            files.iter().filter(|(_, state)| *state == FileState::Foreign).map(|(file, _)| dir.join(file.name)),
        );
        let is_obsolete = |name: &&str| {
            PLUGIN_FILES.iter().all(|file| file.name != *name) && state(name, None) == FileState::Outdated
        };
        let obsolete: Vec<String> = receipt.names().into_iter().filter(is_obsolete).map(str::to_owned).collect();
        let has_ours = files.iter().any(|(_, state)| matches!(state, FileState::Current | FileState::Outdated));
        if foreign.is_empty() && !has_ours && obsolete.is_empty() && holds_files(&dir) {
            foreign.push(dir);
        }
        Self { files, obsolete, foreign }
    }

    /// Returns whether every file is the one of this build.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.foreign.is_empty() && self.is_complete() && self.obsolete.is_empty()
    }

    /// Returns whether every file of this build is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.files.iter().all(|(_, state)| *state == FileState::Current)
    }

    /// Returns what somebody else put into the place of the plugin.
    #[must_use]
    pub fn foreign(&self) -> &[PathBuf] {
        &self.foreign
    }

    /// Returns the same for a message.
    #[must_use]
    pub fn foreign_names(&self, env: &Environment) -> Vec<String> {
        self.foreign.iter().map(|path| env.short_path(path)).collect()
    }

    /// Refuses to write over what somebody else put there.
    ///
    /// # Errors
    /// If there is something of somebody else.
    pub fn refuse_foreign(&self, env: &Environment) -> Result<(), Refusal> {
        let Some(first) = self.foreign.first() else { return Ok(()) };
        let names = phrases::list_some(self.foreign_names(env).iter().map(String::as_str));
        let what = if first.is_symlink() {
            format!("{names} is a symbolic link, through which Claude Code loads no plugin")
        } else {
            format!("`hooks` did not write {names}, or somebody changed it since")
        };
        Err(Refusal::new(format!("{what}: it is in the place of the plugin and stays as it is. Move it away first")))
    }

    /// Says which files differ from those of this build.
    #[must_use]
    pub fn describe_difference(&self, env: &Environment) -> String {
        let named = |wanted: FileState| {
            let names = self.files.iter().filter(|(_, state)| *state == wanted).map(|(file, _)| file.name);
            phrases::list_all(names)
        };
        let (missing, outdated) = (named(FileState::Missing), named(FileState::Outdated));
        let obsolete = phrases::list_all(self.obsolete.iter().map(String::as_str));
        let parts = [(missing, "missing"), (outdated, "of another version"), (obsolete, "no longer needed")];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(names, _)| !names.is_empty())
            .map(|(names, what)| format!("{what}: {names}"))
            .collect();
        format!(
            "in {} the plugin is not that of this `hooks` ({}); {}",
            env.short_path(&env.plugin_dir()),
            release_version::OUR_VERSION,
            parts.join("; ")
        )
    }

    /// Writes the files that are missing or of another version. Each file is replaced as a whole.
    ///
    /// # Errors
    /// If the file system refuses a step.
    pub fn write_files(&self, env: &Environment) -> io::Result<()> {
        let dir = env.plugin_dir();
        for folder in SUBFOLDERS {
            fs::create_dir_all(dir.join(folder))?;
        }
        for (file, state) in &self.files {
            if *state != FileState::Current {
                atomic_file::write_file(&dir.join(file.name), file.bytes, 0o644)?;
            }
        }
        Ok(())
    }

    /// Removes the files that an earlier version wrote and that this one does not have.
    ///
    /// # Errors
    /// If the file system refuses a step.
    pub fn remove_obsolete(&self, env: &Environment) -> io::Result<()> {
        self.obsolete.iter().try_for_each(|name| atomic_file::delete_file(&env.plugin_dir().join(name)))
    }

    /// Removes our files and the temporary files of killed runs. Removes the folders, too, if nothing else lies there.
    ///
    /// # Errors
    /// If a file exists and cannot be removed.
    pub fn remove_files(&self, env: &Environment, receipt: &PluginReceipt) -> io::Result<()> {
        // What is behind a symbolic link was not written by us.
        if needed_folders(env).iter().any(|path| is_no_folder(path)) {
            return Ok(());
        }
        let dir = env.plugin_dir();
        for (file, state) in self.files.iter().rev() {
            if matches!(state, FileState::Current | FileState::Outdated) {
                atomic_file::delete_file(&dir.join(file.name))?;
            }
        }
        self.remove_obsolete(env)?;
        for folder in written_folders(env) {
            for left in atomic_file::files_with_prefix(&folder, TEMPORARY_PREFIX) {
                atomic_file::delete_file(&left)?;
            }
        }
        // A folder that holds other files stays.
        let skills = receipt.made_skills_dir.then(|| dir.parent().map(Path::to_owned)).flatten();
        let folders = SUBFOLDERS.iter().map(|folder| dir.join(folder)).chain([dir.clone()]).chain(skills);
        for folder in folders {
            let _ = std::fs::remove_dir(folder);
        }
        Ok(())
    }
}

/// Returns the folder of the plugin and the folders in it.
pub fn written_folders(env: &Environment) -> Vec<PathBuf> {
    let dir = env.plugin_dir();
    SUBFOLDERS.iter().map(|folder| dir.join(folder)).chain([dir.clone()]).collect()
}

/// Returns the folders that have to be folders, so that Claude Code finds the plugin.
fn needed_folders(env: &Environment) -> Vec<PathBuf> {
    let skills = env.plugin_dir().parent().map(Path::to_owned);
    skills.into_iter().chain(written_folders(env)).collect()
}

/// Returns whether something is at this path that is no folder. A symbolic link to a folder is none.
fn is_no_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|meta| !meta.is_dir())
}

fn inspect_file(path: &Path, name: &str, current: Option<&[u8]>, receipt: &PluginReceipt) -> FileState {
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return FileState::Missing,
        Ok(meta) if meta.is_file() => {}
        _ => return FileState::Foreign,
    }
    match std::fs::read(path) {
        Ok(bytes) if Some(&*bytes) == current => FileState::Current,
        Ok(bytes) if receipt.names_file(name, &bytes) => FileState::Outdated,
        _ => FileState::Foreign,
    }
}

/// Returns whether a file is in this folder or in one of its folders. Temporary files of `hooks` do not count.
fn holds_files(dir: &Path) -> bool {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let is_temporary = entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX);
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_dir { holds_files(&entry.path()) } else { !is_temporary }
    })
}
