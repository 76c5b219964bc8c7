//! The subcommands of `generate`.

use std::path::PathBuf;

use clap::Subcommand;

/// What `hooks generate` and `sessions generate` make from the command line.
#[derive(Subcommand)]
pub enum Generated {
    /// Print the completions of bash
    Bash,
    /// Print the completions of elvish
    Elvish,
    /// Print the completions of fish
    Fish,
    /// Print the completions of PowerShell
    Powershell,
    /// Print the completions of zsh
    Zsh,
    /// Print a man page
    Man {
        /// The subcommand, in one word or more; without it, the page is that of the program
        subcommand: Vec<String>,
    },
    /// Write the completions of bash, fish and zsh and all man pages below a folder, such as /usr/share
    All {
        /// The folder
        folder: PathBuf,
    },
}
