//! Real shells and the real `man` find what an installation put into the folders of the user.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use fs_err as fs;

use super::installation::Installation;
use crate::sandbox::{Outcome, run_with_input};

/// What Debian writes into the home directory of a new user.
const DEBIAN_PROFILE: &str = "if [ -d \"$HOME/.local/bin\" ] ; then\n    PATH=\"$HOME/.local/bin:$PATH\"\nfi\n";

/// A shell that waits for something that never comes is stopped after this time.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a program in the home directory, as a user does.
fn run(installation: &Installation, program: &str, arguments: &[&str]) -> Outcome {
    let mut command = installation.command(program.as_ref());
    command.env("SHELL", format!("/usr/bin/{program}")).env("TERM", "dumb").env("MANPAGER", "cat");
    run_with_input(command.args(arguments).timeout(TIMEOUT), "")
}

/// Checks that a new shell finds both links.
#[track_caller]
fn assert_found(installation: &Installation, shell: &str, option: &str) {
    let result = run(installation, shell, &[option, "command -v sessions; command -v hooks; sessions --version"]);
    let link = |program: &str| installation.path(".local/bin").join(program).display().to_string();
    let version = format!("sessions {}", env!("CARGO_PKG_VERSION"));
    let expected = format!("{}\n{}\n{version}\n", link("sessions"), link("hooks"));
    assert_eq!(result.stdout, expected, "{shell} {option}: {result:?}");
}

/// Follows what an installation says: appends the line between backticks to the files that the sentence names.
fn follow_advice(installation: &Installation, sentence: &str) {
    let (_, rest) = sentence.split_once("add the line `").unwrap_or_else(|| panic!("no line in {sentence}"));
    let (line, files) = rest.split_once('`').unwrap();
    let files: Vec<&str> = files.split_whitespace().filter(|word| word.starts_with("~/")).collect();
    assert!(!files.is_empty(), "{sentence}");
    for file in files {
        let path = installation.path(&file[2..]);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

/// Installs everything for a user of a shell, and follows each line of advice.
fn install_for(shell: &str, startup_file: Option<(&str, &str)>) -> Installation {
    let installation = Installation::new().with_small_build();
    if let Some((file, text)) = startup_file {
        installation.write_file(file, text);
    }
    let result = installation.run_in_shell(&format!("/usr/bin/{shell}"), &[], &["install", "--completions"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    for sentence in result.stderr.lines().filter(|sentence| sentence.contains("add the line `")) {
        follow_advice(&installation, sentence);
    }
    assert_eq!(startup_file.is_none(), result.stderr.contains("a new shell does not find `sessions`"), "{result:?}");
    installation
}

/// Uninstalls, and checks that nothing of ours is left. The shells have written files of their own in the meantime.
#[track_caller]
fn assert_nothing_left(installation: &Installation) {
    installation.run_successfully(&["uninstall"]);
    let left = installation.list_files();
    let is_ours = |name: &&String| {
        let name = Path::new(name).file_name().unwrap().to_string_lossy();
        name.contains("sessions") || name.contains("hooks")
    };
    assert_eq!(left.iter().find(is_ours), None, "{left:?}");
}

#[test]
#[ignore = "needs bash-completion and man"]
fn a_new_bash_finds_and_completes_the_programs() {
    for startup_file in [None, Some((".profile", DEBIAN_PROFILE))] {
        let installation = install_for("bash", startup_file);
        assert_found(&installation, "bash", "-lc");
        if startup_file.is_none() {
            assert_found(&installation, "bash", "-ic");
        }
        // bash-completion loads the file when the user presses Tab for the first time.
        let complete = r#"
            . /usr/share/bash-completion/bash_completion
            for words in "sessions wa" "sessions daemons st" "hooks uni" "hooks install --comp"; do
                COMP_WORDS=($words) COMP_LINE=$words COMP_POINT=${#words}
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _completion_loader "${COMP_WORDS[0]}"
                function=$(complete -p "${COMP_WORDS[0]}") && function=${function#*-F } && function=${function%% *}
                COMPREPLY=()
                "$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "$words: ${COMPREPLY[*]}"
            done"#;
        let result = run(&installation, "bash", &["-lc", complete]);
        let expected = "sessions wa: wait\nsessions daemons st: start stop\nhooks uni: uninstall\nhooks install --comp: --completions\n";
        assert_eq!(result.stdout, expected, "{result:?}");
        // The pages are found through the folder of the links, without MANPATH.
        let result =
            run(&installation, "bash", &["-lc", "man -w sessions hooks-install && man sessions && man sessions-wait"]);
        let pages = installation.path(".local/share/man/man1");
        assert!(
            result.stdout.starts_with(&format!("{0}/sessions.1\n{0}/hooks-install.1\n", pages.display())),
            "{result:?}"
        );
        for part in ["Show what every Claude Code session is doing", "sessions-wait(1)", "--timeout"] {
            assert!(result.stdout.contains(part), "{part}: {result:?}");
        }
        assert_nothing_left(&installation);
    }
}

#[test]
#[ignore = "needs zsh"]
fn a_new_zsh_finds_and_completes_the_programs() {
    let installation = install_for("zsh", None);
    assert_found(&installation, "zsh", "-lic");
    assert_found(&installation, "zsh", "-ic");
    // A terminal of its own, in which the user presses Tab.
    let zshrc = installation.read_file(".zshrc") + "PS1='READY '\n";
    installation.write_file(".zshrc", &zshrc);
    let script = r#"
        zmodload zsh/zpty
        for words in "sessions wa" "hooks uni"; do
            zpty shell zsh -li
            zpty -r shell shown '*READY*'
            zpty -w -n shell "$words"$'\t'
            zpty -r shell shown '*(wait|uninstall)*' && print -r -- "${(M)shown%%(wait|uninstall)*}"
            zpty -d shell
        done"#;
    let result = run(&installation, "zsh", &["-fc", script]);
    assert_eq!(
        (result.code, result.stdout.contains("wait"), result.stdout.contains("uninstall")),
        (Some(0), true, true),
        "{result:?}"
    );
    assert_nothing_left(&installation);
}

#[test]
#[ignore = "needs fish"]
fn a_new_fish_finds_and_completes_the_programs() {
    let installation = install_for("fish", None);
    for option in ["-lc", "-c"] {
        assert_found(&installation, "fish", option);
    }
    let complete = |line: &str| run(&installation, "fish", &["-c", &format!("complete -C '{line}'")]).stdout;
    assert!(complete("sessions wa").starts_with("wait\t"), "{}", complete("sessions wa"));
    assert!(complete("sessions wait --f").starts_with("--for\t"), "{}", complete("sessions wait --f"));
    assert!(complete("hooks uni").starts_with("uninstall\t"), "{}", complete("hooks uni"));
    assert_nothing_left(&installation);
}

#[test]
fn a_new_sh_finds_the_programs() {
    let installation = install_for("sh", None);
    assert_found(&installation, "sh", "-lc");
    assert_nothing_left(&installation);
}
