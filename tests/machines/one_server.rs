//! Three machines that publish to one server.

use std::time::{Duration, Instant};

use super::machine::Machine;
use super::nats_site::NatsSite;
use super::network::Network;
use super::program::Program;
use super::view::{View, own_views, served_view, states_of, view_of, wait_until_agreed};
use crate::hooks::steps::BASH;
use crate::serve::node_process::NodeProcess;
use crate::serve::server::becomes_true;
use session_signals_testing::node::{node, packages};

/// The seconds between two beats. A machine is unreachable after three of them.
const BEAT: &str = "1";
const LEASE: Duration = Duration::from_secs(3);

const URL: &str = "tls://nats.example.org";

/// The events of a life, in the order in which they are sent. Each machine has its own part of them.
pub const EVENTS: [(&str, &str); 6] = [
    ("UserPromptSubmit", r#""prompt":"marked-prompt-7","cwd":"/srv/parser""#),
    ("PermissionRequest", BASH),
    ("PostToolUse", BASH),
    ("Stop", r#""last_assistant_message":"marked-answer-7""#),
    ("UserPromptSubmit", r#""prompt":"another""#),
    ("PermissionRequest", BASH),
];

/// Starts the server that publishes the sessions of a machine.
pub fn publish(site: &NatsSite, machine: &Machine, url: &str, text: &str) -> Program {
    let credentials = site.credentials(machine.name).display().to_string();
    machine.serve(&[
        "--publish",
        url,
        "--host",
        machine.name,
        "--credentials",
        &credentials,
        "--beat",
        BEAT,
        "--publish-text",
        text,
    ])
}

/// Sends some events to a session of a machine.
pub fn send_events(machine: &mut Machine, session: &str, from: usize, to: usize) {
    for at in from..to {
        let (event, members) = EVENTS[at % EVENTS.len()];
        machine.run_hook(session, event, members);
    }
}

#[test]
#[ignore = "needs nats-server, openssl, apache2-utils, libfaketime, iproute2, curl, node, packages from npm and root"]
fn the_reader_is_right_after_each_fault_of_the_network_and_of_the_programs() {
    let site = NatsSite::create(&["box1", "box2", "box3", "reader"]);
    let network = Network::new();
    let start = |name, number| Machine::start(&network, name, number, &site.authority());
    let hub = start("hub", 1);
    let reader = start("reader", 20);
    let mut machines = [start("box1", 11), start("box2", 12), start("box3", 13)];
    let credentials = site.credentials("reader").display().to_string();
    let from = ["--from", URL, "--credentials", &*credentials];

    let mut server = site.start_server(&hub, "nats-server.conf");
    for (number, machine) in machines.iter_mut().enumerate() {
        send_events(machine, "first", 0, 1 + number);
        send_events(machine, "second", 0, 4);
        // Two machines may have the same session: a home that was copied.
        send_events(machine, "shared", 0, 2 + number);
    }
    let [one, two, three] = &machines;
    let mut publishers = [one, two, three].map(|machine| Some(publish(&site, machine, URL, "full")));
    wait_until_agreed("the start", &reader, &from, &machines);
    let page = reader.serve(&from);
    let mut client = follow_served(&reader);

    // The cable of a machine is cut for 12 s, and 17 events happen there meanwhile.
    machines[1].cut_cable();
    let cut = Instant::now();
    for at in 0..17 {
        send_events(&mut machines[1], ["first", "second", "third"][at % 3], at / 3, at / 3 + 1);
        std::thread::sleep(Duration::from_millis(500));
        let elapsed = cut.elapsed();
        let states = states_of(&reader, &from, "box2");
        if elapsed > LEASE + Duration::from_secs(1) {
            assert!(states.iter().all(|state| state == "unreachable"), "{elapsed:?}: {states:?}");
        }
    }
    std::thread::sleep(Duration::from_secs(12).saturating_sub(cut.elapsed()));
    machines[1].mend_cable();
    wait_until_agreed("a cut cable", &reader, &from, &machines);

    // A publisher is killed, and events happen before the next one.
    publishers[0].take().unwrap().end("-KILL");
    send_events(&mut machines[0], "first", 2, 5);
    machines[0].kill_cli("second");
    assert!(becomes_true(|| states_of(&reader, &from, "box1").iter().all(|state| state == "unreachable")));
    publishers[0] = Some(publish(&site, &machines[0], URL, "full"));
    wait_until_agreed("a killed publisher", &reader, &from, &machines);

    // The server ends, and is killed.
    for signal in ["-TERM", "-KILL"] {
        server.end(signal);
        send_events(&mut machines[2], "first", 3, 6);
        send_events(&mut machines[0], "third", 0, 2);
        std::thread::sleep(Duration::from_secs(2));
        server = site.start_server(&hub, "nats-server.conf");
        wait_until_agreed(&format!("a server that got {signal}"), &reader, &from, &machines);
    }

    // What the server answers to a machine is lost: only the way to the machine is closed.
    let route = |verb: &str| {
        let mut ip = hub.command("ip");
        assert!(ip.args(["route", verb, "blackhole", "10.77.0.13/32"]).status().unwrap().success());
    };
    route("add");
    send_events(&mut machines[2], "second", 4, 6);
    std::thread::sleep(Duration::from_secs(6));
    route("del");
    send_events(&mut machines[2], "second", 0, 1);
    wait_until_agreed("lost acknowledgements", &reader, &from, &machines);

    // The reader is cut off, and the server that serves its page, too.
    reader.cut_cable();
    send_events(&mut machines[0], "third", 2, 4);
    std::thread::sleep(Duration::from_secs(6));
    reader.mend_cable();
    wait_until_agreed("a reader that was cut off", &reader, &from, &machines);
    let mut shown = View::new();
    let agrees = becomes_true(|| {
        shown = served_view(&reader);
        shown == own_views(&machines)
    });
    assert!(agrees, "{shown:#?}");
    let mut known = client.send_order("done");
    let sessions = known["sessions"].take().as_array().unwrap().clone();
    assert_eq!(view_of(sessions, None), shown);
    for wrong in ["doubled", "unexpected", "refused"] {
        assert_eq!(known[wrong], 0, "{known}");
    }
    drop(page);
}

/// Starts the official client of the stream on the machine of the reader.
fn follow_served(reader: &Machine) -> NodeProcess {
    let folder = packages("durable-streams", &["@durable-streams/client@0.2.7", "@durable-streams/state@0.3.1"], &[]);
    let script = node(&folder, "client.mjs");
    let mut command = reader.command("node");
    command.args(script.get_args()).args(["http://127.0.0.1:4450/sessions", "sse"]);
    NodeProcess::start(command)
}

#[test]
#[ignore = "needs nats-server, openssl, apache2-utils, libfaketime, iproute2 and root"]
fn wrong_clocks_change_nothing() {
    let site = NatsSite::create(&["box1", "box2", "box3", "reader"]);
    let network = Network::new();
    let start = |name, number| Machine::start(&network, name, number, &site.authority());
    let (hub, mut reader) = (start("hub", 1), start("reader", 20));
    let mut machines = [start("box1", 11), start("box2", 12), start("box3", 13)];
    machines[0].set_clock("+1h");
    machines[1].set_clock("-1h");
    let credentials = site.credentials("reader").display().to_string();
    let from = ["--from", URL, "--credentials", &*credentials];
    let _server = site.start_server(&hub, "nats-server.conf");
    for machine in &mut machines {
        send_events(machine, "first", 0, 3);
    }
    let mut publishers: Vec<_> = machines.iter().map(|machine| publish(&site, machine, URL, "full")).collect();
    for shift in ["-2h", "+2h"] {
        reader.set_clock(shift);
        wait_until_known("clocks that differ", &reader, &from, &machines);
        // A beat counts by the clock of the server alone: nobody becomes unreachable, and who is gone does.
        std::thread::sleep(LEASE + Duration::from_secs(2));
        wait_until_known("clocks that differ, after the lease", &reader, &from, &machines);
    }
    for publisher in publishers.drain(..) {
        publisher.end("-KILL");
    }
    for machine in &machines {
        assert!(becomes_true(|| states_of(&reader, &from, machine.name) == ["unreachable"]));
    }
}

/// Waits until the reader lists the same states as the machines.
fn wait_until_known(what: &str, reader: &Machine, options: &[&str], machines: &[Machine]) {
    for machine in machines {
        let own = machine.read_sessions(&["--all"]).0;
        let own: Vec<_> = own.iter().map(|session| session["state"].as_str().unwrap().to_owned()).collect();
        let mut read = Vec::new();
        let agrees = becomes_true(|| {
            read = states_of(reader, options, machine.name);
            read == own
        });
        assert!(agrees, "{what}: {}: {read:?}, not {own:?}", machine.name);
    }
}
