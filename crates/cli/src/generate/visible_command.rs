//! A command line without its hidden subcommands.

use clap::Command;

/// Returns a copy that has only what completions need. The generators of completions offer hidden subcommands, too, so the copy
/// has none.
pub fn without_hidden(command: &Command) -> Command {
    let mut copy = Command::new(command.get_name().to_owned())
        .args(command.get_arguments().cloned())
        .groups(command.get_groups().cloned())
        .visible_aliases(command.get_visible_aliases().map(str::to_owned))
        .disable_help_subcommand(true);
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    if let Some(version) = command.get_version() {
        copy = copy.version(version.to_owned());
    }
    copy.subcommands(command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()).map(without_hidden))
}
