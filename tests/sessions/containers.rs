//! Sessions in containers that share the home: pid namespaces of their own, seen from the one that started them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::list;
use crate::sandbox::{Sandbox, executable_for_event, executable_path, payload};
use crate::serve::server::within;

/// A container in which a CLI runs, and another process, which outlives it.
struct Container<'a> {
    sandbox: &'a Sandbox,
    unshare: Child,
    commands: ChildStdin,
    results: BufReader<ChildStdout>,
    directory: TempDir,
    session: &'static str,
    /// As its `/etc/machine-id` has it.
    machine: String,
}

impl<'a> Container<'a> {
    /// `unshare` with these arguments; what the first process in it does before it starts the CLI.
    fn start(sandbox: &'a Sandbox, session: &'static str, machine: &str, arguments: &[&str], before: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let shell = directory.path().join("claude");
        symlink("/bin/sh", &shell).unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--pid", "--fork", "--kill-child", "--mount-proc"]).args(arguments);
        unshare.args(["sh", "-c", &format!("{before}\n\"$0\"\nexec sleep 1000")]).arg(shell);
        unshare.env_clear().env("HOME", sandbox.home()).env("PATH", std::env::var_os("PATH").unwrap());
        let mut unshare = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = unshare.stdin.take().unwrap();
        let results = BufReader::new(unshare.stdout.take().unwrap());
        Self { sandbox, unshare, commands, results, directory, session, machine: machine.to_owned() }
    }

    /// The line that a command of the CLI's shell prints.
    fn says(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.results.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn fires(&mut self, event: &str, members: &str) {
        let input = self.directory.path().join("in");
        fs::write(&input, payload(self.session, event, members)).unwrap();
        let hook = executable_path(executable_for_event(event).unwrap());
        assert_eq!(self.says(&format!("{} <{} 2>&1; echo $?", hook.display(), input.display())), "0", "{event}");
    }

    /// What the CLI says of its session in the registry, now.
    fn registers(&mut self, status: &Value) {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let pid = self.says("echo $$");
        let fields = self.says("cat /proc/$$/stat");
        let start = fields.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap();
        let namespace = self.says("readlink /proc/self/ns/pid");
        let domain = format!("linux:{}:{namespace}", self.machine);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let mut entry = json!({
            "pid": pid.parse::<u32>().unwrap(), "sessionId": self.session, "procStart": start, "pidDomain": domain,
            "statusUpdatedAt": u64::try_from(now).unwrap(), "kind": "interactive",
        });
        entry.as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
        let directory = self.sandbox.home().join(".claude/sessions");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(format!("{pid}.json")), entry.to_string()).unwrap();
    }

    /// What `sessions` says of it out here: state, rule, and whether it is said to be of another host.
    fn is_seen(&self) -> (String, String, bool) {
        let all = list::json(self.sandbox, &["--all"]);
        let found = all.iter().find(|found| found["sessionId"] == self.session).unwrap_or(&Value::Null);
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("rule"), !found["host"].is_null())
    }

    #[track_caller]
    fn is_seen_as(&self, state: &str, rule: &str) {
        let expected = (state.to_owned(), rule.to_owned(), true);
        assert!(within(|| self.is_seen() == expected), "{expected:?}, but {:?}", self.is_seen());
    }

    /// A turn with an approved call, and one that is interrupted; then a SIGKILL of the CLI.
    fn lives_and_is_killed(&mut self) {
        self.fires("UserPromptSubmit", "");
        self.registers(&json!({ "status": "busy" }));
        self.is_seen_as("working", "busy");
        self.fires("PermissionRequest", r#""tool_name":"Bash","tool_input":{"command":"ls"}"#);
        self.registers(&json!({ "status": "waiting", "waitingFor": "permission prompt" }));
        self.is_seen_as("permission", "asks");
        self.registers(&json!({ "status": "busy" }));
        self.is_seen_as("working", "approved");
        self.fires("UserPromptSubmit", "");
        self.registers(&json!({ "status": "idle" }));
        self.is_seen_as("waiting", "interrupted");
        self.fires("UserPromptSubmit", "");
        writeln!(self.commands, "kill -KILL $$").unwrap();
        self.is_seen_as("ended", "killed");
    }

    fn stop(&mut self) {
        self.unshare.kill().unwrap();
        self.unshare.wait().unwrap();
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}

#[test]
#[ignore = "needs root"]
fn a_session_in_a_child_namespace_is_approved_interrupted_and_killed() {
    let sandbox = Sandbox::new();
    let machine = fs::read_to_string("/etc/machine-id").unwrap();
    let mut container = Container::start(&sandbox, "s", machine.trim(), &[], "");
    container.lives_and_is_killed();
    // Where all namespaces are seen from here, so is the end of one.
    container.stop();
    if fs::read_link("/proc/self/ns/pid").unwrap().to_str() == Some("pid:[4026531836]") {
        container.is_seen_as("ended", "killed");
    }
}

#[test]
#[ignore = "needs root"]
fn a_container_with_names_of_its_own_is_seen_while_something_lives_in_it() {
    let sandbox = Sandbox::new();
    let own_name = "echo box >/proc/sys/kernel/hostname";
    let mut container = Container::start(&sandbox, "s", "0123456789abcdef", &["--uts"], own_name);
    container.lives_and_is_killed();
    // Now nothing shows that it was a container of this machine's: what its session said last is all that is known.
    container.stop();
    container.is_seen_as("working", "working");
}
