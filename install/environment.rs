//! Everything that is read from the environment: variables, the terminal, where we stand and where we came from.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::refusal::Refusal;

/// The surroundings of one run, read once.
pub struct Environment {
    /// The user's home, where there is one.
    pub home: Option<PathBuf>,
    /// Claude Code's own directory: `$CLAUDE_CONFIG_DIR`, else `$HOME/.claude`.
    pub config: PathBuf,
    /// Whether `$CLAUDE_CONFIG_DIR` says so: then a service has to be told.
    pub config_is_set: bool,
    /// `$XDG_CONFIG_HOME`.
    pub xdg_config: Option<PathBuf>,
    /// The project of `--scope project` and `local`: where we were started.
    pub project: PathBuf,
    /// Where the executables to install lie: beside the one that runs.
    pub source: PathBuf,
    /// `$PATH`.
    pub path: OsString,
    /// Whether stdout takes colour.
    pub colour: bool,
    /// The command line that we were started by: our own path, and the arguments.
    pub line: Vec<String>,
    /// `--force`: root goes on in another user's directories.
    pub force: bool,
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// Where nothing says which home is meant, or where we are.
    pub fn read() -> Result<Self, Refusal> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let project = env::current_dir().map_err(|error| Refusal::new(format!("the current directory: {error}")))?;
        let home = set("HOME").map(PathBuf::from);
        let config = match (set("CLAUDE_CONFIG_DIR"), &home) {
            (Some(config), _) => PathBuf::from(config),
            (None, Some(home)) => home.join(".claude"),
            (None, None) => {
                return Err(Refusal::new("neither CLAUDE_CONFIG_DIR nor HOME is set: which settings are meant?"));
            }
        };
        let ourselves = env::current_exe().map_err(|error| Refusal::new(format!("our own executable: {error}")))?;
        let arguments = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        Ok(Self {
            line: std::iter::once(ourselves.display().to_string()).chain(arguments).collect(),
            home,
            config_is_set: set("CLAUDE_CONFIG_DIR").is_some(),
            xdg_config: set("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute()),
            config: project.join(config),
            // A package manager's is a symbolic link, and the hooks lie beside what it names.
            source: ourselves.canonicalize().unwrap_or(ourselves).parent().unwrap_or(Path::new("/")).to_owned(),
            project,
            path: set("PATH").unwrap_or_default(),
            force: false,
            colour: std::io::stdout().is_terminal()
                && set("NO_COLOR").is_none()
                && set("TERM").is_none_or(|term| term != "dumb"),
        })
    }

    /// `path` as a person writes it: with `~` for the home, and nothing in it that a terminal would obey.
    #[must_use]
    pub fn short_path(&self, path: &Path) -> String {
        let path = match self.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) => format!("~/{}", rest.display()),
            None => path.display().to_string(),
        };
        path.replace(char::is_control, "\u{fffd}")
    }
}
