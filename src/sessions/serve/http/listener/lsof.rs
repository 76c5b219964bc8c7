//! What lsof prints.

/// Returns the first process that `lsof -Fp` prints: a line of `p` and the PID. The other lines are its descriptors.
pub fn parse_lsof(text: &str) -> Option<u32> {
    text.lines().find_map(|line| line.strip_prefix('p')?.parse().ok())
}

#[cfg(test)]
mod tests {
    #[test]
    fn lsof_tells_the_process() {
        assert_eq!(super::parse_lsof("p4242\nf7\nf8\np4300\nf7\n"), Some(4242));
        for none in ["", "f7\n", "p\n", "pid\n", "lsof: unsupported TCP state\n"] {
            assert_eq!(super::parse_lsof(none), None, "{none:?}");
        }
    }
}
