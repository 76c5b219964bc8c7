//! Sessions in containers that share the home directory. A container has a PID namespace of its own; the tests look at it
//! from outside.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::list;
use super::registry_entry::write_registry_entry;
use crate::hooks::steps::BASH;
use crate::sandbox::{Sandbox, executable_for_event, executable_path, payload};
use crate::serve::server::becomes_true;

/// A container in which a CLI runs, and another process that outlives the CLI.
struct Container<'a> {
    sandbox: &'a Sandbox,
    unshare: Child,
    commands: ChildStdin,
    results: BufReader<ChildStdout>,
    directory: TempDir,
    session: &'static str,
    /// The id in its `/etc/machine-id`.
    machine: String,
}

impl<'a> Container<'a> {
    /// Starts a container with these arguments of `unshare`. Its first process runs the command `before`, and then the CLI.
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

    /// Runs a command in the CLI's shell, and returns the line that it prints.
    fn run_command(&mut self, command: &str) -> String {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.results.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Runs the hook of an event in the container.
    fn run_hook(&mut self, event: &str, members: &str) {
        let input = self.directory.path().join("in");
        fs::write(&input, payload(self.session, event, members)).unwrap();
        let hook = executable_path(executable_for_event(event).unwrap());
        assert_eq!(self.run_command(&format!("{} <{} 2>&1; echo $?", hook.display(), input.display())), "0", "{event}");
    }

    /// Writes the registry entry of the session with this status, changed now.
    fn register(&mut self, status: &Value) {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let pid = self.run_command("echo $$");
        let fields = self.run_command("cat /proc/$$/stat");
        let start = fields.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap();
        let namespace = self.run_command("readlink /proc/self/ns/pid");
        let domain = format!("linux:{}:{namespace}", self.machine);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let mut entry = json!({
            "pid": pid.parse::<u32>().unwrap(), "sessionId": self.session, "procStart": start, "pidDomain": domain,
            "statusUpdatedAt": u64::try_from(now).unwrap(), "kind": "interactive",
        });
        entry.as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
        write_registry_entry(self.sandbox, pid.parse().unwrap(), &entry);
    }

    /// Returns the state and the rule that `sessions` lists outside, and whether it lists another host.
    fn listed_state(&self) -> (String, String, bool) {
        let all = list::json(self.sandbox, &["--all"]);
        let found = all.iter().find(|found| found["sessionId"] == self.session).unwrap_or(&Value::Null);
        let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
        (text("state"), text("rule"), !found["host"].is_null())
    }

    /// Waits until `sessions` lists this state and this rule, and another host.
    #[track_caller]
    fn wait_for_state(&self, state: &str, rule: &str) {
        let expected = (state.to_owned(), rule.to_owned(), true);
        assert!(becomes_true(|| self.listed_state() == expected), "{expected:?}, but {:?}", self.listed_state());
    }

    /// Runs a turn with an approved call, and a turn that is interrupted. Then it kills the CLI.
    fn run_turns_and_kill(&mut self) {
        self.run_hook("UserPromptSubmit", "");
        self.register(&json!({ "status": "busy" }));
        self.wait_for_state("working", "busy");
        self.run_hook("PermissionRequest", BASH);
        self.register(&json!({ "status": "waiting", "waitingFor": "permission prompt" }));
        self.wait_for_state("permission", "asks");
        self.register(&json!({ "status": "busy" }));
        self.wait_for_state("working", "approved");
        self.run_hook("UserPromptSubmit", "");
        self.register(&json!({ "status": "idle" }));
        self.wait_for_state("waiting", "interrupted");
        self.run_hook("UserPromptSubmit", "");
        writeln!(self.commands, "kill -KILL $$").unwrap();
        self.wait_for_state("ended", "killed");
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
    container.run_turns_and_kill();
    // From the first namespace, all others are visible, and so is the end of this one.
    container.stop();
    if fs::read_link("/proc/self/ns/pid").unwrap().to_str() == Some("pid:[4026531836]") {
        container.wait_for_state("ended", "killed");
    }
}

#[test]
#[ignore = "needs root"]
fn a_container_with_another_host_name_is_known_while_a_process_lives_in_it() {
    let sandbox = Sandbox::new();
    let own_name = "echo box >/proc/sys/kernel/hostname";
    let mut container = Container::start(&sandbox, "s", "0123456789abcdef", &["--uts"], own_name);
    container.run_turns_and_kill();
    // Nothing shows any more that the container ran on this machine, so only the last signal counts.
    container.stop();
    container.wait_for_state("working", "working");
    // Whoever looks at the list knows where to look for it.
    let host = list::json(&sandbox, &[])[0]["host"].as_str().unwrap().to_owned();
    assert!(host.starts_with("box/"), "{host}");
    let table = list::sessions(&sandbox, &[]);
    assert!(table.contains(&format!("  on {host}: ")), "{table}");
}
