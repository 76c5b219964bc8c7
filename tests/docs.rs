//! Tests that the documents are true: their commands run, their links resolve, their tables match the code.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;

use session_signals_cli::FINDING_IDS;
use session_signals_protocol::{EVENT_RULES, HOOKS, Hook};
use session_signals_reader::STATE_RULES;

use crate::sandbox::{Sandbox, executable_path, write_script};
use crate::serve::server::Server;
use crate::sessions::list;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The documents that a user or a developer reads. The README comes first: its first block installs the hooks.
const DOCUMENTS: [&str; 20] = [
    "README.md",
    "docs/install.md",
    "docs/sessions.md",
    "docs/serve.md",
    "docs/daemons.md",
    "docs/signals.md",
    "docs/json.md",
    "docs/jump.md",
    "docs/machines.md",
    "docs/notices.md",
    "docs/publish.md",
    "docs/scripts.md",
    "docs/status-line.md",
    "docs/watch.md",
    "docs/troubleshooting.md",
    "docs/benchmarks.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
];

fn read_document(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

/// Returns the text between each ```` ```sh ```` and the next ```` ``` ````.
fn shell_blocks(text: &str) -> Vec<String> {
    let parts = text.split("```sh\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// Returns the text outside of code blocks.
fn text_outside_blocks(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// Returns the text between single backticks, outside of code blocks.
fn code_spans(text: &str) -> Vec<String> {
    let outside = text_outside_blocks(text);
    outside.split('`').skip(1).step_by(2).map(|span| span.replace('\n', " ")).collect()
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// Returns the paths of all files and folders below `folder`, without what is in folders of results and of git.
fn paths_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        paths.push(entry.path());
        let skipped = ["target", "node_modules", "corpus", "artifacts", ".git"];
        let is_skipped = skipped.contains(&&*entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() && !is_skipped {
            paths.extend(paths_below(&entry.path()));
        }
    }
    paths
}

#[test]
fn every_command_that_a_document_names_exists() {
    let mut count = 0;
    for document in DOCUMENTS.map(read_document) {
        for span in code_spans(&document) {
            let words: Vec<_> = span.split(" | ").next().unwrap().split_whitespace().collect();
            let Some((program @ ("hooks" | "sessions"), arguments)) = words.split_first().map(|(p, a)| (*p, a)) else {
                continue;
            };
            // The arguments before --help are checked.
            let output = Command::new(executable_path(program)).args(arguments).arg("--help").output().unwrap();
            assert!(output.status.success(), "{span}: {}", String::from_utf8_lossy(&output.stderr));
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

#[test]
fn every_document_is_checked() {
    for folder in ["", "docs"] {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            assert!(!is_markdown(Path::new(&name)) || DOCUMENTS.contains(&&*path), "{path} is not in DOCUMENTS");
        }
    }
}

#[test]
fn the_readme_has_at_most_130_lines() {
    let count = read_document("README.md").lines().count();
    assert!(count <= 130, "README.md has {count} lines");
}

#[test]
fn every_finding_of_doctor_is_explained() {
    let explained = read_document("docs/troubleshooting.md");
    for finding in FINDING_IDS {
        let id = finding.as_str();
        assert!(explained.contains(&format!("`{id}`")), "{id} is not explained");
    }
}

#[test]
fn the_requirements_are_documented() {
    let one_line = |name| read_document(name).split_whitespace().collect::<Vec<_>>().join(" ");
    for (name, words) in [
        ("README.md", "On Linux, session-signals needs kernel 4.11 or newer, and 5.3 or newer for `sessions daemons`."),
        ("docs/install.md", "need Linux 4.11 or newer, because they call `statx`"),
        ("docs/install.md", "`sessions daemons` needs Linux 5.3 or newer, because it calls `pidfd_open`"),
        (
            "docs/install.md",
            "Do not start a hook with an empty environment (`env -i`): it needs `HOME` or `CLAUDE_CONFIG_DIR` to find the signal directory, and `CLAUDE_PID` to find Claude Code.",
        ),
    ] {
        assert!(one_line(name).contains(words), "{name}: {words}");
    }
}

/// The first rule that applies decides, so the order of the rows counts, too.
#[test]
fn the_table_of_rules_has_the_rules_in_their_order() {
    let text = read_document("docs/sessions.md");
    let table = text.split_once("| you see | it means | rule |").unwrap().1.split_once("\n\n").unwrap().0;
    let documented: Vec<_> = table.lines().filter_map(|row| row.split(" | ").nth(2)?.strip_prefix('`')).collect();
    let rules: Vec<_> = STATE_RULES.iter().map(|rule| format!("{}`", rule.id)).collect();
    assert_eq!(documented, rules);
}

/// The hooks and their events are in a table.
#[test]
fn the_table_of_hooks_has_the_events_of_each_hook() {
    let text = read_document("docs/install.md");
    for hook in HOOKS {
        let events = EVENT_RULES.iter().filter(|rule| rule.hook == hook).map(|rule| rule.event);
        let row = format!("| `{}` | {} |", hook.executable(), events.collect::<Vec<_>>().join(", "));
        assert!(text.contains(&row), "no row {row}");
    }
}

/// Every member of a session's JSON has a row, in the order in which it is written.
#[test]
fn every_member_of_a_session_is_documented() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let json = list::sessions(&sandbox, &["--json"]);
    let text = read_document("docs/json.md");
    let table = text.split_once("## `sessions --json`").unwrap().1.split_once("\n### ").unwrap().0;
    let rows = table.lines().filter_map(|row| Some(row.strip_prefix("| `")?.split_once('`')?.0));
    let documented: Vec<_> = rows.collect();
    let position = |name: &&str| json.find(&format!("\"{name}\":")).unwrap_or(usize::MAX);
    assert!(documented.is_sorted_by_key(position), "{documented:?} {json}");
    let members = list::json(&sandbox, &[])[0].as_object().unwrap().len();
    assert_eq!(documented.len(), members, "{documented:?} {json}");
}

/// A Markdown viewer does not show a cell that is too many.
#[test]
fn every_row_of_a_table_has_the_columns_of_its_head() {
    let column_count = |row: &str| row.replace("\\|", "").matches('|').count();
    for name in DOCUMENTS {
        let text = read_document(name);
        let mut head = None;
        for line in text.lines() {
            let row = line.starts_with('|').then(|| column_count(line));
            head = row.map(|row| head.unwrap_or(row));
            assert_eq!(row, head, "{name}: {line}");
        }
    }
}

/// Returns the anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.replace(|c: char| !c.is_alphanumeric() && c != '-' && c != '_', "")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut files = paths_below(Path::new(ROOT));
    files.retain(|path| is_markdown(path));
    assert!(files.len() >= DOCUMENTS.len(), "{files:?}");
    for path in files {
        let (text, folder) = (fs::read_to_string(&path).unwrap(), path.parent().unwrap());
        let outside = text_outside_blocks(&text);
        for link in outside.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.starts_with("http") {
                continue;
            }
            let name = path.display();
            assert!(file.is_empty() || folder.join(file).exists(), "{name}: {link}");
            let target =
                if file.is_empty() { text.clone() } else { fs::read_to_string(folder.join(file)).unwrap_or_default() };
            assert!(anchor.is_empty() || anchors(&target).iter().any(|known| known == anchor), "{name}: {link}");
        }
    }
}

/// A path may be relative to any folder: a table names the folder once.
#[test]
fn every_file_that_the_developers_pages_name_exists() {
    let paths = paths_below(Path::new(ROOT));
    let mut count = 0;
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for span in code_spans(&read_document(name)) {
            let is_source = [".rs", ".mjs", ".js", ".html", ".css", ".json"].iter().any(|end| span.ends_with(end));
            let first = span.split('/').next().unwrap();
            let is_in_folder =
                span.contains('/') && ["crates", "src", "install", "tests", "benches", ".ci"].contains(&first);
            if !span.contains(' ') && span != "settings.json" && !span.contains('<') && (is_source || is_in_folder) {
                let wanted = span.trim_end_matches('/');
                assert!(paths.iter().any(|path| path.ends_with(wanted)), "{name}: there is no {span}");
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}

/// A checkout in which everything is built, and a home. The commands of the documents are typed there.
struct Checkout {
    sandbox: Sandbox,
    path: PathBuf,
}

impl Checkout {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let path = sandbox.home().join("session-signals");
        fs::create_dir_all(path.join("target")).unwrap();
        symlink(executable_path("hooks").parent().unwrap(), path.join("target/release")).unwrap();
        symlink(Path::new(ROOT).join("tests"), path.join("tests")).unwrap();
        // The executables are built already, and the CLI is not ours.
        for (name, script) in [("cargo", "exit 0"), ("claude", "echo '2.1.329 (Claude Code)'")] {
            let program = sandbox.home().join("bin").join(name);
            fs::create_dir_all(program.parent().unwrap()).unwrap();
            write_script(&program, script);
        }
        Self { sandbox, path }
    }

    /// Runs a block in a shell and returns what it printed on standard output.
    fn run(&self, block: &str) -> String {
        let executables = executable_path("hooks").parent().unwrap().display().to_string();
        let home = self.sandbox.home();
        let search = format!("{}:{executables}:{}", home.join("bin").display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-euc", block]).current_dir(&self.path).env_clear().env("HOME", home).env("PATH", search);
        let output = shell.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{block}\n{printed}{}", String::from_utf8_lossy(&output.stderr));
        printed
    }
}

#[test]
#[ignore = "needs curl and jq"]
fn every_shell_block_runs_and_prints_what_it_should() {
    let checkout = Checkout::new();
    let texts: Vec<_> = DOCUMENTS.iter().map(|name| read_document(name)).collect();
    // The first block of the README installs the hooks.
    let mut printed = checkout.run(&shell_blocks(&texts[0])[0]);
    let server = Server::start(&checkout.sandbox);
    for (session, event) in [("over", "SessionEnd"), ("busy", "UserPromptSubmit")] {
        checkout.sandbox.run_hook(session, event, "").assert_success();
    }
    server.wait_for_state("over", "ended ended");
    for block in texts.iter().flat_map(|text| shell_blocks(text)) {
        printed += &checkout.run(&block.replace(":4450", &format!(":{}", server.port)));
    }
    // Each of these is printed by another block.
    for part in
        ["Installed in ~/.claude/settings.json", "healthy: ", "over ended\n", "busy working\n", r#""id": "over""#]
    {
        assert!(printed.contains(part), "{part} is not in\n{printed}");
    }
    assert!(!printed.contains("CONFLICT"), "{printed}");
}

#[test]
#[ignore = "needs strip and tar"]
fn the_archive_installs_from_where_it_is_unpacked() {
    let sandbox = Sandbox::new();
    let path = |name: &str| sandbox.home().join(name);
    // This is where cargo builds for a target. A release is stripped; so is this, and it is packed faster.
    fs::create_dir_all(path("target/here/release")).unwrap();
    for name in HOOKS.map(Hook::executable).into_iter().chain([Hook::Mod.executable(), "hooks", "sessions"]) {
        let mut strip = Command::new("strip");
        strip.arg(executable_path(name)).arg("-o").arg(path("target/here/release").join(name));
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
    let unpack =
        format!("cd ~/archives && sha256sum -c {name}.tar.gz.sha256 && tar xzf {name}.tar.gz && ls -AR {name}");
    let mut shell = sandbox.command("sh");
    let listed = crate::sandbox::run_with_input(shell.args(["-ec", &unpack]), "").stdout;
    for file in [
        "README.md",
        "hooks.1",
        "hooks-install.1",
        "sessions-wait.1",
        "_hooks",
        "sessions.fish",
        "signals.md",
        "session-daemons.example.json",
        "marketplace.json",
        "mod.js",
    ] {
        assert!(listed.lines().any(|line| line == file), "{file} is not in\n{listed}");
    }
    // By a symbolic link, as package managers do it.
    symlink(path("archives").join(&name).join("hooks"), path("hooks")).unwrap();
    let installed =
        crate::sandbox::run_with_input(sandbox.command(path("hooks")).arg("install").current_dir(path("")), "");
    assert_eq!(installed.code, Some(0), "{installed:?}");
    assert!(path(".claude/hooks/session-signals/hook-stop").exists());
}
