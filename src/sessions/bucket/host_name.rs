//! The name of a machine in the bucket.

use std::fmt;
use std::str::FromStr;

/// The most characters of a name.
const MAX_LEN: usize = 64;

/// The name of a machine in the bucket: letters, digits, `-` and `_`, at most 64 of them. So it is one word of a key, and no other
/// machine's keys match it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Returns the name of this machine: the first part of its network name. Other characters become `-`.
    ///
    /// # Errors
    /// A sentence, if the machine has no name of its own.
    #[cfg(feature = "nats")]
    pub fn of_this_machine() -> Result<Self, String> {
        Self::from_network_name(&rustix::system::uname().nodename().to_string_lossy())
    }

    #[cfg(any(test, feature = "nats"))]
    fn from_network_name(name: &str) -> Result<Self, String> {
        let first = name.split('.').next().unwrap_or_default();
        let valid: String = first.chars().take(MAX_LEN).map(|c| if is_allowed(c) { c } else { '-' }).collect();
        if !valid.contains(|c: char| c.is_ascii_alphanumeric()) || valid == "localhost" {
            return Err(format!("this machine has no name of its own (it is {name:?}): give it one with --host"));
        }
        Ok(Self(valid))
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > MAX_LEN || !text.chars().all(is_allowed) {
            return Err(format!("the name of a host has letters, digits, - and _, and 1 to {MAX_LEN} of them"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_of_a_key() {
        for name in ["box", "a-b_C9", &"x".repeat(64)] {
            assert_eq!(HostName::from_str(name).unwrap().to_string(), *name);
        }
        for name in ["", "a.b", "a b", "*", ">", "a>", "ä", "a/b", "a\n", &"x".repeat(65)] {
            assert!(HostName::from_str(name).unwrap_err().contains("letters"), "{name}");
        }
    }

    #[test]
    fn the_network_name_is_made_valid_or_refused() {
        let made = |name: &str| HostName::from_network_name(name).map(|name| name.0);
        assert_eq!(made("box.example.org").as_deref(), Ok("box"));
        assert_eq!(made("my box").as_deref(), Ok("my-box"));
        assert_eq!(made("büro").as_deref(), Ok("b-ro"));
        let long = "x".repeat(70);
        assert_eq!(made(&long).unwrap().len(), 64);
        for name in ["", "localhost", "localhost.localdomain", "--", "."] {
            assert!(made(name).unwrap_err().ends_with("give it one with --host"), "{name}");
        }
    }
}
