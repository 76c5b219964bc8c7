//! A launchd agent: launchd.plist(5).

use std::path::Path;

use super::service_file::{ServiceFile, to_words};

const LABEL: &str = "session-signals.serve";

/// Returns the launchd agent. `config` is `$CLAUDE_CONFIG_DIR`, if it is set; `user` is the id of the user.
pub fn launchd_service(home: &Path, executable: &str, config: Option<&str>, user: u32) -> ServiceFile {
    let environment = config.map_or(String::new(), |config| {
        let config = escape_xml(config);
        format!(
            "\t<key>EnvironmentVariables</key>\n\t<dict><key>CLAUDE_CONFIG_DIR</key><string>{config}</string></dict>\n"
        )
    });
    let starts = escape_xml(executable);
    let log = escape_xml(&home.join("Library/Logs/session-signals.log").to_string_lossy());
    let text = format!(
        "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">
<plist version=\"1.0\">
<dict>
\t<key>Label</key><string>{LABEL}</string>
\t<key>ProgramArguments</key>
\t<array><string>{starts}</string><string>serve</string></array>
{environment}\t<key>RunAtLoad</key><true/>
\t<key>StandardErrorPath</key><string>{log}</string>
\t<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
</dict>
</plist>
"
    );
    let file = home.join("Library/LaunchAgents").join(format!("{LABEL}.plist"));
    let domain = format!("gui/{user}");
    let target = format!("{domain}/{LABEL}");
    let path = file.to_string_lossy().into_owned();
    ServiceFile {
        text,
        starts,
        start: vec![
            // The agent may not be loaded yet, which is not a failure.
            to_words(&["sh", "-c", "launchctl bootout \"$1\" 2>/dev/null; true", "sh", &target]),
            // launchd may need a moment to unload the old agent, so the command is tried several times.
            to_words(&[
                "sh",
                "-c",
                "for _ in 1 2 3 4 5 6 7 8; do launchctl bootstrap \"$1\" \"$2\" 2>/dev/null && exit; sleep 0.3; done; launchctl bootstrap \"$1\" \"$2\"",
                "sh",
                &domain,
                &path,
            ]),
        ],
        check: to_words(&["launchctl", "print", &target]),
        stop: vec![to_words(&["launchctl", "bootout", &target])],
        file,
    }
}

/// Escapes a text for XML.
fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
