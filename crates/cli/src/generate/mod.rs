//! Completions and man pages, made from the one definition of a command line. Both executables have the hidden subcommand
//! `generate`.
//!
//! The completions are static texts. A shell reads them once, and starts no process when the user presses Tab. They know each
//! subcommand, option and fixed value, but not what changes, such as the ids of sessions. The other kind of completions asks the
//! executable at each Tab. The crate has it only as an unstable feature, and its scripts change with the version of the crate.

mod generated;
mod generated_file;
mod visible_command;

use std::io::{self, Write as _};
use std::path::Path;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use fs_err as fs;

pub use generated::Generated;
pub use generated_file::GeneratedFile;

use crate::ExitStatus;

/// The shells of which [`generate_files`] makes completions, and where each of them looks for those of a program.
const SHELLS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/NAME"),
    (Shell::Fish, "fish/vendor_completions.d/NAME.fish"),
    (Shell::Zsh, "zsh/site-functions/_NAME"),
];

/// The folder of the completions of zsh below a folder of shared data.
pub const ZSH_FOLDER: &str = "zsh/site-functions";

/// The folder of the man pages below a folder of shared data. It holds a folder for each section.
pub const MAN_FOLDER: &str = "man";

/// Does what `generate` asks for.
#[must_use]
pub fn run_generate(command: Command, what: &Generated) -> ExitStatus {
    let program = command.get_name().to_owned();
    let result = match what {
        Generated::Bash => print_completions(&command, Shell::Bash),
        Generated::Elvish => print_completions(&command, Shell::Elvish),
        Generated::Fish => print_completions(&command, Shell::Fish),
        Generated::Powershell => print_completions(&command, Shell::PowerShell),
        Generated::Zsh => print_completions(&command, Shell::Zsh),
        Generated::Man { subcommand } => {
            let Some(page) = find_page(command, subcommand) else {
                eprintln!("{program} generate: there is no subcommand {:?}", subcommand.join(" "));
                return ExitStatus::Usage;
            };
            io::stdout().write_all(&page.bytes)
        }
        Generated::All { folder } => write_files(command, folder),
    };
    match result {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            eprintln!("{program} generate: {error}");
            ExitStatus::Failure
        }
    }
}

/// Returns the completions of bash, fish and zsh, and the man pages of a program and of all its subcommands.
#[must_use]
pub fn generate_files(command: Command) -> Vec<GeneratedFile> {
    let name = command.get_name().to_owned();
    let completions = SHELLS.map(|(shell, path)| GeneratedFile {
        path: path.replace("NAME", &name),
        bytes: make_completions(&command, shell),
    });
    completions.into_iter().chain(make_pages(command)).collect()
}

fn write_files(command: Command, folder: &Path) -> io::Result<()> {
    generate_files(command).iter().try_for_each(|file| {
        let path = folder.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, &file.bytes)
    })
}

fn print_completions(command: &Command, shell: Shell) -> io::Result<()> {
    io::stdout().write_all(&make_completions(command, shell))
}

fn make_completions(command: &Command, shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut visible_command::without_hidden(command), command.get_name(), &mut bytes);
    bytes
}

/// Returns the page of the program, and after it the pages of its subcommands, without the hidden ones.
fn make_pages(command: Command) -> Vec<GeneratedFile> {
    let source = format!("{} {}", command.get_name(), command.get_version().unwrap_or_default());
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    add_pages(&command, &source, &mut pages);
    pages
}

fn add_pages(command: &Command, source: &str, pages: &mut Vec<GeneratedFile>) {
    let page = Man::new(command.clone()).source(source);
    let mut bytes = Vec::new();
    page.render(&mut bytes).expect("memory takes every text");
    pages.push(GeneratedFile { path: format!("{MAN_FOLDER}/man1/{}", page.get_filename()), bytes });
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        add_pages(subcommand, source, pages);
    }
}

/// Returns the page of a subcommand, or that of the program if there are no words.
fn find_page(command: Command, words: &[String]) -> Option<GeneratedFile> {
    let name =
        std::iter::once(command.get_name()).chain(words.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
    let path = format!("{MAN_FOLDER}/man1/{name}.1");
    make_pages(command).into_iter().find(|page| page.path == path)
}
