//! A network of its own, with one switch.

use std::process::{Child, Command, Stdio};

use super::namespaces::{enter, wait_until_ready};

/// A network that no other process of this machine sees. Machines are plugged into its switch.
pub struct Network {
    switch: Child,
}

impl Network {
    pub fn new() -> Self {
        let mut unshare = Command::new("unshare");
        unshare.args(["--net", "--fork", "--kill-child", "sh", "-ec"]);
        unshare.arg("ip link add switch type bridge; ip link set switch up; echo ready; exec sleep 100000");
        let mut switch = unshare.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        wait_until_ready(&mut switch);
        Self { switch }
    }

    /// Plugs the network card of a machine into the switch. The machine is named by the process that holds its namespaces.
    pub fn plug_in(&self, cable: &str, holder: u32) {
        let card = format!("link add {cable} type veth peer name eth0 netns {holder}");
        for arguments in [&*card, &format!("link set {cable} master switch"), &format!("link set {cable} up")] {
            self.ip(arguments);
        }
    }

    /// Cuts a cable, or mends it.
    pub fn set_cable(&self, cable: &str, is_whole: bool) {
        self.ip(&format!("link set {cable} {}", if is_whole { "up" } else { "down" }));
    }

    fn ip(&self, arguments: &str) {
        let mut ip = enter(self.switch.id(), &["--net"]);
        assert!(ip.arg("ip").args(arguments.split(' ')).status().unwrap().success(), "ip {arguments}");
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.switch.kill();
        let _ = self.switch.wait();
    }
}
