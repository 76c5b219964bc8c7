//! Whether a process of another pid namespace lives.

use crate::pid_namespaces::{NamespacedProcess, PidNamespaces};
use crate::process_state::ProcessState::{self, Alive, Dead, Unknown};

/// Two processes of the namespace `ours`, a process of it that has another clock, and a process of another user, whose namespace
/// is not known.
fn seen_processes(sees_all: bool) -> PidNamespaces {
    let process = |namespace: &str, pid, start| NamespacedProcess {
        namespace: Some(namespace.to_owned()),
        pid,
        start: Some(start),
    };
    let hidden = NamespacedProcess { namespace: None, pid: 9, start: Some(900) };
    let other_clock = NamespacedProcess { namespace: Some("ours".to_owned()), pid: 7, start: None };
    PidNamespaces { processes: vec![process("ours", 1, 100), process("ours", 2, 200), hidden, other_clock], sees_all }
}

#[test]
fn tells_what_is_known_of_a_process_in_another_namespace() {
    /// The situation; the namespace, the PID and the start; what is known if the name of the machine is ours; what is known if the
    /// name is another one, as in a container that has its own name.
    type Row = (&'static str, &'static str, u32, Option<u64>, ProcessState, ProcessState);
    #[rustfmt::skip]
    let rows: [Row; 9] = [
        ("the process lives", "ours", 2, Some(200), Alive, Alive),
        ("another process has the PID now", "ours", 2, Some(201), Dead, Dead),
        ("the process is gone, and another one of the namespace lives", "ours", 3, Some(300), Dead, Dead),
        ("the start is not given", "ours", 2, None, Unknown, Unknown),
        ("the start is not given, and no process has the PID", "ours", 3, None, Dead, Dead),
        ("the process has another clock", "ours", 7, Some(700), Unknown, Unknown),
        ("it may be the process of another user", "gone", 9, Some(900), Unknown, Unknown),
        ("it is not the process of another user", "gone", 9, Some(901), Dead, Unknown),
        ("no process of the namespace lives", "gone", 1, Some(100), Dead, Unknown),
    ];
    for (situation, namespace, pid, start, known, unknown) in rows {
        assert_eq!(seen_processes(true).process_state(namespace, pid, start, true), known, "{situation}");
        assert_eq!(
            seen_processes(true).process_state(namespace, pid, start, false),
            unknown,
            "{situation}, another machine's name"
        );
        // If not all processes are seen, only living processes are known.
        assert_eq!(
            seen_processes(false).process_state(namespace, pid, start, true),
            unknown,
            "{situation}, not all processes are seen"
        );
    }
}
