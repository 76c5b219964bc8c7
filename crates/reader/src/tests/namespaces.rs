//! Processes of other pid namespaces: who lives, who does not, and of whom nobody knows.

use crate::pid_namespaces::{NamespacedProcess, PidNamespaces};
use crate::process_state::ProcessState::{self, Alive, Dead, Unknown};

/// A process in the namespace `ours`, which has three here; one of another user, who does not say where it is; and one
/// whose clock is another one.
fn here(sees_all: bool) -> PidNamespaces {
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
fn a_process_of_a_namespace_lives_is_dead_or_is_not_to_be_known() {
    /// The situation; namespace, PID and start; what is known where the name of the machine is ours, and where it is another one,
    /// as it is in a container that has its own.
    type Row = (&'static str, &'static str, u32, Option<u64>, ProcessState, ProcessState);
    #[rustfmt::skip]
    let rows: [Row; 9] = [
        ("it lives", "ours", 2, Some(200), Alive, Alive),
        ("its PID is another process's by now", "ours", 2, Some(201), Dead, Dead),
        ("it is gone, and another one lives there", "ours", 3, Some(300), Dead, Dead),
        ("nobody knows when it started", "ours", 2, None, Unknown, Unknown),
        ("it has no start, and is gone", "ours", 3, None, Dead, Dead),
        ("its clock is another one", "ours", 7, Some(700), Unknown, Unknown),
        ("it may be another user's", "gone", 9, Some(900), Unknown, Unknown),
        ("it is not that one of another user's", "gone", 9, Some(901), Dead, Unknown),
        ("nothing lives there", "gone", 1, Some(100), Dead, Unknown),
    ];
    for (situation, namespace, pid, start, known, unknown) in rows {
        assert_eq!(here(true).process_state(namespace, pid, start, true), known, "{situation}");
        assert_eq!(
            here(true).process_state(namespace, pid, start, false),
            unknown,
            "{situation}, another machine's name"
        );
        // Who does not see all sees no more than what lives.
        assert_eq!(here(false).process_state(namespace, pid, start, true), unknown, "{situation}, not all is seen");
    }
}
