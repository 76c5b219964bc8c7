//! What lies in the signal directory under a name that begins with a dot, and what becomes of it.

use std::os::unix::ffi::OsStrExt as _;
use std::time::{Duration, SystemTime};

use session_signals_protocol::store::{LOCK_TIMEOUT_MS, SignalStore};
use session_signals_protocol::temporary_name::Leftover;
use session_signals_protocol::text::Text;

use crate::sandbox::Sandbox;

/// A file with such a name, `own` and `expected` being the times in it, that was modified a minute ago. What it was taken for.
fn recovered(sandbox: &Sandbox, name: &str, content: &str) -> Leftover {
    let path = sandbox.signal_dir().join(name);
    fs_err::write(&path, content).unwrap();
    let file = fs_err::File::options().write(true).open(&path).unwrap();
    file.file().set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    let spool = Text::concat(&[sandbox.signal_dir().as_os_str().as_bytes()]);
    let spool = SignalStore::open_at(&spool, 1, false, LOCK_TIMEOUT_MS).unwrap().unwrap();
    spool.recover_leftover(name.as_bytes()).unwrap()
}

/// No hook gave it to a file that it wrote, or meant to replace.
const MOVED: &str = "00000000000000aa.0000000000000000.0000000000000bbb";
/// A hook wrote a file by this name.
const WRITTEN: &str = "00000000000000aa.0000000000000ccc.0000000000000bbb";

fn other() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run_hook("other", "Stop", "").assert_success();
    sandbox
}

#[test]
fn what_was_moved_aside_comes_back_whatever_it_holds() {
    for content in ["{\"session_id\":\"s\"}\n", "{\n  \"by\": \"a script\"\n}\n", "version 9"] {
        for kind in ["working", "permission"] {
            let sandbox = other();
            let name = format!(".s.{kind}.{MOVED}");
            assert_eq!(recovered(&sandbox, &name, content), Leftover::Signal, "{kind} {content:?}");
            assert_eq!(fs_err::read_to_string(sandbox.signal_path("s", kind)).unwrap(), content, "{kind}");
            assert!(!sandbox.signal_dir().join(&name).exists(), "{kind} {content:?}");
        }
    }
}

#[test]
fn what_nobody_can_read_stays_aside_where_a_signal_stands() {
    let sandbox = other();
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_success();
    let name = format!(".s.permission.{MOVED}");
    assert_eq!(recovered(&sandbox, &name, "version 9"), Leftover::Signal);
    assert_eq!(fs_err::read_to_string(sandbox.signal_dir().join(&name)).unwrap(), "version 9");
    assert_eq!(sandbox.read_signal("s", "permission")["tool_name"], "Bash");
}

#[test]
fn what_a_hook_wrote_in_part_is_removed() {
    let sandbox = other();
    let name = format!(".s.working.{WRITTEN}");
    assert_eq!(recovered(&sandbox, &name, "{\"session_id\":\"s\",\"half"), Leftover::Garbage);
    assert_eq!(sandbox.list_signal_dir(), ["other.stop.json"]);
}

#[test]
fn what_cannot_be_read_now_is_left() {
    let sandbox = other();
    let name = format!(".s.working.{WRITTEN}");
    fs_err::write(sandbox.signal_dir().join(&name), "").unwrap();
    // More than is ever read.
    let file = fs_err::File::options().write(true).open(sandbox.signal_dir().join(&name)).unwrap();
    file.set_len(300 << 20).unwrap();
    file.file().set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    let spool = Text::concat(&[sandbox.signal_dir().as_os_str().as_bytes()]);
    let spool = SignalStore::open_at(&spool, 1, false, LOCK_TIMEOUT_MS).unwrap().unwrap();
    assert_eq!(spool.recover_leftover(name.as_bytes()), Ok(Leftover::Unreadable));
    assert_eq!(sandbox.list_signal_dir(), [&name, "other.stop.json"]);
}

#[test]
fn a_list_without_calls_is_no_loss() {
    let sandbox = other();
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_success();
    let name = format!(".s.permission.{MOVED}");
    assert_eq!(recovered(&sandbox, &name, "{\"pending\":[]}\n"), Leftover::Signal);
    assert_eq!(sandbox.describe_all_signals()["s"], "permission(Bash)");
}
