//! Three machines that publish to a cluster of three servers.

use std::time::Duration;

use super::machine::Machine;
use super::nats_site::NatsSite;
use super::network::Network;
use super::one_server::{publish, send_events};
use super::view::wait_until_agreed;

const URLS: &str = "tls://node1.example.org,tls://node2.example.org,tls://node3.example.org";

#[test]
#[ignore = "needs nats-server, openssl, apache2-utils, libfaketime, iproute2 and root"]
fn the_reader_is_right_after_each_fault_of_a_cluster() {
    let site = NatsSite::create(&["box1", "box2", "box3", "reader"]);
    let network = Network::new();
    let start = |name, number| Machine::start(&network, name, number, &site.authority());
    let nodes = [start("node1", 1), start("node2", 2), start("node3", 3)];
    let reader = start("reader", 20);
    let mut machines = [start("box1", 11), start("box2", 12), start("box3", 13)];
    let credentials = site.credentials("reader").display().to_string();
    let from = ["--from", URLS, "--credentials", &*credentials];

    let start_all = || -> Vec<_> { nodes.iter().map(|node| Some(site.start_server(node, "cluster.conf"))).collect() };
    let mut servers = start_all();
    for (number, machine) in machines.iter_mut().enumerate() {
        send_events(machine, "first", 0, 1 + number);
        send_events(machine, "second", 0, 4);
    }
    let _publishers: Vec<_> = machines.iter().map(|machine| publish(&site, machine, URLS, "full")).collect();
    wait_until_agreed("the start", &reader, &from, &machines);

    // Each server is killed in turn, so the leader, too. Two of three go on.
    for at in 0..nodes.len() {
        servers[at].take().unwrap().end("-KILL");
        for machine in &mut machines {
            send_events(machine, "first", at + 1, at + 3);
        }
        wait_until_agreed(&format!("{} killed", nodes[at].name), &reader, &from, &machines);
        servers[at] = Some(site.start_server(&nodes[at], "cluster.conf"));
        // The next one is killed only when this one has a copy again.
        std::thread::sleep(Duration::from_secs(5));
    }

    // Each server in turn is cut off from the other two, and from everybody.
    for node in &nodes {
        node.cut_cable();
        for machine in &mut machines {
            send_events(machine, "third", 0, 3);
        }
        wait_until_agreed(&format!("{} cut off", node.name), &reader, &from, &machines);
        node.mend_cable();
        for machine in &mut machines {
            send_events(machine, "third", 3, 5);
        }
        wait_until_agreed(&format!("{} connected again", node.name), &reader, &from, &machines);
        std::thread::sleep(Duration::from_secs(5));
    }

    // All servers end at once.
    for server in &mut servers {
        server.take().unwrap().end("-TERM");
    }
    for machine in &mut machines {
        send_events(machine, "second", 4, 6);
    }
    servers = start_all();
    wait_until_agreed("all servers restarted", &reader, &from, &machines);
    drop(servers);
}
