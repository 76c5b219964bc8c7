//! What `hooks` reads from its surroundings: environment variables, the current directory, its own path and arguments.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use session_signals_cli::environment::{variable, wants_colour};

use crate::refusal::Refusal;
use crate::windows_drives::WindowsDrives;
use crate::{output, plugin};

/// The surroundings of one run. They are read once, at its beginning.
pub struct Environment {
    /// The user's home directory (`$HOME`), if it is set.
    pub home: Option<PathBuf>,
    /// The configuration directory of Claude Code, as an absolute path.
    pub config_dir: PathBuf,
    /// Whether `$CLAUDE_CONFIG_DIR` names the configuration directory. A service does not inherit that variable, so its
    /// description has to set it.
    pub config_dir_is_set: bool,
    /// `$XDG_CONFIG_HOME`, if it is an absolute path.
    pub xdg_config_home: Option<PathBuf>,
    /// `$XDG_DATA_HOME`, if it is an absolute path.
    pub xdg_data_home: Option<PathBuf>,
    /// The user's shell (`$SHELL`), if it is set.
    pub shell: Option<PathBuf>,
    /// `$ZDOTDIR`: the folder of the startup files of zsh, if it is not the home directory.
    pub zsh_dir: Option<PathBuf>,
    /// `$FPATH`: where zsh looks for completions, if the user exports it.
    pub function_path: Option<OsString>,
    /// `$MANPATH`: where `man` looks for pages, if the user sets it.
    pub man_path: Option<OsString>,
    /// The current directory: the project that `--scope project` and `--scope local` mean.
    pub project_dir: PathBuf,
    /// The directory of this `hooks`. The executables to install lie there, too.
    pub source_dir: PathBuf,
    /// `$PATH`.
    pub search_path: OsString,
    /// `$SESSION_SIGNALS_MOD`, if it is set. A session that is started here inherits it.
    pub module_switch: Option<OsString>,
    /// The drives of Windows, if this Linux runs on Windows.
    pub windows_drives: WindowsDrives,
    /// Whether standard output is a terminal that takes colour.
    pub wants_colour: bool,
    /// The command line of this process: the path of the executable, and the arguments.
    pub command_line: Vec<String>,
    /// Whether `--force` was given: root may then work in the directories of another user.
    pub force: bool,
}

impl Environment {
    /// Reads the surroundings of this process.
    ///
    /// # Errors
    /// If neither `CLAUDE_CONFIG_DIR` nor `HOME` is set, and if the current directory or the path of this executable cannot
    /// be read.
    pub fn read() -> Result<Self, Refusal> {
        let project_dir =
            env::current_dir().map_err(|error| Refusal::new(format!("the current directory: {error}")))?;
        let config_dir = session_signals_reader::find_config_dir().ok_or_else(|| {
            Refusal::new("neither CLAUDE_CONFIG_DIR nor HOME is set, so there are no settings to look for")
        })?;
        let executable = env::current_exe().map_err(|error| Refusal::new(format!("the path of hooks: {error}")))?;
        let arguments = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        Ok(Self {
            command_line: std::iter::once(executable.display().to_string()).chain(arguments).collect(),
            home: variable("HOME").map(PathBuf::from),
            config_dir_is_set: variable("CLAUDE_CONFIG_DIR").is_some(),
            xdg_config_home: variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()),
            xdg_data_home: variable("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute()),
            shell: variable("SHELL").map(PathBuf::from),
            zsh_dir: variable("ZDOTDIR").map(PathBuf::from).filter(|path| path.is_absolute()),
            function_path: variable("FPATH"),
            man_path: variable("MANPATH"),
            config_dir: project_dir.join(config_dir),
            // A package manager puts a symlink on PATH. The other executables lie beside the file that it names.
            source_dir: executable.canonicalize().unwrap_or(executable).parent().unwrap_or(Path::new("/")).to_owned(),
            project_dir,
            search_path: variable("PATH").unwrap_or_default(),
            module_switch: variable(plugin::MODULE_SWITCH),
            windows_drives: WindowsDrives::read(),
            wants_colour: wants_colour(),
            force: false,
        })
    }

    /// Returns a path for a message: with `~` for the home directory, and harmless for a terminal.
    #[must_use]
    pub fn short_path(&self, path: &Path) -> String {
        let path = match self.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        };
        output::harmless(&path)
    }
}
