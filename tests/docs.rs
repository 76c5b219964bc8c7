//! What the documents tell a person to type, typed.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use session_signals_protocol::{HOOKS, Hook};

use crate::sandbox::{Sandbox, executable, write_script};
use crate::serve::server::Server;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const DOCUMENTS: [&str; 5] =
    ["README.md", "CHANGELOG.md", "SECURITY.md", "docs/protocol.md", "docs/troubleshooting.md"];

fn document(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// The blocks between ```` ```sh ```` and ```` ``` ````.
fn blocks(text: &str) -> Vec<String> {
    let parts = text.split("```sh\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// What stands between single backticks, outside of blocks.
fn spans(text: &str) -> Vec<String> {
    let outside: String = text.split("```").step_by(2).collect();
    let spans: Vec<_> = outside.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect();
    spans
}

#[test]
fn every_command_that_is_named_is_taken() {
    let mut seen = 0;
    for document in DOCUMENTS.map(document) {
        for span in spans(&document) {
            let words: Vec<_> = span.split(" | ").next().unwrap().split_whitespace().collect();
            let Some((program @ ("hooks" | "sessions"), arguments)) = words.split_first().map(|(p, a)| (*p, a)) else {
                continue;
            };
            // Whatever comes before --help must be right.
            let output = Command::new(executable(program)).args(arguments).arg("--help").output().unwrap();
            assert!(output.status.success(), "{span}: {}", String::from_utf8_lossy(&output.stderr));
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_finding_of_doctor_is_explained() {
    let explained = document("docs/troubleshooting.md");
    let mut ids = Vec::new();
    for file in fs::read_dir(Path::new(ROOT).join("install/doctor")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        // A finding's id is the only string of small letters and hyphens there.
        let found = text.split('"').skip(1).step_by(2).map(str::to_owned);
        ids.extend(
            found.filter(|word| word.contains('-') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')),
        );
    }
    ids.retain(|id| !id.starts_with("hook-") && !id.starts_with('-'));
    assert!(ids.len() > 20, "{ids:?}");
    for id in ids {
        assert!(explained.contains(&format!("`{id}`")), "{id} is not explained");
    }
}

/// What the executables need is what they call: `statx`, and pidfds of `sessions daemons`; and the hooks' environment.
#[test]
fn what_is_needed_is_said() {
    let readme = document("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "needs Linux 4.11 or newer (it calls `statx`), and for `sessions daemons` 5.3 (`pidfd_open`)",
        "a line that empties it (`env -i`) hides from a hook where the signals go (`HOME`, `CLAUDE_CONFIG_DIR`) and which process is the CLI (`CLAUDE_PID`)",
    ] {
        assert!(readme.contains(words), "{words}");
    }
}

/// A cell too many is shown nowhere.
#[test]
fn every_row_of_a_table_has_the_columns_of_its_head() {
    let columns = |row: &str| row.replace("\\|", "").matches('|').count();
    for name in DOCUMENTS {
        let text = document(name);
        let mut head = None;
        for line in text.lines() {
            let row = line.starts_with('|').then(|| columns(line));
            head = row.map(|row| head.unwrap_or(row));
            assert_eq!(row, head, "{name}: {line}");
        }
    }
}

#[test]
fn every_link_leads_somewhere() {
    for name in DOCUMENTS {
        let (text, folder) = (document(name), Path::new(ROOT).join(name).parent().map(Path::to_owned).unwrap());
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.starts_with("http") {
                continue;
            }
            assert!(file.is_empty() || folder.join(file).exists(), "{name}: {link}");
            let target =
                if file.is_empty() { text.clone() } else { fs::read_to_string(folder.join(file)).unwrap_or_default() };
            let headings = target.lines().filter(|line| line.starts_with('#')).map(|line| {
                let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                heading.replace(|c: char| !c.is_alphanumeric() && c != '-' && c != '_', "")
            });
            assert!(anchor.is_empty() || headings.into_iter().any(|heading| heading == anchor), "{name}: {link}");
        }
    }
}

/// A checkout in which everything is built, and a home; what the documents tell is typed there.
struct Reader {
    sandbox: Sandbox,
    checkout: PathBuf,
}

impl Reader {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let checkout = sandbox.home().join("session-signals");
        fs::create_dir_all(checkout.join("target")).unwrap();
        symlink(executable("hooks").parent().unwrap(), checkout.join("target/release")).unwrap();
        symlink(Path::new(ROOT).join("tests"), checkout.join("tests")).unwrap();
        // It was built by who runs this test; the CLI is somebody else's.
        for (name, script) in [("cargo", "exit 0"), ("claude", "echo '2.1.329 (Claude Code)'")] {
            let path = sandbox.home().join("bin").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_script(&path, script);
        }
        Self { sandbox, checkout }
    }

    /// Types a block; what it printed.
    fn types(&self, block: &str) -> String {
        let executables = executable("hooks").parent().unwrap().display().to_string();
        let home = self.sandbox.home();
        let search = format!("{}:{executables}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-euc", block]).current_dir(&self.checkout).env_clear().env("HOME", home).env("PATH", search);
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{block}\n{said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }
}

#[test]
#[ignore = "needs curl and jq"]
fn every_block_does_what_it_says() {
    let reader = Reader::new();
    // Those of the README come first: they install.
    let texts: Vec<_> = DOCUMENTS.iter().map(|name| document(name)).collect();
    let mut told = reader.types(&blocks(&texts[0])[0]);
    let server = Server::start(&reader.sandbox);
    for (session, event) in [("over", "SessionEnd"), ("busy", "UserPromptSubmit")] {
        reader.sandbox.fire(session, event, "").succeeds();
    }
    server.wait_for_state("over", "ended ended");
    for block in texts.iter().flat_map(|text| blocks(text)) {
        told += &reader.types(&block.replace(":4450", &format!(":{}", server.port)));
    }
    // Each of these comes from a block of its own.
    for part in
        ["Installed in ~/.claude/settings.json", "healthy: ", "over ended\n", "busy working\n", r#""id": "over""#]
    {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(!told.contains("CONFLICT"), "{told}");
}

#[test]
#[ignore = "needs strip and tar"]
fn the_archive_installs_from_where_it_is_unpacked() {
    let sandbox = Sandbox::new();
    let path = |name: &str| sandbox.home().join(name);
    // As cargo would have built it for a target; a release is stripped, and packed sooner.
    fs::create_dir_all(path("target/here/release")).unwrap();
    for name in HOOKS.map(Hook::executable).into_iter().chain(["hooks", "sessions"]) {
        let mut strip = Command::new("strip");
        strip.arg(executable(name)).arg("-o").arg(path("target/here/release").join(name));
        assert!(strip.status().unwrap().success());
    }
    let archive = |to: &str| {
        let mut pack = Command::new(Path::new(ROOT).join(".ci/archive"));
        let output = pack.arg("here").arg(path(to)).env("CARGO_TARGET_DIR", path("target")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let sum = archive("archives");
    assert_eq!(sum, archive("again"), "the same input gives the same archive");
    let name = format!("session-signals-{}-here", env!("CARGO_PKG_VERSION"));
    let unpack = format!("cd ~/archives && sha256sum -c {name}.tar.gz.sha256 && tar xzf {name}.tar.gz && ls -R {name}");
    let mut shell = sandbox.command("sh");
    let listed = crate::sandbox::outcome(shell.args(["-ec", &unpack]), "").stdout;
    for file in ["README.md", "hooks.1", "hooks-install.1", "hooks.zsh", "protocol.md", "session-daemons.example.json"]
    {
        assert!(listed.lines().any(|line| line == file), "{file} is not in\n{listed}");
    }
    // By a symbolic link, as package managers do it.
    symlink(path("archives").join(&name).join("hooks"), path("hooks")).unwrap();
    let installed = crate::sandbox::outcome(sandbox.command(path("hooks")).arg("install").current_dir(path("")), "");
    assert_eq!(installed.code, Some(0), "{installed:?}");
    assert!(path(".claude/hooks/session-signals/hook-stop").exists());
}
