//! What a machine proves to the NATS server who it is with.

use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::command_line::LoginOptions;
use crate::environment;

/// The most bytes of credentials.
const MAX_LEN: u64 = 64 << 10;

/// The length of the seed of a key.
const SEED_LEN: usize = 58;

/// Where the credentials are. A command line has none, because every process can read it.
#[derive(Clone)]
pub enum CredentialsSource {
    /// A file that only the user can read. It is read again for each connection, so it may be replaced.
    File(PathBuf),
    /// The text of such a file, from the environment.
    Text(String),
    /// The server asks for none.
    Nowhere,
}

/// Credentials in one of the forms that NATS has. They have no `Debug`, so that no message shows them.
#[derive(PartialEq, Eq)]
pub enum Credentials {
    /// The text of a `.creds` file: a token that the operator has signed, and the seed of the user's key.
    Creds(String),
    /// The seed of the user's key. The server knows the public key.
    Seed(String),
    /// A name and a password.
    Password(String, String),
}

impl CredentialsSource {
    /// Returns where the credentials are: where the options say, or else in the environment.
    pub fn of_options(login: &LoginOptions) -> Self {
        Self::new(login.credentials.clone(), environment::nats_credentials())
    }

    /// Returns where the credentials are: in this file, or else in this text of the environment.
    fn new(file: Option<PathBuf>, text: Option<String>) -> Self {
        match (file, text) {
            (Some(file), _) => Self::File(file),
            (None, Some(text)) => Self::Text(text),
            (None, None) => Self::Nowhere,
        }
    }

    /// Reads the credentials.
    ///
    /// # Errors
    /// If the file cannot be read, if others can read it, and if it holds no credentials.
    pub fn read(&self) -> io::Result<Option<Credentials>> {
        match self {
            Self::File(path) => {
                let text = read_private_file(path)?;
                parse_credentials(&text).map(Some).ok_or_else(|| wrong(path, "holds no credentials"))
            }
            Self::Text(text) => parse_credentials(text).map(Some).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "SESSION_SIGNALS_NATS_CREDENTIALS holds no credentials")
            }),
            Self::Nowhere => Ok(None),
        }
    }
}

fn read_private_file(path: &Path) -> io::Result<String> {
    let file = fs_err::File::open(path)?;
    // The open file is looked at, because another one may take its place meanwhile.
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(wrong(path, "is no file"));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(wrong(path, "belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(wrong(path, "can be read by others: run `chmod 600` on it"));
    }
    let mut text = String::new();
    file.take(MAX_LEN).read_to_string(&mut text)?;
    Ok(text)
}

fn wrong(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} {what}", path.display()))
}

/// Reads what `nsc` and `nk` write, or one line `NAME:PASSWORD`.
fn parse_credentials(text: &str) -> Option<Credentials> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    if text.contains("BEGIN NATS USER JWT") {
        return Some(Credentials::Creds(text.to_owned()));
    }
    if let Some(seed) = lines.clone().find(|line| is_seed(line)) {
        return Some(Credentials::Seed(seed.to_owned()));
    }
    let (name, password) = lines.next()?.split_once(':')?;
    let is_whole = lines.next().is_none() && !name.is_empty() && !password.is_empty();
    is_whole.then(|| Credentials::Password(name.to_owned(), password.to_owned()))
}

fn is_seed(line: &str) -> bool {
    line.len() == SEED_LEN && line.starts_with("SU") && line.chars().all(|c| matches!(c, 'A'..='Z' | '2'..='7'))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_forms_of_nats_and_a_name_with_a_password_are_known() {
        let seed = format!("SU{}", "A".repeat(56));
        let creds = format!("-----BEGIN NATS USER JWT-----\ne30\n------END NATS USER JWT------\n{seed}\n");
        let is = |text: &str, wanted| parse_credentials(text) == wanted;
        assert!(is(&creds, Some(Credentials::Creds(creds.clone()))));
        assert!(is(&format!("{seed}\n"), Some(Credentials::Seed(seed.clone()))));
        let wrapped = format!("-----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n");
        assert!(is(&wrapped, Some(Credentials::Seed(seed))));
        assert!(is(" box:a:b\n\n", Some(Credentials::Password("box".to_owned(), "a:b".to_owned()))));
        for text in ["", "\n", "box", "box:", ":secret", "a:b\nc:d", "SUAAA"] {
            assert!(is(text, None), "{text:?}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("credentials");
        let read =
            |path: &Path| CredentialsSource::new(Some(path.to_owned()), None).read().map(|found| found.is_some());
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs_err::write(&path, "box:secret").unwrap();
        for (mode, is_private) in [(0o644, false), (0o640, false), (0o604, false), (0o600, true), (0o400, true)] {
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match read(&path) {
                Ok(is_read) => assert!(is_private && is_read, "{mode:o}"),
                Err(error) => assert!(!is_private && error.to_string().ends_with("run `chmod 600` on it"), "{error}"),
            }
        }
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        fs_err::write(&path, "nothing").unwrap();
        let message = read(&path).unwrap_err().to_string();
        assert!(message.ends_with("holds no credentials") && !message.contains("nothing"), "{message}");
        assert!(read(directory.path()).is_err());
        assert!(matches!(CredentialsSource::new(None, None).read(), Ok(None)));
    }
}
