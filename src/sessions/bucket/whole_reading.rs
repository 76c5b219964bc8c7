//! When all that the bucket had at the beginning of a reading has come.

use std::collections::HashSet;

/// Counts the entries that have come.
///
/// The server says with each entry how many are left. That number may stay too high for ever, because an entry may be replaced before it is
/// sent, and the server then counts both. So the keys are counted, too: each key of the beginning comes, with its old entry or a newer one.
pub struct WholeReading {
    /// How many keys the bucket had at the beginning; 0 when all have come.
    wanted: usize,
    seen: HashSet<String>,
}

impl WholeReading {
    /// Begins to count. The server has said how many entries there are.
    pub fn new(entries: u64) -> Self {
        Self { wanted: usize::try_from(entries).unwrap_or(usize::MAX), seen: HashSet::new() }
    }

    /// Counts an entry of this subject. The server says that this number of entries is left.
    pub fn count(&mut self, subject: &str, left: u64) {
        if self.missing() == 0 {
            return;
        }
        self.seen.insert(subject.to_owned());
        if left == 0 || self.missing() == 0 {
            // The keys are not needed any more.
            *self = Self::new(0);
        }
    }

    /// Returns how many keys are missing; 0 if all have come.
    pub fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.seen.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_the_server_has_nothing_left() {
        assert_eq!(WholeReading::new(0).missing(), 0);
        let mut reading = WholeReading::new(3);
        reading.count("a", 1);
        assert_eq!(reading.missing(), 2);
        // One of the three is gone, because it was too old.
        reading.count("b", 0);
        assert_eq!(reading.missing(), 0);
    }

    #[test]
    fn it_ends_when_all_keys_have_come_although_the_server_counts_more() {
        let mut reading = WholeReading::new(2);
        reading.count("a", 2);
        reading.count("a", 2);
        assert_eq!(reading.missing(), 1);
        reading.count("b", 1);
        assert_eq!(reading.missing(), 0);
    }
}
