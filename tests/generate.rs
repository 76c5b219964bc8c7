//! `hooks generate` and `sessions generate`: completions and man pages.

use std::path::Path;

use fs_err as fs;

use crate::sandbox::{Outcome, Sandbox, executable_path, run_with_input};

fn generate(sandbox: &Sandbox, program: &str, arguments: &[&str]) -> Outcome {
    let mut command = sandbox.command(executable_path(program));
    run_with_input(command.arg("generate").args(arguments).current_dir(sandbox.home()), "")
}

/// Returns the paths of all files below a folder, sorted.
fn list_below(folder: &Path, root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names.extend(list_below(&path, root));
        } else {
            names.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
    names.sort();
    names
}

#[test]
fn both_programs_print_completions_and_man_pages() {
    let sandbox = Sandbox::new();
    for program in ["hooks", "sessions"] {
        for (what, part) in [
            ("man", format!(".TH {program} 1")),
            ("bash", format!("complete -F _{program}")),
            ("zsh", format!("#compdef {program}")),
            ("fish", format!("complete -c {program}")),
            ("elvish", "edit:completion".to_owned()),
            ("powershell", "Register-ArgumentCompleter".to_owned()),
        ] {
            let printed = generate(&sandbox, program, &[what]);
            assert!(printed.code == Some(0) && printed.stdout.contains(&part), "{what}: {printed:?}");
        }
        assert_eq!(generate(&sandbox, program, &["man", "nothing"]).code, Some(2));
        assert_eq!(generate(&sandbox, program, &[]).code, Some(2));
    }
    assert!(generate(&sandbox, "hooks", &["man", "doctor"]).stdout.contains("\\-\\-fix"));
    assert!(
        generate(&sandbox, "sessions", &["man", "daemons", "start"]).stdout.contains(".TH sessions-daemons-start 1")
    );
}

#[test]
fn every_file_for_a_package_is_written_at_once() {
    let sandbox = Sandbox::new();
    let share = sandbox.home().join("share");
    for program in ["hooks", "sessions"] {
        assert_eq!(generate(&sandbox, program, &["all", "share"]).code, Some(0));
    }
    let files = list_below(&share, &share);
    for name in [
        "bash-completion/completions/hooks",
        "bash-completion/completions/sessions",
        "fish/vendor_completions.d/sessions.fish",
        "man/man1/hooks-install.1",
        "man/man1/sessions-daemons-start.1",
        "man/man1/sessions.1",
        "zsh/site-functions/_hooks",
    ] {
        assert!(files.iter().any(|file| file == name), "{name} is not in {files:?}");
    }
    // What `--help` does not name is in none of them: these subcommands are for programs.
    for file in &files {
        let text = fs::read_to_string(share.join(file)).unwrap();
        for hidden in ["generate", "supervise"] {
            assert!(!text.contains(hidden) && !file.contains(hidden), "{hidden} is in {file}");
        }
    }
    let is_file = sandbox.home().join("file");
    fs::write(&is_file, "").unwrap();
    let refused = generate(&sandbox, "sessions", &["all", "file"]);
    assert_eq!((refused.code, refused.stderr.lines().count()), (Some(1), 1), "{refused:?}");
}
