//! The user's shell: which line makes it find a program, and which file the line belongs in.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::executables::{quote_path, quote_word};
use crate::phrases;

/// A shell whose startup files are known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LoginShell {
    Bash,
    Zsh,
    Fish,
    /// Another shell that reads `~/.profile`.
    Posix,
    /// A shell that we do not know.
    Other,
}

impl LoginShell {
    /// Returns the shell that `$SHELL` names; `None` if the variable is not set. In a container it often is not.
    #[must_use]
    pub fn of_user(env: &Environment) -> Option<Self> {
        Some(match env.shell.as_ref()?.file_name()?.to_str()? {
            "bash" => Self::Bash,
            "zsh" => Self::Zsh,
            "fish" => Self::Fish,
            "sh" | "dash" | "ash" | "ksh" | "mksh" => Self::Posix,
            _ => Self::Other,
        })
    }

    /// Says what makes a new shell search a folder.
    #[must_use]
    pub fn describe_path_line(self, env: &Environment, folder: &Path) -> String {
        let files = self.files_for_line(env);
        let line = match self {
            Self::Fish => format!("fish_add_path {}", quote_path(env, folder)),
            Self::Bash | Self::Zsh | Self::Posix => format!("export PATH=\"{}:$PATH\"", expand_later(env, folder)),
            Self::Other => return format!("add {} to PATH in the startup file of your shell", env.short_path(folder)),
        };
        describe_line(env, &line, &files)
    }

    /// Says what makes `man` look into a folder of man pages.
    #[must_use]
    pub fn describe_man_line(self, env: &Environment, folder: &Path) -> String {
        let line = match self {
            Self::Fish => {
                let folder = quote_path(env, folder);
                format!("set -q MANPATH; or set MANPATH ''; set -gx MANPATH {folder} $MANPATH")
            }
            Self::Bash | Self::Zsh | Self::Posix => {
                // The colon at the end of an empty variable stands for the folders in which `man` looks without it.
                format!("export MANPATH=\"{}:$MANPATH\"", expand_later(env, folder))
            }
            Self::Other => return format!("add {} to MANPATH", env.short_path(folder)),
        };
        describe_line(env, &line, &self.files_for_line(env))
    }

    /// Says what makes zsh look for completions in a folder; `None` if its startup file names the folder.
    #[must_use]
    pub fn describe_zsh_line(env: &Environment, folder: &Path) -> Option<String> {
        let file = Self::Zsh.files_for_line(env).pop()?;
        let text = read_commands(&file);
        if names_folder(env, &text, folder) {
            return None;
        }
        let folder = quote_path(env, folder);
        let file = env.short_path(&file);
        // A framework such as oh-my-zsh starts the completions, too.
        Some(if text.contains("compinit") || text.contains("oh-my-zsh.sh") {
            format!("add the line `fpath=({folder} $fpath)` to the beginning of {file}")
        } else {
            format!("add the line `fpath=({folder} $fpath); autoload -Uz compinit && compinit` to {file}")
        })
    }

    /// Returns a startup file that names this folder already. The folder may have been missing when the user logged in.
    #[must_use]
    pub fn file_that_names(self, env: &Environment, folder: &Path) -> Option<PathBuf> {
        self.startup_files(env).into_iter().find(|file| names_folder(env, &read_commands(file), folder))
    }

    /// Returns the files in which a line reaches every new shell that a user types in.
    fn files_for_line(self, env: &Environment) -> Vec<PathBuf> {
        let Some(home) = &env.home else { return Vec::new() };
        match self {
            Self::Bash => {
                let bashrc = home.join(".bashrc");
                // A login shell reads the first of these files, and most systems let it read .bashrc from there.
                let of_login = [".bash_profile", ".bash_login", ".profile"].map(|name| home.join(name));
                let of_login = of_login.into_iter().find(|file| file.exists()).unwrap_or_else(|| home.join(".profile"));
                if read_commands(&of_login).contains("bashrc") { vec![bashrc] } else { vec![bashrc, of_login] }
            }
            Self::Zsh => vec![env.zsh_dir.as_deref().unwrap_or(home).join(".zshrc")],
            Self::Fish => vec![fish_dir(env, home).join("config.fish")],
            Self::Posix => vec![home.join(".profile")],
            Self::Other => Vec::new(),
        }
    }

    /// Returns all startup files of the user.
    fn startup_files(self, env: &Environment) -> Vec<PathBuf> {
        let Some(home) = &env.home else { return Vec::new() };
        let in_folder = |folder: &Path, names: &[&str]| names.iter().map(|name| folder.join(name)).collect();
        match self {
            Self::Bash => in_folder(home, &[".bashrc", ".bash_profile", ".bash_login", ".profile"]),
            Self::Zsh => {
                in_folder(env.zsh_dir.as_deref().unwrap_or(home), &[".zshenv", ".zprofile", ".zshrc", ".zlogin"])
            }
            Self::Fish => {
                let folder = fish_dir(env, home);
                let parts = std::fs::read_dir(folder.join("conf.d")).into_iter().flatten().flatten();
                parts.map(|part| part.path()).chain([folder.join("config.fish")]).collect()
            }
            Self::Posix => in_folder(home, &[".profile"]),
            Self::Other => Vec::new(),
        }
    }
}

fn fish_dir(env: &Environment, home: &Path) -> PathBuf {
    env.xdg_config_home.clone().unwrap_or_else(|| home.join(".config")).join("fish")
}

fn describe_line(env: &Environment, line: &str, files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| env.short_path(file)).collect();
    format!("add the line `{line}` to {}", phrases::list_some(files.iter().map(String::as_str)))
}

/// Returns a folder as it stands between double quotes in a shell, with `$HOME` for the home directory.
fn expand_later(env: &Environment, folder: &Path) -> String {
    let escape = |path: &Path| {
        let mut text = String::new();
        for character in path.display().to_string().chars() {
            if matches!(character, '"' | '\\' | '$' | '`') {
                text.push('\\');
            }
            text.push(character);
        }
        text
    };
    match env.home.as_ref().and_then(|home| folder.strip_prefix(home).ok()) {
        Some(rest) => format!("$HOME/{}", escape(rest)),
        None => escape(folder),
    }
}

/// Returns the text of a startup file without the lines that are comments.
fn read_commands(file: &Path) -> String {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// Returns whether a startup file names a folder, with its whole path or below the home directory.
fn names_folder(env: &Environment, text: &str, folder: &Path) -> bool {
    let below_home = env.home.as_ref().and_then(|home| folder.strip_prefix(home).ok());
    let spellings = [
        Some(folder.display().to_string()),
        below_home.map(|rest| format!("/{}", rest.display())),
        below_home.map(|rest| format!("/{}", quote_word(&rest.display().to_string()).0)),
    ];
    spellings.into_iter().flatten().any(|spelling| text.contains(&spelling))
}
