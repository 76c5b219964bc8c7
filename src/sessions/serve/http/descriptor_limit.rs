//! How many connections the limit on open files allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Returns how many connections can be open at once: `most`, or fewer if the process may not open enough files. Raises the
/// soft limit on open files if that is needed. Half of the files are left for everything else.
pub fn connection_limit(most: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = most as u64 * 2;
    let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
    let files = match current {
        Some(current) if current < raised => {
            let is_raised = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok();
            if is_raised { raised } else { current }
        }
        Some(current) => current,
        None => needed,
    };
    most.min(usize::try_from(files / 2).unwrap_or(most))
}
