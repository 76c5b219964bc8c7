//! `<config dir>/session-daemons.json`: read and checked whole before anything is started.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::daemon_environment;
use super::restart::RestartPolicy;

/// A larger file is refused, in bytes.
const MAX_LEN: u64 = 1 << 20;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonsConfig {
    /// In the order in which they are started.
    #[serde(deserialize_with = "distinct_daemons")]
    pub daemons: Vec<DaemonConfig>,
}

/// One companion process.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DaemonConfig {
    /// Its name: 1 to 64 letters, digits, `_` and `-`.
    #[serde(deserialize_with = "valid_name")]
    pub name: String,
    /// A path, or a name to be looked for on PATH. No shell reads it.
    #[serde(deserialize_with = "valid_command")]
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Its environment, besides the session's.
    #[serde(default, deserialize_with = "valid_variables")]
    pub env: BTreeMap<String, String>,
    /// Where it runs, from the project's directory, which is the default.
    #[serde(default)]
    pub cwd: PathBuf,
    /// What its end is followed by.
    #[serde(default)]
    pub restart: RestartPolicy,
}

/// Where it is.
pub fn config_path(config: &Path) -> PathBuf {
    config.join("session-daemons.json")
}

/// Reads and checks it; `None` where there is none.
///
/// # Errors
/// Where others could have written it, or it is not what it should be: file, line, column, field.
pub fn read_config(path: &Path) -> io::Result<Option<DaemonsConfig>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    match read_text(path).map_err(named)? {
        Some(text) => parse_config(&text).map(Some).map_err(named),
        None => Ok(None),
    }
}

fn read_text(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = match std::fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        file => file?,
    };
    let meta = file.metadata()?;
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, why.to_owned()));
    if !meta.is_file() {
        return refuse("not a regular file");
    }
    // Whoever can write it runs programs in our name.
    if ![0, rustix::process::geteuid().as_raw()].contains(&meta.uid()) {
        return refuse("it belongs to somebody else");
    }
    if meta.mode() & 0o022 != 0 {
        return refuse(&format!("others may write to it (mode {:o}): `chmod go-w` it", meta.mode() & 0o777));
    }
    let folder = path.canonicalize()?.parent().and_then(|folder| folder.metadata().ok());
    // Its group may: where users have groups of their own (umask 002) the CLI makes it with mode 775, and that group has
    // nobody else in it.
    if folder.is_some_and(|folder| folder.mode() & 0o1002 == 0o002) {
        return refuse("everybody may write to its directory, and so replace it");
    }
    let mut text = Vec::new();
    file.take(MAX_LEN + 1).read_to_end(&mut text)?;
    if text.len() as u64 > MAX_LEN {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB"));
    }
    Ok(Some(text))
}

/// The text, understood. An error says `line 3, column 14: daemons[1].name: …`.
pub fn parse_config(text: &[u8]) -> io::Result<DaemonsConfig> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let whole = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| (error.path().to_string(), error.into_inner()))
        .and_then(|config| json.end().map(|()| config).map_err(|error| (".".to_owned(), error)));
    whole.map_err(|(field, error)| {
        let (line, column) = (error.line(), error.column());
        let why = error.to_string();
        let why = why.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&why);
        let field = if field == "." { String::new() } else { format!("{field}: ") };
        io::Error::new(io::ErrorKind::InvalidData, format!("line {line}, column {column}: {field}{why}"))
    })
}

fn valid_name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(safe) {
        Ok(name)
    } else {
        Err(D::Error::custom(format!("{name:?} is no name: 1 to 64 letters, digits, _ and -")))
    }
}

fn valid_command<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let command = String::deserialize(from)?;
    match &*command {
        "" => Err(D::Error::custom("it is empty")),
        text if text.contains('\0') => Err(D::Error::custom("it holds a NUL character")),
        _ => Ok(command),
    }
}

fn valid_variables<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let variables = BTreeMap::<String, String>::deserialize(from)?;
    for (name, value) in &variables {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(D::Error::custom(format!("{name:?} cannot be a variable of an environment")));
        }
        if daemon_environment::OWN_VARIABLES.contains(&&**name) {
            return Err(D::Error::custom(format!("{name} is not for you to set")));
        }
    }
    Ok(variables)
}

/// Daemons of different names, and the position of the first that is not.
fn distinct_daemons<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<DaemonConfig>, D::Error> {
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
    from.deserialize_seq(Daemons)
}
