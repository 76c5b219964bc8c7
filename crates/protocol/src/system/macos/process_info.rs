//! What macOS says about one process.

#[cfg(target_os = "macos")]
use core::ffi::c_int;

/// `PROC_PIDTBSDINFO` of `<sys/proc_info.h>`: all of a process, for its own user and for root.
#[cfg(target_os = "macos")]
pub(super) const FULL: c_int = 3;
/// The length of `struct proc_bsdinfo`. The system tells nothing if the buffer is shorter.
pub(super) const FULL_LEN: usize = 136;
/// `PROC_PIDT_SHORTBSDINFO`: less of a process, for everybody.
#[cfg(target_os = "macos")]
pub(super) const SHORT: c_int = 13;
/// The length of `struct proc_bsdshortinfo`.
pub(super) const SHORT_LEN: usize = 64;

/// Where the members of `struct proc_bsdinfo` begin.
pub(super) struct FullOffset;

impl FullOffset {
    pub(super) const STATUS: usize = 4;
    pub(super) const PARENT: usize = 16;
    pub(super) const USER: usize = 20;
    pub(super) const NAME: usize = 48;
    pub(super) const TERMINAL: usize = 108;
    pub(super) const START_SECONDS: usize = 120;
    pub(super) const START_MICROSECONDS: usize = 128;
}

/// Where the members of `struct proc_bsdshortinfo` begin.
pub(super) struct ShortOffset;

impl ShortOffset {
    pub(super) const PARENT: usize = 4;
    pub(super) const STATUS: usize = 12;
    pub(super) const NAME: usize = 16;
    pub(super) const USER: usize = 36;
}

/// The length of a name: `MAXCOMLEN`.
pub(super) const NAME_LEN: usize = 16;

/// `SZOMB` of `<sys/proc.h>`.
pub(super) const ZOMBIE: u32 = 5;

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The first bytes of the name of the executable, and then NUL bytes.
    name: [u8; NAME_LEN],
    /// The PID of the parent.
    pub parent: u32,
    /// The effective user.
    pub user: u32,
    /// Whether the process has ended, and its parent has not yet waited for it.
    pub is_zombie: bool,
    /// When the process started, in microseconds since 1970. A clock that is set later does not change this number. `None` for the
    /// process of another user.
    pub start: Option<u64>,
    /// The device number of the controlling terminal. `None` if there is none, and for the process of another user.
    pub terminal: Option<u32>,
}

impl ProcessInfo {
    /// Reads what the system says. `None` if there is no such process, or if the system does not tell.
    #[cfg(target_os = "macos")]
    #[must_use]
    pub fn read(pid: u32) -> Option<Self> {
        let (mut full, mut short) = ([0; FULL_LEN], [0; SHORT_LEN]);
        if super::libproc::read_process(pid, FULL, &mut full) {
            return Some(Self::from_full(&full));
        }
        super::libproc::read_process(pid, SHORT, &mut short).then(|| Self::from_short(&short))
    }

    /// Reads the bytes of a `struct proc_bsdinfo`.
    #[must_use]
    pub fn from_full(bytes: &[u8; FULL_LEN]) -> Self {
        let seconds = long_at(bytes, FullOffset::START_SECONDS);
        let terminal = word_at(bytes, FullOffset::TERMINAL);
        Self {
            name: name_at(bytes, FullOffset::NAME),
            parent: word_at(bytes, FullOffset::PARENT),
            user: word_at(bytes, FullOffset::USER),
            is_zombie: word_at(bytes, FullOffset::STATUS) == ZOMBIE,
            start: Some(seconds * 1_000_000 + long_at(bytes, FullOffset::START_MICROSECONDS)),
            // `NODEV` has all bits.
            terminal: Some(terminal).filter(|device| ![0, u32::MAX].contains(device)),
        }
    }

    /// Reads the bytes of a `struct proc_bsdshortinfo`.
    #[must_use]
    pub fn from_short(bytes: &[u8; SHORT_LEN]) -> Self {
        Self {
            name: name_at(bytes, ShortOffset::NAME),
            parent: word_at(bytes, ShortOffset::PARENT),
            user: word_at(bytes, ShortOffset::USER),
            is_zombie: word_at(bytes, ShortOffset::STATUS) == ZOMBIE,
            start: None,
            terminal: None,
        }
    }

    /// Returns the name of the executable, of at most 16 bytes.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.name.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

/// Returns `N` bytes. No offset of this module leads past the end.
pub(super) fn bytes_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    bytes.get(offset..offset + N).and_then(|part| part.try_into().ok()).unwrap_or([0; N])
}

pub(super) fn word_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_ne_bytes(bytes_at(bytes, offset))
}

pub(super) fn long_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_ne_bytes(bytes_at(bytes, offset))
}

fn name_at(bytes: &[u8], offset: usize) -> [u8; NAME_LEN] {
    bytes_at(bytes, offset)
}
