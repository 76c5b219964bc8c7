//! The configurations of `packaging/nats`, with a real server and with TLS.

use std::path::Path;
use std::process::Command;

use async_nats::HeaderMap;
use fs_err as fs;

use super::nats_server::NatsServer;
use super::packaged_nats_files::{add_host, copy_configurations, make_certificates};
use super::publish::assert_agrees;
use super::published_bucket::PublishedBucket;
use crate::sandbox::{Sandbox, executable_path, run_with_input};
use crate::serve::server::{Server, becomes_true, free_port, serve_command};

/// Returns a server that does not run yet, with the files of the package in its directory.
fn packaged_server() -> NatsServer {
    let server = NatsServer::new();
    copy_configurations(server.directory());
    server
}

/// Returns the bucket as a machine with these credentials sees it.
fn bucket_for(credentials: &str, url: &str, authority: &Path) -> PublishedBucket {
    PublishedBucket::encrypted(url, credentials.split_once(':').unwrap(), authority)
}

/// Starts a publisher with these credentials that knows this authority.
fn publish(sandbox: &Sandbox, urls: &str, credentials: &str, authority: &Path) -> Server {
    let mut command = serve_command(sandbox, 0);
    command.args(["--publish", urls, "--host", "box", "--beat", "1"]).env("SSL_CERT_FILE", authority);
    Server::spawn(sandbox, {
        command.env("SESSION_SIGNALS_NATS_CREDENTIALS", credentials);
        command
    })
}

/// Starts a server that reads what other machines publish.
fn follow(sandbox: &Sandbox, urls: &str, credentials: &str, authority: &Path) -> Server {
    let mut command = serve_command(sandbox, 0);
    command.args(["--from", urls]).env("SSL_CERT_FILE", authority);
    command.env("SESSION_SIGNALS_NATS_CREDENTIALS", credentials);
    Server::spawn(sandbox, command)
}

#[track_caller]
fn log_has(server: &Server, part: &str) {
    assert!(becomes_true(|| server.log().contains(part)), "{part} is not in\n{}", server.log());
}

#[test]
#[ignore = "needs nats-server, openssl and htpasswd"]
fn a_machine_writes_its_own_keys_only_on_the_packaged_server() {
    let nats = packaged_server();
    let directory = nats.directory().to_owned();
    make_certificates(&directory, "DNS:localhost,IP:127.0.0.1", &[]);
    let (of_box, of_other) = (add_host(&directory, "box"), add_host(&directory, "other"));
    let again = Command::new("./add-host").arg("box").current_dir(&directory).output().unwrap();
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is in hosts.conf already"));
    let hosts = fs::read_to_string(directory.join("hosts.conf")).unwrap();
    assert!(!hosts.contains(of_box.split_once(':').unwrap().1), "the file has no password");
    let nats = nats.start_from(&directory.join("nats-server.conf"), &[]);
    let (url, authority) = (format!("tls://localhost:{}", nats.port()), directory.join("tls/ca.crt"));
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", r#""cwd":"/srv/parser""#).assert_success();
    let server = publish(&sandbox, &url, &of_box, &authority);
    let bucket = bucket_for(&of_other, &url, &authority);
    bucket.wait_for_state("box", "s", Some("waiting"));
    assert_agrees(&sandbox, &bucket, "box");
    assert_eq!(server.log(), "");
    // Another machine lists and follows it, and needs no more rights than it has.
    let reader = Sandbox::new();
    let mut line = reader.command(executable_path("sessions"));
    line.env("SSL_CERT_FILE", &authority).env("SESSION_SIGNALS_NATS_CREDENTIALS", &of_other);
    let outcome = run_with_input(line.args(["line", "--from", &url]), "");
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("◆1\n", ""));
    let following = follow(&reader, &url, &of_other, &authority);
    following.wait_for_state("s", "waiting stop");
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    following.wait_for_state("s", "working working");
    assert_eq!(following.log(), "");
    assert!(!nats.log().contains("Violation"), "{}", nats.log());
    // Another machine can read this, and cannot change it. The server does not answer what it refuses.
    let sequence = bucket.last_sequence();
    bucket.run(async |jetstream| {
        let mut roll_up = HeaderMap::new();
        roll_up.insert("Nats-Rollup", "all");
        let mut expected = HeaderMap::new();
        expected.insert("KV-Operation", "DEL");
        for (subject, headers) in [
            ("$KV.sessions.s.box.s", HeaderMap::new()),
            ("$KV.sessions.s.box.s", expected),
            ("$KV.sessions.s.box.new", HeaderMap::new()),
            ("$KV.sessions.h.box", HeaderMap::new()),
            ("$KV.sessions.other", HeaderMap::new()),
            // This is its own key, but the message would remove all others.
            ("$KV.sessions.s.other.s", roll_up),
        ] {
            let sent = jetstream.publish_with_headers(subject, headers, "{}".into()).await.unwrap();
            let answer = tokio::time::timeout(std::time::Duration::from_secs(2), sent.into_future()).await;
            assert!(!matches!(answer, Ok(Ok(_))), "{subject} was written");
        }
        let short = std::time::Duration::from_secs(2);
        assert!(!matches!(tokio::time::timeout(short, jetstream.delete_stream("KV_sessions")).await, Ok(Ok(_))));
        let stream = jetstream.get_stream("KV_sessions").await.unwrap();
        assert!(!matches!(tokio::time::timeout(short, stream.purge().into_future()).await, Ok(Ok(_))));
    });
    // Only its beats have come meanwhile.
    assert_agrees(&sandbox, &bucket, "box");
    assert_eq!(bucket.values().keys().collect::<Vec<_>>(), ["h.box", "s.box.s"]);
    assert!(bucket.last_sequence() >= sequence);
    // It can write its own.
    bucket_for(&of_other, &url, &authority).run(async |jetstream| {
        let store = jetstream.get_key_value("sessions").await.unwrap();
        store.put("s.other.s", "{}".into()).await.unwrap();
    });
    drop(server);
    // A publisher with the credentials of another machine is refused, and says so.
    let server = publish(&sandbox, &url, &of_other, &authority);
    log_has(&server, "Permissions Violation for Publish to \"$KV.sessions.h.box\"");
    drop(server);
    // A server whose certificate is of an unknown authority is not believed, and one without TLS is not spoken to.
    let server = publish(&sandbox, &url, &of_box, &directory.join("tls/server.crt"));
    log_has(&server, "certificate");
    drop(server);
    let plain = NatsServer::start();
    let server = publish(&sandbox, &format!("tls://localhost:{}", plain.port()), "box:secret", &authority);
    log_has(&server, "sessions: not published: tls://localhost:");
    assert!(!plain.log().contains("secret"));
}

#[test]
#[ignore = "needs nats-server, openssl and htpasswd"]
fn a_cluster_of_three_packaged_servers_keeps_the_sessions_when_one_fails() {
    let first = packaged_server();
    let directory = first.directory().to_owned();
    make_certificates(&directory, "DNS:localhost,IP:127.0.0.1", &[]);
    let credentials = add_host(&directory, "box");
    let ports = [free_port(), free_port(), free_port()];
    let routes = ports.map(|port| format!("nats-route://127.0.0.1:{port}")).join(",");
    let mut nodes: Vec<_> = std::iter::once(first).chain([packaged_server(), packaged_server()]).collect();
    nodes = nodes
        .into_iter()
        .zip(ports)
        .zip(1..)
        .map(|((node, port), number)| {
            for file in ["hosts.conf", "tls/ca.crt", "tls/server.crt", "tls/server.key"] {
                fs::create_dir_all(node.directory().join("tls")).unwrap();
                let from = directory.join(file);
                if from != node.directory().join(file) {
                    fs::copy(from, node.directory().join(file)).unwrap();
                }
            }
            let configuration = node.directory().join("cluster.conf");
            let arguments =
                ["--cluster".to_owned(), format!("nats://127.0.0.1:{port}"), "--routes".to_owned(), routes.clone()];
            node.with_variable("NODE", &format!("node{number}")).start_from(&configuration, &arguments)
        })
        .collect();
    let urls: Vec<_> = nodes.iter().map(|node| format!("tls://localhost:{}", node.port())).collect();
    let authority = directory.join("tls/ca.crt");
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &urls.join(","), &credentials, &authority);
    let bucket = bucket_for(&credentials, &urls[0], &authority);
    assert!(becomes_true(|| bucket.sessions("box").contains_key("s")), "{}", server.log());
    let copies = bucket
        .run(async |jetstream| jetstream.get_stream("KV_sessions").await.unwrap().cached_info().config.num_replicas);
    assert_eq!(copies, 3);
    // A reader knows all three, and goes on with another one when its own fails.
    let reader = Sandbox::new();
    let following = follow(&reader, &urls.join(","), &credentials, &authority);
    following.wait_for_state("s", "waiting stop");
    // One after the other fails and comes back, the leader among them.
    for (number, other) in [(0, 1), (1, 2), (2, 0)] {
        nodes[number].kill();
        sandbox.run_hook(&format!("s{number}"), "Stop", "").assert_success();
        let bucket = bucket_for(&credentials, &urls[other], &authority);
        let is_published = || bucket.sessions("box").contains_key(&format!("s{number}"));
        // A cluster of this old version may need a minute until it answers again.
        assert!(becomes_true(is_published) || becomes_true(is_published), "{}", server.log());
        assert_agrees(&sandbox, &bucket, "box");
        following.wait_for_state(&format!("s{number}"), "waiting stop");
        nodes[number].run();
        // The next one may fail only when this one has everything again.
        assert!(becomes_true(|| are_all_current(&bucket)));
    }
}

/// Returns whether all copies of the bucket are as new as that of the leader.
fn are_all_current(bucket: &PublishedBucket) -> bool {
    bucket.run(async |jetstream| {
        let Ok(stream) = jetstream.get_stream("KV_sessions").await else { return false };
        let cluster = stream.cached_info().cluster.as_ref();
        cluster.is_some_and(|cluster| {
            cluster.leader.is_some()
                && cluster.replicas.len() == 2
                && cluster.replicas.iter().all(|peer| peer.current && !peer.offline)
        })
    })
}
