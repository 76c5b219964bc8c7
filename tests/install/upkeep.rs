//! What doctor removes from the spool, and when: never while a hook is at work there.

use std::fs::File;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::cli_process::read_stat;

use super::home::{Home, text};

const SPOOL: &str = ".claude/session-signals";
const DAY: u64 = 24 * 60 * 60;

/// With the hooks installed, and a spool.
fn installed() -> Home {
    let home = Home::new();
    home.succeeds(&["install"]);
    fs::create_dir(home.path(SPOOL)).unwrap();
    fs::set_permissions(home.path(SPOOL), PermissionsExt::from_mode(0o700)).unwrap();
    home
}

/// A file of the spool that was modified so many seconds ago.
fn put(home: &Home, name: &str, content: &[u8], seconds: u64) -> PathBuf {
    let path = home.path(SPOOL).join(name);
    fs::write(&path, content).unwrap();
    age(&path, seconds);
    path
}

fn age(path: &PathBuf, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// What stands in the spool.
fn files(home: &Home) -> Vec<String> {
    let names = fs::read_dir(home.path(SPOOL)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// The exit code of `doctor --fix`, the ids of what it mended and of what is left, and its problems.
fn fix(home: &Home) -> (i32, Vec<String>, Vec<String>, Vec<String>) {
    let (code, checkup) = home.json(&["doctor", "--fix"]);
    let texts = |value: &Value, of: fn(&Value) -> &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|one| text(of(one))).collect()
    };
    let ids = |name: &str| texts(&checkup[name], |finding| &finding["id"]);
    (code, ids("mended"), ids("findings"), texts(&checkup["problems"], |problem| problem))
}

fn lock(home: &Home) -> File {
    let lock = File::open(home.path(SPOOL)).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn the_lock_is_free_while_doctor_looks() {
    let home = installed();
    for session in 0..3000 {
        put(&home, &format!("s{session}.working.json"), b"{}\n", 100);
    }
    put(&home, "s1.stop.json", b"{}\n", 90);
    let (directory, over) = (File::open(home.path(SPOOL)).unwrap(), AtomicBool::new(false));
    let missed = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut missed = 0;
            while !over.load(Ordering::Relaxed) {
                missed += usize::from(directory.try_lock().is_err());
                let _ = directory.unlock();
                thread::sleep(Duration::from_micros(100));
            }
            missed
        });
        assert_eq!(home.findings(), ["signal-conflict"]);
        over.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(missed, 0);
}

#[test]
fn nothing_is_removed_without_the_lock() {
    let home = installed();
    put(&home, "both.working.json", b"{}\n", 100);
    put(&home, "both.stop.json", b"{}\n", 90);
    put(&home, "empty.stop.json", b"", 100);
    put(&home, "old.ended.json", b"{}\n", 31 * DAY);
    put(&home, ".someone.working.1234", b"half", 100);
    let ids = ["signal-conflict", "signal-empty", "orphan-temporary", "signal-old"].map(str::to_owned);
    let before = files(&home);
    let held = lock(&home);
    let (code, mended, left, problems) = fix(&home);
    assert_eq!((code, mended, left), (1, vec![], ids.to_vec()));
    assert_eq!(
        problems,
        ["~/.claude/session-signals is locked by another process: what is to be removed from it stays; try again"]
    );
    assert_eq!(files(&home), before);
    drop(held);
    assert_eq!(fix(&home), (0, ids.to_vec(), vec![], vec![]));
    assert_eq!(files(&home), ["both.stop.json"]);
}

#[test]
fn what_a_power_cut_left() {
    let home = installed();
    put(&home, "empty.stop.json", b"", 61);
    put(&home, "nul.permission.json", &[0; 5000], 61);
    let future = put(&home, "future.stop.json", b"", 61);
    let time = SystemTime::now() + Duration::from_secs(1000);
    File::options().write(true).open(future).unwrap().set_modified(time).unwrap();
    // Somebody may be writing it.
    put(&home, "fresh.stop.json", b"", 30);
    let (code, mended, left, problems) = fix(&home);
    assert_eq!((code, mended, left), (0, vec!["signal-empty".to_owned(); 3], vec![]), "{problems:?}");
    assert_eq!(files(&home), ["fresh.stop.json"]);
}

#[test]
fn what_cannot_be_read_is_told_and_stays() {
    let home = installed();
    let nearly = [&[0; 5000][..], b"x"].concat();
    let contents: [&[u8]; 5] = [b"garbage", b"[]", b"{\"a\":1}\n{}", b"{\"working_since\":", &nearly];
    for (at, content) in contents.into_iter().enumerate() {
        put(&home, &format!("s{at}.working.json"), content, 31 * DAY);
    }
    fs::create_dir(home.path(SPOOL).join("folder.stop.json")).unwrap();
    symlink("/etc/passwd", home.path(SPOOL).join("link.stop.json")).unwrap();
    put(&home, "ended.ended.json", b"version 9", 31 * DAY);
    // What is no signal's name is nobody's business.
    put(&home, "notes.txt", b"", 100);
    let before = files(&home);
    assert_eq!(fix(&home), (1, vec![], vec!["signal-unreadable".to_owned(); 8], vec![]));
    assert_eq!(files(&home), before);
}

/// A process that stands for a CLI.
struct Cli(Child);

impl Cli {
    fn begin() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    /// Its identity, as a signal or the registry has it.
    fn pid_and_start(&self) -> (u32, u64) {
        (self.0.id(), read_stat(self.0.id()).unwrap().start)
    }
}

impl Drop for Cli {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn old_ends_are_removed_in_the_end() {
    let home = installed();
    let cli = Cli::begin();
    let (pid, start) = cli.pid_and_start();
    let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let account = json!({
        "pid": pid, "sessionId": "registered", "status": "idle", "procStart": start.to_string(),
        "pidDomain": format!("linux:abc:{domain}"), "statusUpdatedAt": 1000
    });
    home.write(&format!(".claude/sessions/{pid}.json"), &account.to_string());
    let other = Cli::begin();
    let (alive, alive_start) = other.pid_and_start();
    let host =
        String::from_utf8(session_signals_protocol::cli_process::host_id().unwrap().as_bytes().to_vec()).unwrap();
    let signal = |pid: u32, start: u64, host: &str| {
        json!({"session_id": "s", "claude_pid": pid, "claude_start": start, "claude_host": host}).to_string()
    };
    put(&home, "old.ended.json", b"{}\n", 31 * DAY);
    put(&home, "elsewhere.ended.json", signal(1, 1, "elsewhere/1").as_bytes(), 31 * DAY);
    put(&home, "killed.ended.json", signal(alive, alive_start + 1, &host).as_bytes(), 31 * DAY);
    // Its process runs another session by now, and says so.
    put(&home, "left.ended.json", signal(pid, start, &host).as_bytes(), 31 * DAY);
    let stay = ["registered.ended.json", "alive.ended.json", "young.ended.json", "again.ended.json", "again.stop.json"];
    put(&home, stay[0], b"{}\n", 31 * DAY);
    put(&home, stay[1], signal(alive, alive_start, &host).as_bytes(), 31 * DAY);
    put(&home, stay[2], b"{}\n", 29 * DAY);
    put(&home, stay[3], b"{}\n", 31 * DAY);
    put(&home, stay[4], b"{}\n", 31 * DAY);
    let future = put(&home, "future.ended.json", b"{}\n", 0);
    let time = SystemTime::now() + Duration::from_secs(1000 * DAY);
    File::options().write(true).open(future).unwrap().set_modified(time).unwrap();
    // Signals that are old and no ends.
    for kind in ["working", "stop", "permission"] {
        put(&home, &format!("open-{kind}.{kind}.json"), b"{}\n", 1000 * DAY);
    }
    let said = home.hooks(&["doctor"]).stdout;
    let expected =
        "signal-old: 4 signals of sessions that ended more than 30 days ago (cleanupPeriodDays) are still there\n";
    assert!(said.contains(expected), "{said}");
    let conflict = "again has both stop and ended";
    assert!(!said.contains(conflict) || said.contains("signal-conflict"), "{said}");
    fix(&home);
    let left = files(&home);
    for name in ["old", "elsewhere", "killed", "left"] {
        assert!(!left.contains(&format!("{name}.ended.json")), "{name}: {left:?}");
    }
    for name in ["registered", "alive", "young", "future"] {
        assert!(left.contains(&format!("{name}.ended.json")), "{name}: {left:?}");
    }
    for name in ["open-working.working.json", "open-stop.stop.json", "open-permission.permission.json"] {
        assert!(left.contains(&name.to_owned()), "{name}: {left:?}");
    }
    assert!(left.iter().any(|name| name.starts_with("again.")), "{left:?}");
}

#[test]
fn how_long_is_the_users_to_say() {
    let found = |settings: &str, days: u64| {
        let home = installed();
        let mut with: Value = home.parsed();
        let more: Value = serde_json::from_str(settings).unwrap();
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        home.write(".claude/settings.json", &with.to_string());
        put(&home, "s.ended.json", b"{}\n", days * DAY + 60);
        home.findings()
    };
    assert_eq!(found(r#"{"cleanupPeriodDays":10}"#, 9), [""; 0]);
    assert_eq!(found(r#"{"cleanupPeriodDays":10}"#, 10), ["signal-old"]);
    assert_eq!(found(r#"{"cleanupPeriodDays":99999}"#, 1000), [""; 0]);
    // What the CLI takes for a mistake removes nothing there either.
    for mistake in ["0", "-1", "1.5", "\"7\"", "null", "1e400"] {
        if let Ok(settings) = serde_json::from_str::<Value>(&format!(r#"{{"cleanupPeriodDays":{mistake}}}"#)) {
            assert_eq!(found(&settings.to_string(), 1000), [""; 0], "{mistake}");
        }
    }
    // A project does not say it for all of them.
    let home = installed();
    home.write("project/.claude/settings.json", r#"{"cleanupPeriodDays":1}"#);
    put(&home, "s.ended.json", b"{}\n", 2 * DAY);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_signal_that_a_killed_hook_moved_aside_is_brought_back() {
    let home = installed();
    let call = |command: &str, second: u64| {
        format!(r#"{{"tool_name":"Bash","tool_input":{{"command":"{command}"}},"pending_since":"{second}.000000000"}}"#)
    };
    let list = |calls: &[String]| format!("{{\"pending\":[{}],\"claude_pid\":1}}\n", calls.join(","));
    // Two versions of a list, one of them aside, and a state where nothing stands.
    put(&home, "s.permission.json", list(&[call("b", 1_000_000_002)]).as_bytes(), 62);
    let aside = |kind: &str| format!(".s.{kind}.0123456789abcdef.0000000000000000.0000000000000001");
    put(&home, &aside("permission"), list(&[call("a", 1_000_000_001)]).as_bytes(), 61);
    put(&home, &aside("stop"), b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    // Half-written: a hook has its event's time in the name of what it writes.
    let half = ".s.working.0123456789abcdef.0000000000000002.0000000000000001";
    put(&home, half, b"{\"working_since\":\"10000", 61);
    // A living hook's.
    put(&home, ".t.stop.0123456789abcdef.0000000000000000.0000000000000001", b"{}\n", 1);
    let (code, mut mended, left, problems) = fix(&home);
    mended.sort();
    assert_eq!((code, left), (0, vec![]), "{problems:?}");
    assert_eq!(mended, ["orphan-temporary", "signal-aside", "signal-aside"]);
    assert_eq!(
        files(&home),
        [".t.stop.0123456789abcdef.0000000000000000.0000000000000001", "s.permission.json", "s.stop.json"]
    );
    let signal: Value = serde_json::from_slice(&fs::read(home.path(SPOOL).join("s.permission.json")).unwrap()).unwrap();
    let commands: Vec<_> =
        signal["pending"].as_array().unwrap().iter().map(|call| &call["tool_input"]["command"]).collect();
    assert_eq!(commands, ["a", "b"]);
}

/// What cannot be read does not say that anything is over, nor is it for us to remove.
#[test]
fn a_signal_that_cannot_be_read_is_in_conflict_with_none() {
    let home = installed();
    put(&home, "cut.working.json", b"{}\n", 200);
    put(&home, "cut.stop.json", b"", 100);
    put(&home, "newer.working.json", b"version 9", 200);
    put(&home, "newer.stop.json", b"{}\n", 100);
    put(&home, "later.working.json", b"{}\n", 200);
    put(&home, "later.stop.json", b"version 9", 100);
    let mut found = home.findings();
    found.sort();
    assert_eq!(found, ["signal-empty", "signal-unreadable", "signal-unreadable"]);
    let (code, mended, _, problems) = fix(&home);
    assert_eq!((code, mended), (1, vec!["signal-empty".to_owned()]), "{problems:?}");
    assert_eq!(
        files(&home),
        ["cut.working.json", "later.stop.json", "later.working.json", "newer.stop.json", "newer.working.json"]
    );
}

const ASIDE: &str = ".s.stop.0123456789abcdef.0000000000000000.0000000000000001";

/// The words do not hang on who has the lock.
#[test]
fn a_signal_that_was_moved_aside_is_told_without_the_lock() {
    let home = installed();
    put(&home, ASIDE, b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    let held = lock(&home);
    assert_eq!(home.findings(), ["signal-aside"]);
    drop(held);
    assert_eq!(home.findings(), ["signal-aside"]);
}

/// It may be a signal.
#[test]
fn what_a_killed_hook_left_and_cannot_be_read_stays() {
    let home = installed();
    let path = put(&home, ASIDE, b"", 0);
    // Longer than anybody reads; it takes no room on the disk.
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(session_signals_protocol::store::MAX_SIGNAL_LEN + 1)
        .unwrap();
    age(&path, 61);
    assert_eq!(home.findings(), ["signal-unreadable"]);
    assert_eq!(fix(&home).0, 1);
    assert_eq!(files(&home), [ASIDE]);
}

/// That nobody can lock the directory is not that somebody has locked it.
#[test]
#[ignore = "takes strace"]
fn a_file_system_without_locks_is_named() {
    let home = installed();
    put(&home, "both.working.json", b"{}\n", 100);
    put(&home, "both.stop.json", b"{}\n", 90);
    let mut strace = home.command("strace".as_ref());
    strace.args(["-f", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"]);
    strace.arg(crate::sandbox::executable_path("hooks")).args(["doctor", "--fix"]);
    let done = crate::sandbox::run_with_input(&mut strace, "");
    let told = "~/.claude/session-signals is on a file system without locks: what is to be removed from it stays";
    assert!(done.stderr.contains(told), "{done:?}");
    assert_eq!(files(&home), ["both.stop.json", "both.working.json"]);
}
