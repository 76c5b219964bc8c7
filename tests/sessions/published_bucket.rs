//! What the bucket has, read with the official client.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_nats::ConnectOptions;
use async_nats::jetstream::Context;
use async_nats::jetstream::kv::Operation;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::nats_server::NatsServer;
use crate::serve::server::becomes_true;

/// How long the server may take for one answer. A cluster that is just starting answers some requests never.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The bucket of a server. Each reading has a connection of its own.
pub struct PublishedBucket {
    url: String,
    login: Option<(String, String)>,
    authority: Option<PathBuf>,
}

impl PublishedBucket {
    /// Returns the bucket of a server that everybody may use.
    pub fn of(server: &NatsServer) -> Self {
        Self { url: server.url(), login: None, authority: None }
    }

    /// Returns the bucket of a server that asks for a name and a password.
    pub fn with_login(server: &NatsServer, name: &str, password: &str) -> Self {
        Self { login: Some((name.to_owned(), password.to_owned())), ..Self::of(server) }
    }

    /// Returns the bucket for a user with this name and password, over TLS, with certificates of this authority.
    pub fn encrypted(url: &str, login: (&str, &str), authority: &Path) -> Self {
        let login = (login.0.to_owned(), login.1.to_owned());
        Self { url: url.to_owned(), login: Some(login), authority: Some(authority.to_owned()) }
    }

    /// Runs some work with the store of the server.
    pub fn run<T>(&self, work: impl AsyncFnOnce(&Context) -> T) -> T {
        let mut options = ConnectOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
        if let Some((name, password)) = &self.login {
            options = options.user_and_password(name.clone(), password.clone());
        }
        if let Some(authority) = &self.authority {
            options = options.add_root_certificates(authority.clone());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = options.connect(&self.url).await.unwrap();
            let mut jetstream = async_nats::jetstream::new(client);
            jetstream.set_timeout(ANSWER_TIMEOUT);
            work(&jetstream).await
        })
    }

    /// Returns the values by their keys; empty if there is no bucket. Waits until the server answers.
    pub fn values(&self) -> BTreeMap<String, Value> {
        let mut values = None;
        assert!(becomes_true(|| {
            values = self.run(read_values);
            values.is_some()
        }));
        values.unwrap()
    }

    /// Returns the values of a machine's sessions, by the ids of the sessions.
    pub fn sessions(&self, host: &str) -> BTreeMap<String, Value> {
        let prefix = format!("s.{host}.");
        self.values()
            .into_iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value)))
            .collect()
    }

    /// Returns the beat of a machine.
    pub fn beat(&self, host: &str) -> Value {
        self.values().remove(&format!("h.{host}")).unwrap_or_default()
    }

    /// Returns how often a key was written since the server was made; a deletion counts, too.
    pub fn last_sequence(&self) -> u64 {
        self.run(async |jetstream| {
            jetstream.get_stream("KV_sessions").await.unwrap().info().await.unwrap().state.last_sequence
        })
    }

    /// Waits until a session has this state; `None` for a session that must not be there.
    #[track_caller]
    pub fn wait_for_state(&self, host: &str, session: &str, state: Option<&str>) {
        let mut last = Value::Null;
        let is_reached = becomes_true(|| {
            last = self.sessions(host).remove(session).map_or(Value::Null, |value| value["state"].clone());
            last == state.map_or(Value::Null, Value::from)
        });
        assert!(is_reached, "{session} of {host} should be {state:?}, but is {last}");
    }
}

/// Reads all values; `None` if the server does not answer.
async fn read_values(jetstream: &Context) -> Option<BTreeMap<String, Value>> {
    let store = match jetstream.get_key_value("sessions").await {
        Ok(store) => store,
        Err(error) if format!("{error:?}").contains("10059") => return Some(BTreeMap::new()),
        Err(_) => return None,
    };
    let mut values = BTreeMap::new();
    // `Store::keys` does not end if an entry is replaced meanwhile and others are written each second.
    let mut subjects = store.stream.info_with_subjects("$KV.sessions.>").await.ok()?;
    while let Some(subject) = subjects.next().await {
        let (subject, _) = subject.ok()?;
        let Some(key) = subject.strip_prefix(&store.prefix) else { continue };
        if let Some(entry) = store.entry(key).await.ok()?.filter(|entry| entry.operation == Operation::Put) {
            values.insert(key.to_owned(), serde_json::from_slice(&entry.value).unwrap());
        }
    }
    Some(values)
}
