//! The drives of Windows, in WSL: the Linux that runs on Windows.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The name of the kernel. That of WSL has the word microsoft in it.
const KERNEL: &str = "/proc/sys/kernel/osrelease";

/// What is mounted where.
const MOUNTS: &str = "/proc/self/mountinfo";

/// The file systems through which WSL shows the drives of Windows.
const DRIVE_TYPES: [&[u8]; 3] = [b"drvfs", b"9p", b"virtiofs"];

/// The drives of Windows that this Linux sees: where they are mounted. There are none if it does not run on Windows.
///
/// Claude Code of Windows can use what lies on such a drive, too, but it cannot start the hooks: they are programs of Linux.
#[derive(Default)]
pub struct WindowsDrives(Vec<PathBuf>);

impl WindowsDrives {
    /// Looks at what is mounted.
    #[must_use]
    pub fn read() -> Self {
        let kernel = std::fs::read_to_string(KERNEL).unwrap_or_default();
        if !kernel.to_ascii_lowercase().contains("microsoft") {
            return Self::default();
        }
        Self::parse(&std::fs::read(MOUNTS).unwrap_or_default())
    }

    /// Parses the table of mounts: see `proc_pid_mountinfo`(5).
    fn parse(mounts: &[u8]) -> Self {
        let drive = |line: &[u8]| {
            let mut fields = line.split(|byte| *byte == b' ');
            let place = PathBuf::from(OsStr::from_bytes(&unescape(fields.nth(4)?)));
            let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
            let (kind, source) = (fields.next()?, fields.next()?);
            // The source of a drive is `C:\` or `C:`.
            let is_letter = source.len() <= b"C:\\134".len()
                && source.first().is_some_and(u8::is_ascii_alphabetic)
                && source.get(1) == Some(&b':');
            (is_letter || DRIVE_TYPES.contains(&kind)).then_some(place)
        };
        Self(mounts.split(|byte| *byte == b'\n').filter_map(drive).collect())
    }

    /// Returns whether a file or directory lies on a drive of Windows, after all symbolic links. If it does not exist, the nearest
    /// parent that exists counts.
    #[must_use]
    pub fn hold(&self, path: &Path) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let Some(real) = path.ancestors().find_map(|path| path.canonicalize().ok()) else { return false };
        self.0.iter().any(|drive| real.starts_with(drive))
    }
}

/// Replaces `\` and three octal digits by the byte that they mean.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *byte == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(escaped) = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(escaped);
            rest = &after[3..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mounts_of_wsl_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["mnt/my c/below", "mnt/d", "mnt/e", "lib"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        let root_text = root.display();
        let mounts = format!(
            "1 0 8:0 / / rw,relatime - ext4 /dev/sdc rw\n\
             2 1 0:1 / {root_text}/mnt/my\\040c rw,noatime shared:1 master:2 - 9p C:\\134 rw,aname=drvfs;path=C:\\134;uid=1000\n\
             4 1 0:3 / {root_text}/mnt/d rw - drvfs D: rw\n\
             5 1 0:4 / {root_text}/mnt/e rw - fuse.sshfs computer:/home rw\n"
        );
        let drives = WindowsDrives::parse(mounts.as_bytes());
        for (path, expected) in [
            ("mnt/my c", true),
            ("mnt/my c/not/there", true),
            ("mnt/my c/below", true),
            ("mnt/d/x", true),
            ("mnt/e", false),
            ("lib", false),
            ("mnt", false),
        ] {
            assert_eq!(drives.hold(&root.join(path)), expected, "{path}");
        }
        assert!(!WindowsDrives::default().hold(&root.join("mnt/d")));
    }
}
