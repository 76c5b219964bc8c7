//! A launchd agent: launchd.plist(5).

use std::path::Path;

use super::service_file::{ServiceFile, to_words};

const LABEL: &str = "session-signals.serve";

/// Where the service finds programs. launchd knows no directory in which a user installs some, such as tmux.
const PATH: &str = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

/// Starts the agent. launchd may need a moment to unload the old one, so the command is tried several times. It refuses an agent that
/// somebody has disabled.
const START: &str = "launchctl enable \"$1/$2\" || exit; \
    for _ in 1 2 3 4 5 6 7 8; do launchctl bootstrap \"$1\" \"$3\" 2>/dev/null && exit; sleep 0.3; done; \
    launchctl bootstrap \"$1\" \"$3\"";

/// Stops the agent, and waits until launchd has unloaded it. An agent that is not loaded is stopped.
const STOP: &str = "launchctl bootout \"$1\" 2>/dev/null; \
    for _ in 1 2 3 4 5 6 7 8; do launchctl print \"$1\" >/dev/null 2>&1 || exit 0; sleep 0.3; done; \
    launchctl bootout \"$1\"";

/// The words of a service that calls the user.
pub const NOTIFY: &str = "<string>--notify</string><string>desktop</string>";

/// Returns the launchd agent. `config` is `$CLAUDE_CONFIG_DIR`, if it is set; `user` is the id of the user. `arguments` are those
/// that differ, as [`write_arguments`] writes them.
pub fn launchd_service(home: &Path, executable: &str, config: Option<&str>, user: u32, arguments: &str) -> ServiceFile {
    let config = config
        .map_or(String::new(), |config| format!("<key>CLAUDE_CONFIG_DIR</key><string>{}</string>", escape_xml(config)));
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
\t<array><string>{starts}</string><string>serve</string>{arguments}</array>
\t<key>EnvironmentVariables</key>
\t<dict><key>PATH</key><string>{PATH}</string>{config}</dict>
\t<key>RunAtLoad</key><true/>
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
        around_arguments: (format!("<string>{starts}</string><string>serve</string>"), "</array>"),
        starts,
        calls: NOTIFY.to_owned(),
        start: vec![shell(STOP, &[&target]), shell(START, &[&domain, LABEL, &path])],
        check: to_words(&["launchctl", "print", &target]),
        find_fault: find_fault_in,
        stop: vec![shell(STOP, &[&target])],
        file,
    }
}

/// Makes a command of a script for a shell and the arguments of the script.
fn shell(script: &str, arguments: &[&str]) -> Vec<String> {
    to_words(&[&["sh", "-c", script, "sh"], arguments].concat())
}

/// Returns why the agent does not run, from what `launchctl print` prints of it. `None` if it runs. launchd also prints an agent that
/// it waits to start again.
fn find_fault_in(printed: &str) -> Option<String> {
    let value_of = |name: &str| printed.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" = "));
    let state = value_of("state").filter(|state| *state != "running")?;
    let code = value_of("last exit code").map_or(String::new(), |code| format!(", last exit code = {code}"));
    Some(format!("state = {state}{code}"))
}

/// Writes the arguments as they follow those of every service.
pub fn write_arguments(words: &[String]) -> String {
    words.iter().flat_map(|word| ["<string>".to_owned(), escape_xml(word), "</string>".to_owned()]).collect()
}

/// Reads what [`write_arguments`] has written.
pub fn read_arguments(text: &str) -> Vec<String> {
    let words = text.split("<string>").skip(1).filter_map(|rest| rest.split_once("</string>"));
    words.map(|(word, _)| word.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).collect()
}

/// Escapes a text for XML.
fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
