//! What `hooks` says if a new shell would not find `sessions`.

use fs_err as fs;

use super::installation::Installation;

/// Returns a home with links, and what doctor notes for a user of a shell.
fn note(shell: &str, variables: &[(&str, &str)], prepare: impl FnOnce(&Installation)) -> String {
    let installation = Installation::new().with_small_build();
    fs::create_dir_all(installation.path(".local/bin")).unwrap();
    installation.run_successfully(&["install"]);
    prepare(&installation);
    let result = installation.run_in_shell(shell, variables, &["doctor"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    // An installation says the same.
    let note =
        result.stdout.strip_prefix("note: ").and_then(|rest| rest.split_once("\nhealthy: ")).map(|(note, _)| note);
    let warnings = installation.run_in_shell(shell, variables, &["install"]).stderr;
    assert_eq!(warnings.strip_prefix("warning: ").map(str::trim_end), note, "{warnings}");
    note.unwrap_or_default().to_owned()
}

fn assert_line(shell: &str, variables: &[(&str, &str)], prepare: impl FnOnce(&Installation), line: &str, files: &str) {
    let expected =
        format!("a new shell does not find `sessions`, which is in ~/.local/bin: add the line `{line}` to {files}");
    assert_eq!(note(shell, variables, prepare), expected);
}

const EXPORT: &str = r#"export PATH="$HOME/.local/bin:$PATH""#;

#[test]
fn each_shell_gets_its_line_and_its_file() {
    let nothing = |_: &Installation| {};
    // A login shell does not read .bashrc by itself.
    assert_line("/bin/bash", &[], nothing, EXPORT, "~/.bashrc and ~/.profile");
    let with_profile = |installation: &Installation| {
        installation.write_file(".bash_profile", "[ -f ~/.bashrc ] && . ~/.bashrc\n");
        installation.write_file(".profile", "");
    };
    assert_line("/usr/bin/bash", &[], with_profile, EXPORT, "~/.bashrc");
    let with_comment = |installation: &Installation| {
        installation.write_file(".bash_login", "# reads no .bashrc and not ~/.local/bin\n");
    };
    assert_line("/bin/bash", &[], with_comment, EXPORT, "~/.bashrc and ~/.bash_login");
    assert_line("/bin/zsh", &[], nothing, EXPORT, "~/.zshrc");
    assert_line("/bin/zsh", &[("ZDOTDIR", "/etc/my zsh")], nothing, EXPORT, "/etc/my zsh/.zshrc");
    assert_line("/opt/bin/fish", &[], nothing, "fish_add_path ~/.local/bin", "~/.config/fish/config.fish");
    let configured = [("XDG_CONFIG_HOME", "/etc/mine")];
    assert_line("fish", &configured, nothing, "fish_add_path ~/.local/bin", "/etc/mine/fish/config.fish");
    assert_line("/bin/sh", &[], nothing, EXPORT, "~/.profile");
    let other = "a new shell does not find `sessions`, which is in ~/.local/bin: add ~/.local/bin to PATH in the startup file of your shell";
    assert_eq!(note("/bin/nu", &[], nothing), other);
    assert_eq!(note("", &[], nothing), "", "without a shell there is no line");
}

#[test]
fn a_startup_file_that_names_the_folder_needs_no_line() {
    for (shell, file, text) in [
        ("/bin/bash", ".profile", "if [ -d \"$HOME/.local/bin\" ]; then PATH=\"$HOME/.local/bin:$PATH\"; fi\n"),
        ("/bin/zsh", ".zprofile", "path=(~/.local/bin $path)\n"),
        ("/bin/fish", ".config/fish/conf.d/paths.fish", "fish_add_path ~/.local/bin\n"),
    ] {
        let prepare = |installation: &Installation| drop(installation.write_file(file, text));
        let expected =
            format!("`sessions` is in ~/.local/bin, which ~/{file} names: a shell finds it after your next login");
        assert_eq!(note(shell, &[], prepare), expected);
    }
}

#[test]
fn a_folder_with_an_unusual_name_is_quoted() {
    let installation = Installation::new().with_small_build();
    let folder = installation.path("my $tools").display().to_string();
    for (shell, line) in
        [("/bin/bash", r#"`export PATH="$HOME/my \$tools:$PATH"`"#), ("/bin/fish", "`fish_add_path ~/'my $tools'`")]
    {
        let result = installation.run_in_shell(shell, &[], &["install", "--bin-dir", &folder]);
        assert!(result.code == Some(0) && result.stderr.contains(line), "{result:?}");
    }
}
