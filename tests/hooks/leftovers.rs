//! Temporary files that killed hooks left in the signal directory, and their recovery.

use session_signals_protocol::temporary_name::Leftover;

use crate::hooks::steps::open_store;
use crate::sandbox::{Sandbox, set_age};

/// Recovers a file with this name and content that was modified a minute ago. Returns what it was taken for.
fn recover(sandbox: &Sandbox, name: &str, content: &str) -> Leftover {
    let path = sandbox.signal_dir().join(name);
    fs_err::write(&path, content).unwrap();
    set_age(&path, 60);
    open_store(sandbox).recover_leftover(name.as_bytes()).unwrap()
}

/// The end of a name under which a hook wrote nothing: the file was moved there.
const MOVED: &str = "00000000000000aa.0000000000000000.0000000000000bbb";
/// The end of a name under which a hook wrote a file.
const WRITTEN: &str = "00000000000000aa.0000000000000ccc.0000000000000bbb";

/// Makes a sandbox with one signal of another session.
fn sandbox_with_other_session() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run_hook("other", "Stop", "").assert_success();
    sandbox
}

#[test]
fn a_signal_that_was_moved_comes_back_whatever_it_holds() {
    for content in ["{\"session_id\":\"s\"}\n", "{\n  \"by\": \"a script\"\n}\n", "version 9"] {
        for kind in ["working", "permission"] {
            let sandbox = sandbox_with_other_session();
            let name = format!(".s.{kind}.{MOVED}");
            assert_eq!(recover(&sandbox, &name, content), Leftover::Signal, "{kind} {content:?}");
            assert_eq!(fs_err::read_to_string(sandbox.signal_path("s", kind)).unwrap(), content, "{kind}");
            assert!(!sandbox.signal_dir().join(&name).exists(), "{kind} {content:?}");
        }
    }
}

#[test]
fn an_unreadable_list_keeps_its_temporary_name_if_there_is_a_signal() {
    let sandbox = sandbox_with_other_session();
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_success();
    let name = format!(".s.permission.{MOVED}");
    assert_eq!(recover(&sandbox, &name, "version 9"), Leftover::Signal);
    assert_eq!(fs_err::read_to_string(sandbox.signal_dir().join(&name)).unwrap(), "version 9");
    assert_eq!(sandbox.read_signal("s", "permission")["tool_name"], "Bash");
}

#[test]
fn a_half_written_file_is_removed() {
    let sandbox = sandbox_with_other_session();
    let name = format!(".s.working.{WRITTEN}");
    assert_eq!(recover(&sandbox, &name, "{\"session_id\":\"s\",\"half"), Leftover::Garbage);
    assert_eq!(sandbox.list_signal_dir(), ["other.stop.json"]);
}

#[test]
fn a_file_that_cannot_be_read_is_left() {
    let sandbox = sandbox_with_other_session();
    let name = format!(".s.working.{WRITTEN}");
    let file = sandbox.signal_dir().join(&name);
    // This is larger than any file that is read.
    fs_err::File::create(&file).unwrap().set_len(300 << 20).unwrap();
    set_age(&file, 60);
    assert_eq!(open_store(&sandbox).recover_leftover(name.as_bytes()), Ok(Leftover::Unreadable));
    assert_eq!(sandbox.list_signal_dir(), [&name, "other.stop.json"]);
}

#[test]
fn an_empty_list_is_recovered_without_a_change() {
    let sandbox = sandbox_with_other_session();
    sandbox.run_hook("s", "PermissionRequest", r#""tool_name":"Bash""#).assert_success();
    let name = format!(".s.permission.{MOVED}");
    assert_eq!(recover(&sandbox, &name, "{\"pending\":[]}\n"), Leftover::Signal);
    assert_eq!(sandbox.describe_all_signals()["s"], "permission(Bash)");
}
