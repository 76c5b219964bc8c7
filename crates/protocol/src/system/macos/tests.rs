//! What the bytes of the system mean.

use super::{OpenFile, ProcessInfo};

/// The bytes of a `struct proc_bsdinfo`, member by member as `<sys/proc_info.h>` has them: a shell of user 501.
fn full(status: u32, terminal: u32) -> [u8; 136] {
    let mut bytes = Vec::new();
    // Flags, status, exit status, PID, parent, user, group, real and saved ids, reserved.
    for word in [16_388, status, 0, 4242, 4200, 501, 20, 501, 20, 501, 20, 0] {
        bytes.extend(u32::to_ne_bytes(word));
    }
    bytes.extend(b"zsh\0\0\0\0\0\0\0\0\0\0\0\0\0");
    bytes.extend(b"zsh\0left behind by a longer one\0");
    // Files, group, jobs, terminal, group of the terminal, nice.
    for word in [12, 4242, 1, terminal, 4242, 0] {
        bytes.extend(u32::to_ne_bytes(word));
    }
    bytes.extend(u64::to_ne_bytes(1_795_246_522));
    bytes.extend(u64::to_ne_bytes(937_001));
    bytes.try_into().unwrap()
}

#[test]
fn a_process_of_our_user_is_known_with_its_start_and_its_terminal() {
    let info = ProcessInfo::from_full(&full(2, 0x1000_0003));
    assert_eq!((info.name(), info.parent, info.user), (&b"zsh"[..], 4200, 501));
    assert_eq!(info.start, Some(1_795_246_522_937_001));
    assert_eq!((info.is_zombie, info.terminal), (false, Some(0x1000_0003)));
}

#[test]
fn a_process_without_a_terminal_and_one_that_has_ended_are_known() {
    for no_terminal in [0, u32::MAX] {
        let info = ProcessInfo::from_full(&full(5, no_terminal));
        assert_eq!((info.is_zombie, info.terminal), (true, None));
    }
}

#[test]
fn of_a_process_of_another_user_the_start_is_not_known() {
    let mut bytes = Vec::new();
    // PID, parent, group, status.
    for word in [4200, 4100, 4200, 2] {
        bytes.extend(u32::to_ne_bytes(word));
    }
    bytes.extend(b"a-name-of-16-byt");
    // Flags, user, group, real and saved ids, reserved.
    for word in [4, 0, 20, 501, 20, 0, 20, 0] {
        bytes.extend(u32::to_ne_bytes(word));
    }
    let info = ProcessInfo::from_short(&bytes.try_into().unwrap());
    assert_eq!((info.name(), info.parent, info.user), (&b"a-name-of-16-byt"[..], 4100, 0));
    assert_eq!((info.start, info.terminal, info.is_zombie), (None, None, false));
}

#[test]
fn an_open_file_is_its_device_and_its_inode() {
    let mut bytes = [0xff; 176];
    bytes[24..28].copy_from_slice(&0x0100_0004_u32.to_ne_bytes());
    bytes[32..40].copy_from_slice(&12_345_678_901_u64.to_ne_bytes());
    assert_eq!(OpenFile::from_bytes(&bytes), OpenFile { device: 0x0100_0004, inode: 12_345_678_901 });
}
