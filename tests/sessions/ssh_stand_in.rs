//! A script in the place of ssh. It needs no sshd, and can do what a real one does only by chance.

use fs_err as fs;

use crate::sandbox::{Sandbox, executable_path, write_script};

/// Puts the script before ssh on the `PATH` of [`client_path`](super::ssh_machine::client_path). Its variable `command` holds what
/// ssh would run on the machine.
pub fn write_ssh(client: &Sandbox, script: &str) {
    let bin = client.home().join("bin");
    fs::create_dir_all(&bin).unwrap();
    write_script(&bin.join("ssh"), &format!("for command; do :; done\n{script}"));
}

/// Returns the line of a script that runs the command on this machine.
pub fn run_there(machine: &Sandbox) -> String {
    let programs = executable_path("sessions");
    let (home, programs) = (machine.home().display(), programs.parent().unwrap().display());
    format!("HOME={home} PATH={programs}:$PATH sh -c \"$command\"")
}
