//! Whether a program has a file open for writing: an editor that saves in place does so for a moment.

use std::path::Path;

/// Whether a program has a file open for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenWriter {
    /// No program has it open.
    Nobody,
    /// A program has it open.
    Somebody,
    /// The kernel cannot tell: the system is not Linux, the file system has no leases or is on another computer, or the file
    /// belongs to another user.
    Unknown,
}

/// Asks the kernel. It grants a read lease only if no program has the file open for writing.
#[must_use]
pub fn find_writer(path: &Path) -> OpenWriter {
    #[cfg(freestanding)]
    {
        ask_by_lease(path)
    }
    #[cfg(not(freestanding))]
    {
        let _ = path;
        OpenWriter::Unknown
    }
}

#[cfg(freestanding)]
fn ask_by_lease(path: &Path) -> OpenWriter {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::{Arc, OnceLock};

    /// File systems that other computers or programs serve, so that the kernel does not know who has a file open: NFS, SMB
    /// (three numbers), 9P, FUSE.
    const REMOTE_FILE_SYSTEMS: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546];
    // If a program opens the file while this process has the lease, the kernel sends SIGIO, which would end this process.
    static IGNORED: OnceLock<bool> = OnceLock::new();
    let ignored =
        IGNORED.get_or_init(|| signal_hook::flag::register(signal_hook::consts::SIGIO, Arc::default()).is_ok());
    #[expect(clippy::cast_possible_wrap, reason = "the flag has few bits")]
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let Ok(file) = std::fs::File::options().read(true).custom_flags(flags).open(path) else {
        return OpenWriter::Unknown;
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number has 32 bits on every architecture"
    )]
    let is_remote = rustix::fs::fstatfs(&file).is_ok_and(|stat| REMOTE_FILE_SYSTEMS.contains(&(stat.f_type as u32)));
    if is_remote || !ignored {
        return OpenWriter::Unknown;
    }
    match session_signals_protocol::system::has_no_writer(file.as_raw_fd()) {
        Ok(true) => OpenWriter::Nobody,
        Ok(false) => OpenWriter::Somebody,
        Err(_) => OpenWriter::Unknown,
    }
}
