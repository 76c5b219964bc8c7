//! Compares what the calls take and give with the crate `libc`. The compiler does that, so it needs no Mac.

use core::mem::offset_of;

use libc::{proc_bsdinfo, proc_bsdshortinfo, vinfo_stat, vnode_info};

use super::process_info::{FullOffset, NAME_LEN, ShortOffset};
use super::{libproc, open_file, process_arguments, process_end, process_info, rename};

const _: () = {
    assert!(size_of::<proc_bsdinfo>() == process_info::FULL_LEN);
    assert!(offset_of!(proc_bsdinfo, pbi_status) == FullOffset::STATUS);
    assert!(offset_of!(proc_bsdinfo, pbi_ppid) == FullOffset::PARENT);
    assert!(offset_of!(proc_bsdinfo, pbi_uid) == FullOffset::USER);
    assert!(offset_of!(proc_bsdinfo, pbi_comm) == FullOffset::NAME);
    assert!(offset_of!(proc_bsdinfo, pbi_name) == FullOffset::NAME + NAME_LEN);
    assert!(offset_of!(proc_bsdinfo, e_tdev) == FullOffset::TERMINAL);
    assert!(offset_of!(proc_bsdinfo, pbi_start_tvsec) == FullOffset::START_SECONDS);
    assert!(offset_of!(proc_bsdinfo, pbi_start_tvusec) == FullOffset::START_MICROSECONDS);
    assert!(libc::PROC_PIDTBSDINFO == process_info::FULL);
};

const _: () = {
    assert!(size_of::<proc_bsdshortinfo>() == process_info::SHORT_LEN);
    assert!(offset_of!(proc_bsdshortinfo, pbsi_ppid) == ShortOffset::PARENT);
    assert!(offset_of!(proc_bsdshortinfo, pbsi_status) == ShortOffset::STATUS);
    assert!(offset_of!(proc_bsdshortinfo, pbsi_comm) == ShortOffset::NAME);
    assert!(offset_of!(proc_bsdshortinfo, pbsi_uid) == ShortOffset::USER);
    assert!(libc::PROC_PIDT_SHORTBSDINFO == process_info::SHORT);
    assert!(libc::SZOMB == process_info::ZOMBIE);
};

const _: () = {
    // `struct vnode_fdinfo` is a `struct proc_fileinfo` of 24 bytes, which the crate does not have, and a `struct vnode_info`.
    let file = open_file::DEVICE - offset_of!(vnode_info, vi_stat) - offset_of!(vinfo_stat, vst_dev);
    assert!(file == 24);
    assert!(file + size_of::<vnode_info>() == open_file::FILE_LEN);
    assert!(file + offset_of!(vinfo_stat, vst_ino) == open_file::INODE);
};

const _: () = {
    assert!(libc::CTL_KERN == process_arguments::KERNEL);
    assert!(libc::KERN_PROCARGS2 == process_arguments::ARGUMENTS);
};

const _: () = {
    assert!(size_of::<libc::kevent>() == size_of::<process_end::Event>());
    assert!(offset_of!(libc::kevent, filter) == offset_of!(process_end::Event, filter));
    assert!(offset_of!(libc::kevent, flags) == offset_of!(process_end::Event, flags));
    assert!(offset_of!(libc::kevent, fflags) == offset_of!(process_end::Event, filter_flags));
    assert!(libc::EVFILT_PROC == process_end::PROCESS);
    assert!(libc::EV_ADD == process_end::ADD);
    assert!(libc::NOTE_EXIT == process_end::EXIT);
    assert!(libc::F_SETFD == process_end::SET_FLAGS);
    assert!(libc::FD_CLOEXEC == process_end::CLOSE_ON_EXEC);
};

const _: () = {
    assert!(libc::RENAME_SWAP == rename::EXCHANGE);
    assert!(libc::RENAME_EXCL == rename::NEW);
};

#[test]
fn the_system_describes_this_process() {
    let pid = std::process::id();
    let info = super::ProcessInfo::read(pid).unwrap();
    assert_eq!(info.parent, std::os::unix::process::parent_id());
    assert!(info.start.is_some() && !info.is_zombie && !info.name().is_empty());
    assert!(libproc::process_ids().contains(&pid) && libproc::child_ids(info.parent).contains(&pid));
    let first = super::ProcessInfo::read(1).unwrap();
    assert_eq!((first.name(), first.user), (&b"launchd"[..], 0));
    assert!(super::read_process_arguments(pid).is_some_and(|bytes| bytes.len() > 4));
    let mut child = std::process::Command::new("/bin/cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
    let end = super::open_process_end(child.id());
    assert!(libproc::child_ids(pid).contains(&child.id()) && end.is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(super::ProcessInfo::read(child.id()).is_none());
}
