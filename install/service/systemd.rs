//! A systemd user unit: systemd.unit(5), systemd.service(5).

use std::path::Path;

use super::service_file::{ServiceFile, to_words};

const NAME: &str = "session-signals.service";

/// What follows the command line of a service that calls the user.
pub const NOTIFY: &str = " --notify desktop";

/// Returns the systemd unit. `xdg_config` is `$XDG_CONFIG_HOME`, and `config` is `$CLAUDE_CONFIG_DIR`, if they are set. `arguments` are
/// those that differ, as [`write_arguments`] writes them.
pub fn systemd_service(
    home: &Path,
    xdg_config: Option<&Path>,
    executable: &str,
    config: Option<&str>,
    arguments: &str,
) -> ServiceFile {
    let environment = config.map_or(String::new(), |config| {
        format!("Environment={}\n", quote_word(&format!("CLAUDE_CONFIG_DIR={config}")))
    });
    let starts = start_line(executable);
    // What keeps the server from starting may be over later: another program has the port, or a disk is not there yet. So systemd must
    // not give up, as it does after five starts in ten seconds.
    let text = format!(
        "\
[Unit]
Description=What every Claude Code session is doing, on http://127.0.0.1:4450
StartLimitIntervalSec=0

[Service]
ExecStart={starts}{arguments}
{environment}Restart=on-failure
RestartSec=5
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"
    );
    let file = xdg_config.map_or_else(|| home.join(".config"), Path::to_owned).join("systemd/user").join(NAME);
    let systemctl = |words: &[&str]| to_words(&[&["systemctl", "--user"], words].concat());
    ServiceFile {
        file,
        text,
        around_arguments: (format!("ExecStart={starts}"), "\n"),
        starts,
        calls: NOTIFY.to_owned(),
        // `enable --now` does not restart a running service, but its executable may have changed.
        start: vec![systemctl(&["daemon-reload"]), systemctl(&["enable", NAME]), systemctl(&["restart", NAME])],
        check: systemctl(&["is-active", NAME]),
        find_fault: |_| None,
        stop: vec![systemctl(&["disable", "--now", NAME])],
    }
}

/// Returns the command line of the unit. systemd refuses an executable with a quote or a backslash in its path, so a shell starts
/// it. In an argument, `$` begins a variable.
fn start_line(executable: &str) -> String {
    if executable.contains(['"', '\'', '\\']) {
        format!("/bin/sh -c 'exec \"$$0\" \"$$@\"' {} serve", quote_word(executable).replace('$', "$$"))
    } else {
        format!("{} serve", quote_word(executable))
    }
}

/// Writes the arguments as they follow the command line of the unit.
pub fn write_arguments(words: &[String]) -> String {
    words.iter().flat_map(|word| [" ".to_owned(), quote_word(word).replace('$', "$$")]).collect()
}

/// Reads what [`write_arguments`] has written. Words without quotes are left out.
pub fn read_arguments(text: &str) -> Vec<String> {
    let (mut words, mut word, mut chars) = (Vec::new(), None, text.chars());
    while let Some(c) = chars.next() {
        match (c, &mut word) {
            ('"', None) => word = Some(String::new()),
            ('"', Some(_)) => words.extend(word.take()),
            // The next character is meant as it is.
            ('\\' | '%' | '$', Some(word)) => word.extend(chars.next()),
            (c, Some(word)) => word.push(c),
            (_, None) => {}
        }
    }
    words
}

/// Quotes a word for a unit file. Quotes and backslashes are escaped; `%` is doubled, because it begins a specifier.
fn quote_word(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%"))
}
