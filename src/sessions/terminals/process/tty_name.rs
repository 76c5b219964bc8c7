//! The paths of terminals.

/// Returns the path of the pseudo-terminal of macOS with this device number: the lower 24 bits are its number.
#[cfg(any(target_os = "macos", test))]
pub fn pseudo_terminal_path(device: u32) -> String {
    format!("/dev/ttys{:03}", device & 0x00ff_ffff)
}

/// Returns the path of a terminal that `ps` names. `??` is none.
pub fn parse_tty(name: &str) -> Option<String> {
    let is_device = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'/';
    (!name.is_empty() && name.bytes().all(is_device)).then(|| format!("/dev/{name}"))
}

#[cfg(test)]
mod tests {
    use super::{parse_tty, pseudo_terminal_path};

    #[test]
    fn a_terminal_of_macos_has_three_digits_or_more() {
        for (device, path) in
            [(0x1000_0000, "/dev/ttys000"), (0x1000_001f, "/dev/ttys031"), (0x1000_04d2, "/dev/ttys1234")]
        {
            assert_eq!(pseudo_terminal_path(device), path);
        }
    }

    #[test]
    fn a_terminal_that_ps_names_is_a_device() {
        for (name, path) in
            [("ttys003", Some("/dev/ttys003")), ("pts/3", Some("/dev/pts/3")), ("console", Some("/dev/console"))]
        {
            assert_eq!(parse_tty(name).as_deref(), path);
        }
        for none in ["", "??", "?", "-", "../etc", "tty s"] {
            assert_eq!(parse_tty(none), None, "{none:?}");
        }
    }
}
