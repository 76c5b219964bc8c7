//! Where a PID of the registry is valid.

use crate::recorded_start::RecordedStart;

/// The space of PIDs of a Mac, which has one alone. The signals of a Mac have the same number in `claude_host`.
const OF_A_MAC: &str = "0";

/// The pid namespace of a CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PidDomain<'a> {
    /// The machine, as its `/etc/machine-id` names it. Empty if the entry does not name it.
    pub machine: &'a str,
    /// The inode of the namespace. Empty if the entry does not name it.
    pub namespace: &'a str,
}

impl<'a> PidDomain<'a> {
    /// Reads the member `pidDomain`: `linux:<machine>:pid:[<inode>]`, or on a Mac `darwin`.
    ///
    /// An old CLI does not write it. Then `start` may tell that the CLI runs on another system than this one.
    pub fn parse(member: Option<&'a str>, start: Option<RecordedStart>) -> Option<Self> {
        let of_a_mac = Self { machine: "", namespace: OF_A_MAC };
        match (member, start) {
            (Some("darwin"), _) => Some(of_a_mac),
            (Some(member), _) => {
                let (system, inode) = member.rsplit_once(":pid:[")?;
                let machine = system.split_once(':').map_or("", |(_, machine)| machine);
                Some(Self { machine, namespace: inode.strip_suffix(']')? })
            }
            (None, Some(start)) if start.is_of_this_system() => None,
            (None, Some(RecordedStart::Seconds(_))) => Some(of_a_mac),
            (None, Some(RecordedStart::Ticks(_))) => Some(Self { machine: "", namespace: "" }),
            (None, None) => None,
        }
    }
}
