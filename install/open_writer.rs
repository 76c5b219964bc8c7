//! Whether somebody has a file open for writing: an editor that saves in place, between opening and closing it.

use std::path::Path;

/// Who does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenWriter {
    /// Nobody.
    Nobody,
    /// Some process.
    Somebody,
    /// Not to be known: another system, a file system without leases, one of other computers, another user's file.
    Unknown,
}

/// Looks: the kernel gives a lease for reading only where nobody has the file open for writing.
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

    /// Of these no kernel knows who else has a file open: NFS, SMB (three of them), 9P, FUSE.
    const OF_OTHERS: [u32; 6] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x6573_5546];
    // Who opens the file while we hold the lease makes the kernel send SIGIO, which would end us.
    static IGNORED: OnceLock<bool> = OnceLock::new();
    let ignored =
        IGNORED.get_or_init(|| signal_hook::flag::register(signal_hook::consts::SIGIO, Arc::default()).is_ok());
    #[expect(clippy::cast_possible_wrap, reason = "a few bits")]
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let Ok(file) = std::fs::File::options().read(true).custom_flags(flags).open(path) else {
        return OpenWriter::Unknown;
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32 bits, whatever the type")]
    let is_of_others = rustix::fs::fstatfs(&file).is_ok_and(|system| OF_OTHERS.contains(&(system.f_type as u32)));
    if is_of_others || !ignored {
        return OpenWriter::Unknown;
    }
    match session_signals_protocol::system::has_no_writer(file.as_raw_fd()) {
        Ok(true) => OpenWriter::Nobody,
        Ok(false) => OpenWriter::Somebody,
        Err(_) => OpenWriter::Unknown,
    }
}
