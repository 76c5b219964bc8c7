//! What a process costs, as `/proc` tells it.

/// Returns the resident memory of a process now, and the highest so far, in KiB.
pub fn memory_of(pid: u32) -> (u64, u64) {
    let status = fs_err::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    (line("VmRSS:").unwrap_or_default(), line("VmHWM:").unwrap_or_default())
}

/// Returns the processor time of a process so far, in seconds.
pub fn processor_time_of(pid: u32) -> f64 {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<_> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}
