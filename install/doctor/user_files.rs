//! The links to `sessions` and `hooks`, the completions and the man pages: whether they are there, and whether a shell finds them.

use session_signals_cli::FindingId;

use super::entries;
use super::finding::{Finding, Repair};
use super::registered_executables;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::user_files::{self, UserFileFault};

/// Finds everything that is wrong with the links, the completions and the man pages. `earlier` are the findings of other checks.
pub fn check(env: &Environment, earlier: &[Finding]) -> Vec<Finding> {
    let finding = |fault| match fault {
        UserFileFault::Link(sentence, path) => {
            Finding::new(FindingId::LinkOutdated, sentence, Repair::LayUserFiles).in_file(&path)
        }
        UserFileFault::Completions(sentence, path) => {
            Finding::new(FindingId::CompletionsOutdated, sentence, Repair::LayUserFiles).in_file(&path)
        }
    };
    let mut findings: Vec<Finding> = user_files::find_faults(env).into_iter().map(finding).collect();
    let mut executables = user_files::linked_executables(env);
    // The service may start the same executable.
    executables.retain(|path| earlier.iter().all(|finding| finding.path.as_ref() != Some(path)));
    let executables = registered_executables::check_role(env, &executables, Scope::User, "is what a link leads to");
    findings.extend(executables.into_iter().map(|finding| match finding.repair {
        // The scope in which the hooks are registered does not matter for the links.
        Repair::Install(_) => {
            Finding { path: finding.path, ..Finding::new(finding.id, finding.sentence, Repair::LayUserFiles) }
        }
        _ => finding,
    }));
    findings
}

/// Says what keeps a new shell from finding the programs, the completions and the man pages. The hooks work in any case.
pub fn notes(env: &Environment) -> Vec<String> {
    if entries::count_events(env) == 0 {
        return Vec::new();
    }
    let mut notes = user_files::link_notes(env);
    notes.extend(user_files::note_on_search_path(env));
    notes.extend(user_files::note_on_missing_link(env));
    notes.extend(user_files::notes_on_completions(env));
    notes
}
