//! The file `<config dir>/session-daemons.json`. It is read and checked as a whole before a daemon is started.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use session_signals_protocol::session_id::is_session_id;

use super::daemon_environment;
use super::restart::RestartPolicy;

/// The largest config that is read, in bytes.
const MAX_LEN: u64 = 1 << 20;

/// The config.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonsConfig {
    /// The daemons, in the order in which they are started.
    #[serde(deserialize_with = "distinct_daemons")]
    pub daemons: Vec<DaemonConfig>,
}

/// One daemon.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonConfig {
    /// The name: 1 to 64 letters, digits, `_` and `-`.
    #[serde(deserialize_with = "valid_name")]
    pub name: String,
    /// The program: a path, or a name that is looked up on `PATH`. It is not run by a shell.
    #[serde(deserialize_with = "valid_command")]
    pub command: String,
    /// The arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment variables, in addition to those of the session.
    #[serde(default, deserialize_with = "valid_variables")]
    pub env: BTreeMap<String, String>,
    /// The directory in which the daemon runs, relative to the project's directory.
    #[serde(default)]
    pub cwd: PathBuf,
    /// When the daemon is restarted.
    #[serde(default)]
    pub restart: RestartPolicy,
}

/// Returns the path of the config.
pub fn config_path(config_dir: &Path) -> PathBuf {
    config_dir.join("session-daemons.json")
}

/// Reads and checks the config; `None` if the file does not exist.
///
/// # Errors
/// `PermissionDenied` if other users could have written the file, and `InvalidData` if its content is wrong. The message names the
/// file, and for wrong content the line, the column and the member.
pub fn read_config(path: &Path) -> io::Result<Option<DaemonsConfig>> {
    let with_path = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    match read_text(path).map_err(with_path)? {
        Some(text) => parse_config(&text).map(Some).map_err(with_path),
        None => Ok(None),
    }
}

/// Reads the file. Unlike the files of `session-daemons`, the config may be a symbolic link.
fn read_text(path: &Path) -> io::Result<Option<Vec<u8>>> {
    // Opening a FIFO must not block.
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = match std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        file => file?,
    };
    let metadata = file.metadata()?;
    let refuse = |reason: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason.to_owned()));
    if !metadata.is_file() {
        return refuse("not a regular file");
    }
    // Whoever can write this file can run programs as this user.
    if ![0, rustix::process::geteuid().as_raw()].contains(&metadata.uid()) {
        return refuse("it belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return refuse(&format!("others may write to it (mode {:o}): run `chmod go-w` on it", metadata.mode() & 0o777));
    }
    let directory = path.canonicalize()?.parent().and_then(|directory| directory.metadata().ok());
    // The group may write to the directory: with umask 002 the CLI makes it with mode 775, and on such systems each user has a
    // group without other members.
    if directory.is_some_and(|directory| directory.mode() & 0o1002 == 0o002) {
        return refuse("everybody may write to its directory, and so replace the file");
    }
    let mut text = Vec::new();
    file.take(MAX_LEN + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_LEN {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
    }
    Ok(Some(text))
}

/// Parses the text of a config.
///
/// # Errors
/// `InvalidData` with a message such as `line 3, column 14: daemons[1].name: …`.
pub fn parse_config(text: &[u8]) -> io::Result<DaemonsConfig> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let config = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| (error.path().to_string(), error.into_inner()))
        .and_then(|config| json.end().map(|()| config).map_err(|error| (".".to_owned(), error)));
    config.map_err(|(member, error)| {
        let (line, column) = (error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&message);
        let member = if member == "." { String::new() } else { format!("{member}: ") };
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line}, column {column}: {member}{message}"))
    })
}

fn valid_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.len() <= 64 && is_session_id(name.as_bytes()) {
        Ok(name)
    } else {
        Err(D::Error::custom(format!("{name:?} is not a name of 1 to 64 letters, digits, _ and -")))
    }
}

fn valid_command<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let command = String::deserialize(deserializer)?;
    match &*command {
        "" => Err(D::Error::custom("the command is empty")),
        text if text.contains('\0') => Err(D::Error::custom("the command contains a NUL character")),
        _ => Ok(command),
    }
}

fn valid_variables<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let variables = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (name, value) in &variables {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(D::Error::custom(format!("{name:?} or its value is not possible in an environment")));
        }
        if daemon_environment::RESERVED_VARIABLES.contains(&&**name) {
            return Err(D::Error::custom(format!("{name} is set by `sessions daemons`, and a config must not set it")));
        }
    }
    Ok(variables)
}

/// Reads a list of daemons with different names. An error has the position of the second daemon with the same name.
fn distinct_daemons<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DaemonConfig>, D::Error> {
    struct Daemons;
    impl<'de> Visitor<'de> for Daemons {
        type Value = Vec<DaemonConfig>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array of daemons")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut daemons: Vec<DaemonConfig> = Vec::new();
            while let Some(daemon) = items.next_element::<DaemonConfig>()? {
                if daemons.iter().any(|other| other.name == daemon.name) {
                    return Err(A::Error::custom(format!("two daemons have the name {:?}", daemon.name)));
                }
                daemons.push(daemon);
            }
            Ok(daemons)
        }
    }
    deserializer.deserialize_seq(Daemons)
}
